// The scenarios that are about tokens.
import assert from 'node:assert/strict';
import { describe } from 'node:test';
import { STEP_MS } from './chat-page.mjs';
import { eventually } from './harness.mjs';
import { SIDE_BY_SIDE } from './tests-of.mjs';

const RUN_ONCE = ['send', 'stop', 'send'];

export function aToken(chatTest) {
  describe('a token', SIDE_BY_SIDE, () => {
    chatTest('that expired is replaced by a fresh one', async (chat) => {
      const operationId = await chat.send('long', { speed: 'Fast' });
      await chat.shows(50);
      await chat.press('expireToken');
      await chat.press('drop');
      await chat.logged('token requested').first().waitFor();
      await chat.endsAs('completed');
      await chat.streamedWhole(operationId);
      assert.deepEqual(await chat.buttonHistory(), RUN_ONCE);
    });

    chatTest('that is refused ends the run with the reason', async (chat) => {
      await chat.send('long');
      await chat.shows(50);
      await chat.press('refuseToken');
      await chat.press('drop');
      await chat.endsAs('auth_failed');
      await chat.failure.getByText('Not allowed to follow this run').waitFor();
      await chat.failure.getByText('The gateway refused the token').waitFor();
      await chat.badge.getByText('the gateway refused the token').waitFor();
      assert.deepEqual(await chat.buttonHistory(), RUN_ONCE);
    });

    chatTest('that was refused does not keep the user from connecting again', async (chat) => {
      const operationId = await chat.send('long', { speed: 'Fast' });
      await chat.shows(50);
      await chat.press('refuseToken');
      await chat.press('drop');
      await chat.endsAs('auth_failed');
      await chat.gateway.api(`/dev/runs/${operationId}/faults`, { refuseToken: false });
      await chat.failure.getByRole('button', { name: 'Connect again' }).click();
      const wasStop = async () => (await chat.buttonHistory()).length > RUN_ONCE.length;
      await eventually(STEP_MS, 'the button to be Stop again', wasStop);
      await chat.endsAs('completed');
      await chat.streamedWhole(operationId);
      assert.deepEqual(await chat.buttonHistory(), [...RUN_ONCE, 'stop', 'send']);
    });

    chatTest('that comes six seconds late is used all the same', async (chat) => {
      const operationId = await chat.send('long', { speed: 'Fast' });
      await expireWith(chat, 'slow');
      assert.equal(await chat.button.getAttribute('data-state'), 'stop');
      await chat.page.locator('[data-testid=badge][data-reason^=token_]').waitFor();
      await chat.endsAs('completed');
      await chat.streamedWhole(operationId);
      assert.deepEqual(await chat.buttonHistory(), RUN_ONCE);
    });

    chatTest('that the server refuses to renew ends the run', async (chat) => {
      await chat.send('long');
      await expireWith(chat, 'refuse');
      await chat.endsAs('auth_failed');
      await chat.failure.getByText('gives no new token').waitFor();
      assert.deepEqual(await chat.buttonHistory(), RUN_ONCE);
    });

    chatTest('that never comes is given up after fifteen seconds and asked for again', async (chat) => {
      const operationId = await chat.send('long');
      await expireWith(chat, 'never');
      // The delay before the next question is chosen at random and can be over before a look at the badge.
      await chat.logged('token requested').nth(1).waitFor({ timeout: 25_000 });
      assert.equal(await chat.button.getAttribute('data-state'), 'stop');
      await chat.choose('tokenEndpoint', 'ok');
      await chat.endsAs('completed');
      await chat.streamedWhole(operationId);
      assert.deepEqual(await chat.buttonHistory(), RUN_ONCE);
    });
  });
}

/** Makes the gateway refuse the current token as expired while its token endpoint behaves like this. */
async function expireWith(chat, tokenEndpoint) {
  await chat.shows(5);
  await chat.breaks('user');
  await chat.choose('tokenEndpoint', tokenEndpoint);
  await chat.press('expireToken');
  await chat.press('drop');
  await chat.logged('token requested').first().waitFor();
}
