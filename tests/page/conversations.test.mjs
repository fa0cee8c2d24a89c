import assert from 'node:assert/strict';
import { describe } from 'node:test';
import { RUN_MS, STEP_MS } from './chat-page.mjs';
import { chatTest, SIDE_BY_SIDE } from './fixture.mjs';
import { eventually } from './harness.mjs';

describe('several conversations', SIDE_BY_SIDE, () => {
  chatTest(
    'run at once over one socket, ten of them, and each gets its button back',
    async (chat) => {
      const runs = [];
      for (let number = 1; number <= 10; number++) {
        const title = `Conversation ${number}.`;
        const [script, speed] = number % 5 === 0 ? ['failing', 'Slow'] : ['markdown', 'Slow'];
        runs.push({ title, script, operationId: await chat.begin(script, { prompt: title, speed }) });
      }
      assert.equal(await chat.conversations.count(), 10);
      assert.deepEqual(await chat.sockets(), { open: 1, opened: 1 });
      assert.deepEqual((await chat.gateway.api('/dev/connections')).v2, { open: 1, accepted: 1 });
      for (const { title, script, operationId } of runs) {
        const ends = script === 'failing' ? 'failed' : 'finished';
        await chat.conversationIs(title, ends);
        await chat.openConversation(title);
        await chat.endsAs(script === 'failing' ? 'error' : 'completed');
        assert.equal(await chat.page.getByTestId('user-message').textContent(), title);
        if (ends === 'finished') await chat.streamedWhole(operationId);
      }
      assert.deepEqual(await chat.sockets(), { open: 1, opened: 1 });
    },
    { own: true },
  );

  chatTest(
    'lose nothing when their socket is cut, and are on one socket again',
    async (chat) => {
      const runs = {};
      for (const title of ['First.', 'Second.', 'Third.']) {
        runs[title] = await chat.begin('long', { prompt: title, speed: 'Fast' });
      }
      await chat.breaks('user');
      await chat.press('drop');
      await chat.badgeWas('reconnecting');
      await chat.badgeIs('connected');
      assert.deepEqual(await chat.sockets(), { open: 1, opened: 2 });
      for (const [title, operationId] of Object.entries(runs)) {
        await chat.openConversation(title);
        await chat.endsAs('completed');
        await chat.streamedWhole(operationId);
      }
      assert.deepEqual(await chat.sockets(), { open: 1, opened: 2 });
    },
    { own: true },
  );

  chatTest('have a button, a draft, a log and faults of their own', async (chat) => {
    await chat.send('long', { prompt: 'The long one.', speed: 'Slow' });
    await chat.shows(5);
    await chat.press('duplicate');
    await chat.message.fill('not sent yet');
    await chat.begin('failing', { prompt: 'The failing one.', speed: 'Fast' });
    await chat.endsAs('error');
    await chat.logged('run ended').waitFor();
    assert.equal(await chat.message.inputValue(), '');
    assert.equal(await chat.page.getByTestId('fault-duplicate').isChecked(), false);
    assert.equal(await chat.page.getByTestId('fault-duplicate').isDisabled(), true);
    await chat.badgeIs('idle');

    await chat.openConversation('The long one.');
    await chat.buttonIs('stop');
    await chat.badgeIs('connected');
    assert.equal(await chat.message.inputValue(), 'not sent yet');
    assert.equal(await chat.logged('run ended').count(), 0);
    const duplicate = chat.page.getByTestId('fault-duplicate');
    await eventually(STEP_MS, 'the fault of the run to be shown', () => duplicate.isChecked());
    await chat.button.click();
    await chat.endsAs('interrupted');
    await chat.conversationIs('The long one.', 'stopped');
  });

  chatTest('show which of them ended while nobody looked, and say so', async (chat) => {
    await chat.send('markdown', { prompt: 'Unseen.', speed: 'Slow' });
    await chat.begin('long', { prompt: 'Seen.', speed: 'Slow' });
    await chat.conversationIs('Unseen.', 'finished');
    const unseen = chat.conversation('Unseen.');
    assert.equal(await unseen.getAttribute('data-unread'), 'true');
    await unseen.getByText('Finished, unread').waitFor();
    await chat.announcements.getByText('Unseen.: finished').waitFor();
    assert.equal(await chat.page.title(), '(1) Agent chat');
    await chat.openConversation('Unseen.');
    await unseen.getByText('Finished', { exact: true }).waitFor();
    assert.equal(await chat.page.title(), 'Agent chat');
  });

  chatTest('show which of them waits for its user', async (chat) => {
    await chat.send('input', { prompt: 'The asking one.', speed: 'Fast' });
    await chat.begin('long', { prompt: 'Another.', speed: 'Slow' });
    await chat.conversationIs('The asking one.', 'waiting');
    await chat.openConversation('The asking one.');
    const question = chat.answer.getByTestId('input-request');
    await question.getByLabel('Your answer').fill('main');
    await question.getByRole('button', { name: 'Answer' }).click();
    await chat.conversationIs('The asking one.', 'finished');
  });

  chatTest('send the message that was kept also while another one is shown', async (chat) => {
    const operationId = await chat.send('long', { prompt: 'Going on.', speed: 'Fast' });
    await chat.shows(20);
    await chat.push(operationId, 'visible_output_end', {});
    await chat.buttonIs('send');
    await chat.write('failing', { prompt: 'the next message', speed: 'Fast' });
    await chat.button.click();
    await chat.buttonIs('stop');
    await chat.page.getByTestId('new-conversation').click();
    await chat.buttonIs('send');
    await chat.conversationIs('Going on.', 'failed');
    await chat.openConversation('Going on.');
    assert.equal(await chat.page.getByTestId('user-message').count(), 2);
  });

  chatTest('are there after a reload, with their texts and how they ended', async (chat) => {
    const operationId = await chat.send('markdown', { prompt: 'Finished.', speed: 'Fast' });
    await chat.endsAs('completed');
    await chat.begin('failing', { prompt: 'Failed.', speed: 'Fast' });
    await chat.endsAs('error');
    await chat.begin('long', { prompt: 'Going on.', speed: 'Slow' });
    await chat.page.reload();
    await chat.buttonIs('stop');
    assert.deepEqual(await chat.conversations.locator('.conversation-title').allTextContents(), [
      'Going on.',
      'Failed.',
      'Finished.',
    ]);
    await chat.openConversation('Failed.');
    await chat.failure.getByText('refused the request').waitFor();
    await chat.openConversation('Finished.');
    await chat.shows(100);
    await chat.textIsWhole(operationId);
  });

  chatTest('are gone through with the arrow keys and opened with Enter', async (chat) => {
    for (const title of ['Oldest.', 'Middle.', 'Newest.']) {
      await chat.begin('failing', { prompt: title, speed: 'Fast' });
    }
    const { keyboard } = chat.page;
    await chat.page.getByTestId('new-conversation').focus();
    const focused = () => chat.page.evaluate(() => document.activeElement.textContent);
    await keyboard.press('Tab');
    assert.match(await focused(), /^Newest\./);
    await keyboard.press('ArrowDown');
    assert.match(await focused(), /^Middle\./);
    await keyboard.press('End');
    assert.match(await focused(), /^Oldest\./);
    await keyboard.press('ArrowDown');
    assert.match(await focused(), /^Oldest\./);
    await keyboard.press('Home');
    await keyboard.press('ArrowDown');
    await keyboard.press('Enter');
    await chat.conversation('Middle.').and(chat.page.locator('[aria-current]')).waitFor();
    assert.equal(await chat.page.getByTestId('user-message').textContent(), 'Middle.');
    assert.ok(await chat.message.evaluate((box) => box === document.activeElement));
    await chat.page.goBack();
    await chat.conversation('Newest.').and(chat.page.locator('[aria-current]')).waitFor();
  });

  chatTest(
    'are a drawer on a narrow screen, which Escape, a choice and a tap beside it close',
    async (chat) => {
      await chat.send('failing', { prompt: 'A message.', speed: 'Fast' });
      await chat.endsAs('error');
      const toggle = chat.page.getByTestId('sidebar-toggle');
      assert.equal(await chat.sidebar.isVisible(), false);
      await toggle.click();
      await chat.conversation('A message.').waitFor();
      assert.equal(await toggle.getAttribute('aria-expanded'), 'true');
      await chat.page.keyboard.press('Escape');
      await chat.sidebar.waitFor({ state: 'hidden' });
      assert.ok(await toggle.evaluate((button) => button === document.activeElement));
      await toggle.click();
      await chat.page.getByLabel('Messages').click({ position: { x: 380, y: 20 } });
      await chat.sidebar.waitFor({ state: 'hidden' });
      await toggle.click();
      await chat.page.getByTestId('new-conversation').click();
      await chat.sidebar.waitFor({ state: 'hidden' });
      await chat.page.getByTestId('empty').waitFor();
    },
    { viewport: { width: 390, height: 800 } },
  );

  chatTest('are listed once, also when the list comes before the answer to a start', async (chat) => {
    // A list that is still under way would be taken for the one that is asked for below: those of the start come first.
    await eventually(STEP_MS, 'the lists of the start', () => chat.listsRead(2));
    await chat.page.route('**/dev/runs', async (route) => {
      const response = await route.fetch();
      const listed = chat.page.waitForResponse((answer) => answer.url().endsWith(`/${chat.userId}/runs`));
      await chat.page.evaluate(() => dispatchEvent(new Event('online')));
      await (await listed).finished();
      // Long enough for the page to have shown what was listed.
      await new Promise((resolve) => setTimeout(resolve, 500));
      await route.fulfill({ response });
    });
    await chat.send('long', { prompt: 'Answered late.', speed: 'Slow' });
    await chat.shows(5);
    assert.equal(await chat.conversations.count(), 1);
    assert.equal(await chat.page.getByTestId('user-message').count(), 1);
  });

  chatTest('that the gateway does not know are said to be gone', async (chat) => {
    await chat.page.evaluate(() => (location.hash = '#/tpc_gone'));
    await chat.page.getByText('This conversation is gone').waitFor();
    await chat.send('failing', { prompt: 'Anew.', speed: 'Fast' });
    await chat.endsAs('error');
    assert.match(chat.page.url(), /#\/tpc_gone$/);
  });

  chatTest('end together when the token of their socket is refused, and go on together', async (chat) => {
    await chat.send('long', { prompt: 'First.', speed: 'Slow' });
    await chat.begin('long', { prompt: 'Second.', speed: 'Slow' });
    await chat.breaks('user');
    await chat.press('refuseToken');
    await chat.press('drop');
    for (const title of ['First.', 'Second.']) await chat.conversationIs(title, 'failed');
    await chat.socket.getByText('disconnected').waitFor();
    await chat.gateway.api(`/dev/users/${chat.userId}/faults`, { refuseToken: false });
    await chat.sidebar.getByRole('button', { name: 'Connect' }).click();
    await chat.socket.getByText(': connected').waitFor();
    await chat.failure.getByRole('button', { name: 'Connect again' }).click();
    await chat.buttonIs('stop');
    await chat.conversationIs('Second.', 'running');
  });
});

describe('a second tab', SIDE_BY_SIDE, () => {
  chatTest('sees runs start, wait and end without a reload', async (chat) => {
    const other = await chat.openTab();
    const requests = [];
    other.page.on('request', (request) => requests.push(request.resourceType()));
    await chat.send('input', { prompt: 'Asked in the first tab.', speed: 'Fast' });
    await other.conversationIs('Asked in the first tab.', 'waiting');
    await chat.begin('markdown', { prompt: 'Begun in the first tab.', speed: 'Slow' });
    await other.conversationIs('Begun in the first tab.', 'running', STEP_MS);
    await other.conversationIs('Begun in the first tab.', 'finished');
    assert.equal(await other.conversation('Begun in the first tab.').getAttribute('data-unread'), 'true');
    assert.ok(!requests.includes('document'));
    assert.deepEqual(await other.sockets(), { open: 1, opened: 1 });
    assert.deepEqual(other.pageErrors, []);
  });

  chatTest('shows the whole text of a run, and both give the button back', async (chat) => {
    const operationId = await chat.send('long', { prompt: 'Seen twice.', speed: 'Fast' });
    await chat.shows(100);
    const other = await chat.openTab();
    await other.openConversation('Seen twice.');
    await other.buttonIs('stop');
    for (const tab of [chat, other]) {
      await tab.endsAs('completed');
      await tab.streamedWhole(operationId);
    }
    assert.deepEqual(other.pageErrors, []);
  });

  chatTest('stops a run that another tab started', async (chat) => {
    await chat.send('long', { prompt: 'Stopped elsewhere.' });
    await chat.shows(20);
    const other = await chat.openTab();
    await other.openConversation('Stopped elsewhere.');
    await other.buttonIs('stop');
    await other.button.click();
    for (const tab of [chat, other]) await tab.endsAs('interrupted');
  });

  chatTest('leaves the tools to the tab that started the run', async (chat) => {
    const other = await chat.openTab();
    const results = [];
    other.page.on('websocket', (socket) =>
      socket.on('framesent', ({ payload }) => payload.includes('tool_result') && results.push(payload)),
    );
    await other.page.reload();
    await chat.send('tool', { prompt: 'What time is it?', speed: 'Slow' });
    await other.openConversation('What time is it?');
    for (const tab of [chat, other]) {
      await tab.endsAs('completed', RUN_MS);
      assert.equal(await tab.answer.locator('[data-testid=tool][data-state=done]').count(), 1);
    }
    assert.deepEqual(results, []);
  });

  chatTest('goes on with a conversation of the first', async (chat) => {
    await chat.send('failing', { prompt: 'The first message.', speed: 'Fast' });
    await chat.endsAs('error');
    const other = await chat.openTab();
    await other.openConversation('The first message.');
    await other.send('markdown', { prompt: 'The second message.', speed: 'Fast' });
    await other.endsAs('completed');
    await chat.page.getByTestId('user-message').nth(1).waitFor();
    await chat.endsAs('completed');
    assert.equal(await chat.conversations.count(), 1);
  });
});
