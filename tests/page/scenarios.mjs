// What every chat page promises, whatever it is made with. A scenario names what it needs besides, and a page what it
// lacks.
import assert from 'node:assert/strict';
import { describe } from 'node:test';
import { RUN_MS } from './chat-page.mjs';
import { SIDE_BY_SIDE } from './tests-of.mjs';

export { aToken } from './token-scenarios.mjs';

const RUN_ONCE = ['send', 'stop', 'send'];

/** Each of these runs its scenarios with the tests of a page, see `testsOf`. */
export function aRun(chatTest) {
  describe('a run', SIDE_BY_SIDE, () => {
    chatTest('streams a whole markdown answer and gives the button back', async (chat) => {
      const operationId = await chat.send('markdown');
      await chat.badgeIs('connected');
      await chat.endsAs('completed');
      await chat.streamedWhole(operationId);
      await chat.answer.getByTestId('reasoning').getByText('Thought process').waitFor();
      if (chat.has('markdown')) {
        assert.ok(
          (await chat.answer.locator('.markdown').locator('h1,h2,h3,ul,ol,pre').count()) > 0,
          'no markdown',
        );
      }
      assert.deepEqual(await chat.buttonHistory(), RUN_ONCE);
    });

    chatTest('answers a tool call of the agent once', async (chat) => {
      const operationId = await chat.send('tool', { speed: 'Fast' });
      await chat.endsAs('completed');
      await chat.streamedWhole(operationId);
      const tool = chat.answer.getByTestId('tool');
      assert.equal(await tool.count(), 1);
      assert.equal(await tool.getAttribute('data-state'), 'done');
      assert.match(await chat.copiedText(), new RegExp(`${new Date().getFullYear()}`));
      assert.deepEqual(await chat.buttonHistory(), RUN_ONCE);
    });

    chatTest(
      'shows what members say beside the supervisor and outlives their ends',
      async (chat) => {
        const operationId = await chat.send('members', { speed: 'Fast' });
        await chat.endsAs('completed');
        await chat.streamedWhole(operationId);
        const members = chat.answer.getByTestId('member');
        assert.equal(await members.count(), 2);
        for (const member of await members.all()) {
          assert.equal(await member.getAttribute('data-state'), 'done');
          assert.ok((await member.getByTestId('agent-text').textContent()).length > 0);
        }
        assert.deepEqual(await chat.buttonHistory(), RUN_ONCE);
      },
      { needs: 'members' },
    );

    chatTest(
      'waits for the answer to a question of the agent',
      async (chat) => {
        const operationId = await chat.send('input', { speed: 'Fast' });
        const question = chat.answer.getByTestId('input-request');
        await question.getByLabel('Your answer').fill('yes, the second one');
        assert.equal(await chat.button.getAttribute('data-state'), 'stop');
        await question.getByRole('button', { name: 'Answer' }).click();
        await question.getByText('You answered: yes, the second one').waitFor();
        await chat.endsAs('completed');
        await chat.streamedWhole(operationId);
        assert.deepEqual(await chat.buttonHistory(), RUN_ONCE);
      },
      { needs: 'questions' },
    );

    chatTest('that fails says why and gives the button back', async (chat) => {
      await chat.send('failing', { speed: 'Fast' });
      await chat.endsAs('error');
      await chat.failure.getByText('The run failed').waitFor();
      assert.ok((await chat.failure.locator('p').textContent()).length > 5, 'no reason is shown');
      assert.deepEqual(await chat.buttonHistory(), RUN_ONCE);
    });

    chatTest('stops when the user asks for it', async (chat) => {
      await chat.send('long');
      await chat.shows(20);
      await chat.button.click();
      await chat.endsAs('interrupted');
      await chat.answer.getByText('Stopped', { exact: true }).waitFor();
      assert.deepEqual(await chat.buttonHistory(), ['send', 'stop', 'stopping', 'send']);
    });

    chatTest('ends as stopped after ten seconds when the gateway does not confirm the stop', async (chat) => {
      await chat.page.route('**/interrupt', (route) => route.fulfill({ json: { success: true } }));
      await chat.send('long', { speed: 'Slow' });
      await chat.shows(5);
      await chat.button.click();
      await chat.endsAs('interrupted', 12_000);
      await chat.answer.getByText('did not confirm the stop').waitFor();
      assert.deepEqual(await chat.buttonHistory(), ['send', 'stop', 'stopping', 'send']);
    });

    chatTest('goes on after a reload, and its text is whole', async (chat) => {
      const operationId = await chat.send('long', { speed: 'Fast' });
      await chat.shows(200);
      await chat.page.reload();
      await chat.buttonIs('stop');
      await chat.endsAs('completed');
      await chat.streamedWhole(operationId);
      await forgotTheRun(chat);
    });

    chatTest(
      'that neither the gateway nor the server knows any more is given up',
      async (chat) => {
        await chat.page.route('**/announce', (route) =>
          route.fulfill({ status: 404, json: { error: { code: 'run_not_found', message: 'unknown' } } }),
        );
        await chat.send('long');
        await chat.shows(20);
        await chat.press('restart');
        await chat.endsAs('lost');
        await chat.failure.getByText('does not know this run any more').waitFor();
        assert.equal(await chat.failure.getByRole('button').count(), 0);
        await forgotTheRun(chat);
      },
      { own: true },
    );

    chatTest('runs a tool once, also when a reload brings its call again', async (chat) => {
      const results = [];
      chat.page.on('websocket', (socket) =>
        socket.on('framesent', ({ payload }) => {
          const frame = JSON.parse(payload);
          if (frame.type === 'tool_result') results.push(frame);
        }),
      );
      const operationId = await chat.send('tool', { speed: 'Slow' });
      await chat.answer.locator('[data-testid=tool][data-state=done]').waitFor();
      // As the list was when the page was loaded: the run may end before the page has asked for it.
      await chat.page.route('**/runs', async (route) => {
        const { runs } = await (await route.fetch()).json();
        await route.fulfill({ json: { runs: runs.map((run) => ({ ...run, outcome: null })) } });
      });
      await chat.page.reload();
      await chat.endsAs('completed');
      await chat.streamedWhole(operationId);
      assert.equal(results.length, 1);
    });

    chatTest(
      'gives the button back when nothing more will be shown, and keeps the next message',
      async (chat) => {
        const operationId = await chat.send('long', { speed: 'Fast' });
        await chat.shows(20);
        await chat.push(operationId, 'visible_output_end', {});
        await chat.buttonIs('send');
        await chat.answer.getByText('Finishing…').waitFor();
        await chat.write('failing', { prompt: 'the next message', speed: 'Fast' });
        await chat.button.click();
        await chat.buttonIs('stop');
        assert.equal(await chat.page.getByTestId('user-message').count(), 1);
        await chat.page.getByTestId('user-message').nth(1).waitFor({ timeout: RUN_MS });
        await chat.endsAs('error');
      },
      { needs: 'a queue' },
    );

    chatTest(
      'gives a message back that was kept when the user stops',
      async (chat) => {
        const operationId = await chat.send('long');
        await chat.shows(20);
        await chat.push(operationId, 'visible_output_end', {});
        await chat.buttonIs('send');
        await chat.write('failing', { prompt: 'the next message' });
        await chat.button.click();
        await chat.buttonIs('stop');
        await chat.button.click();
        await chat.endsAs('interrupted');
        assert.equal(await chat.message.inputValue(), 'the next message');
        assert.equal(await chat.page.getByTestId('user-message').count(), 1);
      },
      { needs: 'a queue' },
    );

    chatTest(
      'is driven by the keyboard alone',
      async (chat) => {
        const { keyboard } = chat.page;
        const skipLinkHasFocus = () => chat.page.evaluate(() => document.activeElement.matches('.skip-link'));
        for (let tabs = 0; tabs < 20 && !(await skipLinkHasFocus()); tabs++)
          await keyboard.press('Shift+Tab');
        assert.ok(await skipLinkHasFocus(), 'the skip link is out of reach');
        await keyboard.press('Enter');
        await keyboard.type('one line');
        await keyboard.press('Shift+Enter');
        await keyboard.type('another line');
        await keyboard.press('Enter');
        await chat.buttonIs('stop');
        assert.equal(await chat.page.getByTestId('user-message').textContent(), 'one line\nanother line');
        await chat.shows(10);
        // From the message box past the two pickers to the button.
        for (const _ of ['script', 'speed', 'button']) await keyboard.press('Tab');
        await keyboard.press('Enter');
        await chat.endsAs('interrupted');
      },
      { needs: 'a skip link' },
    );
  });
}

export function aBrokenConnection(chatTest) {
  describe('a run whose connection breaks', SIDE_BY_SIDE, () => {
    chatTest('loses nothing when the connection drops in the middle', async (chat) => {
      const operationId = await chat.send('long', { speed: 'Fast' });
      await chat.shows(50);
      await chat.press('drop');
      await chat.badgeWas('reconnecting');
      await chat.badgeIs('connected');
      await chat.endsAs('completed');
      await chat.streamedWhole(operationId);
      assert.deepEqual(await chat.buttonHistory(), RUN_ONCE);
    });

    chatTest('replaces a half-open connection within five seconds of becoming visible', async (chat) => {
      const operationId = await chat.send('long', { speed: 'Fast' });
      await chat.shows(50);
      await chat.press('halfOpen');
      const visibleAt = await chat.becomesVisible();
      const { opened } = await chat.sockets();
      await chat.page.waitForFunction((before) => globalThis.sockets.length > before, opened);
      const replacedAfter = (await chat.page.evaluate(() => performance.now())) - visibleAt;
      assert.ok(replacedAfter < 5_000, `replaced after ${replacedAfter} ms`);
      await chat.badgeIs('connected');
      await chat.endsAs('completed');
      await chat.streamedWhole(operationId);
      assert.deepEqual(await chat.buttonHistory(), RUN_ONCE);
    });

    chatTest(
      'loses nothing when the gateway restarts and numbers its events anew',
      async (chat) => {
        const operationId = await chat.send('long', { speed: 'Fast' });
        // Far enough for the numbers of the new gateway to be below those the page has seen.
        await chat.shows(4_000);
        await chat.press('restart');
        await chat.logged('continuity').waitFor();
        await chat.endsAs('completed');
        await chat.streamedWhole(operationId);
        assert.deepEqual(await chat.buttonHistory(), RUN_ONCE);
      },
      { own: true },
    );

    chatTest(
      'has a whole text in the end when the gateway restarts early',
      async (chat) => {
        const operationId = await chat.send('long', { speed: 'Fast' });
        await chat.shows(50);
        await chat.press('restart');
        await chat.badgeWas('reconnecting');
        await chat.badgeIs('connected');
        await chat.endsAs('completed');
        await chat.textIsWhole(operationId);
        assert.deepEqual(await chat.buttonHistory(), RUN_ONCE);
      },
      { own: true },
    );

    chatTest('ignores duplicates, delays and malformed frames', async (chat) => {
      const operationId = await chat.send('markdown', { speed: 'Slow' });
      await chat.press('duplicate');
      await chat.choose('delayMs', '250');
      await chat.press('malformed');
      await chat.endsAs('completed');
      await chat.streamedWhole(operationId);
      assert.deepEqual(await chat.buttonHistory(), RUN_ONCE);
    });

    chatTest('counts down to the next attempt while connections are refused', async (chat) => {
      const operationId = await chat.send('markdown', { speed: 'Slow' });
      await chat.breaks('user');
      await chat.press('refuseConnections');
      await chat.press('drop');
      await chat.badge.getByText(/next try in \d+ s/).waitFor();
      assert.equal(await chat.button.getAttribute('data-state'), 'stop');
      await chat.press('refuseConnections');
      await chat.endsAs('completed');
      await chat.streamedWhole(operationId);
      assert.deepEqual(await chat.buttonHistory(), RUN_ONCE);
    });

    chatTest('waits while the device is offline and dials when the network is back', async (chat) => {
      const operationId = await chat.send('long', { speed: 'Fast' });
      await chat.shows(50);
      await chat.press('refuseConnections');
      await chat.press('drop');
      await chat.badgeIs('reconnecting');
      await chat.page.context().setOffline(true);
      await chat.banner.getByText('You are offline').waitFor();
      await chat.badge.getByText('this device is offline').waitFor();
      assert.equal(await chat.button.getAttribute('data-state'), 'stop');
      await chat.gateway.api(`/dev/runs/${operationId}/faults`, { refuseConnections: false });
      await chat.page.context().setOffline(false);
      await chat.banner.waitFor({ state: 'hidden' });
      await chat.endsAs('completed');
      await chat.streamedWhole(operationId);
      assert.deepEqual(await chat.buttonHistory(), RUN_ONCE);
    });
  });
}

/** After its end, nothing of a run is kept for the next load of the page. */
async function forgotTheRun(chat) {
  if (!chat.has('a memory of runs')) return;
  assert.equal(await chat.page.evaluate(() => sessionStorage.getItem('chat.runs')), '{}');
}
