import assert from 'node:assert/strict';
import { describe } from 'node:test';
import { chatTest, SIDE_BY_SIDE } from './fixture.mjs';

const V1_ONLY = { v1Only: true };
const RUN_ONCE = ['send', 'stop', 'send'];

describe('with a gateway that has no v2, the page', SIDE_BY_SIDE, () => {
  chatTest(
    'gives every run a socket of its own and loses nothing of the one it found out with',
    async (chat) => {
      const first = await chat.send('long', { prompt: 'First.', speed: 'Fast' });
      await chat.socket.getByText('One socket for each run').waitFor();
      const second = await chat.begin('long', { prompt: 'Second.', speed: 'Fast' });
      await chat.shows(20);
      assert.equal((await chat.sockets()).open, 2);
      await chat.endsAs('completed');
      await chat.streamedWhole(second);
      await chat.openConversation('First.');
      await chat.endsAs('completed');
      await chat.streamedWhole(first);
      assert.equal((await chat.sockets()).open, 0);
    },
    V1_ONLY,
  );

  chatTest(
    'answers tools and questions, and gives the button back',
    async (chat) => {
      await chat.send('tool', { prompt: 'What time is it?', speed: 'Fast' });
      await chat.endsAs('completed');
      assert.equal(await chat.answer.locator('[data-testid=tool][data-state=done]').count(), 1);
      assert.deepEqual(await chat.buttonHistory(), RUN_ONCE);
      await chat.begin('input', { prompt: 'Ask me.', speed: 'Fast' });
      await chat.conversationIs('Ask me.', 'waiting');
      const question = chat.answer.getByTestId('input-request');
      await question.getByLabel('Your answer').fill('main');
      await question.getByRole('button', { name: 'Answer' }).click();
      await chat.endsAs('completed');
    },
    V1_ONLY,
  );

  chatTest(
    'loses nothing when a connection drops, and breaks no other one',
    async (chat) => {
      await chat.send('long', { prompt: 'Unharmed.', speed: 'Fast' });
      const operationId = await chat.begin('long', { prompt: 'Cut.', speed: 'Fast' });
      await chat.shows(20);
      assert.ok(await chat.page.getByTestId('fault-scope').isDisabled());
      await chat.press('drop');
      await chat.badgeWas('reconnecting');
      await chat.badgeIs('connected');
      await chat.endsAs('completed');
      await chat.streamedWhole(operationId);
      await chat.openConversation('Unharmed.');
      await chat.endsAs('completed');
      assert.equal(await chat.logged('reconnecting').count(), 0);
    },
    V1_ONLY,
  );

  chatTest(
    'shows a run that begins after no socket comes through any more',
    async (chat) => {
      await chat.send('long', { prompt: 'By a socket.', speed: 'Fast' });
      await chat.socket.getByText('One socket for each run').waitFor();
      await chat.endsAs('completed');
      await chat.blockSockets();
      const operationId = await chat.begin('long', { prompt: 'Without one.', speed: 'Fast' });
      await chat.endsAs('completed');
      await chat.streamedWhole(operationId);
    },
    V1_ONLY,
  );

  chatTest(
    'refreshes a token that expired on the same connection',
    async (chat) => {
      const operationId = await chat.send('long', { speed: 'Fast' });
      await chat.shows(20);
      await chat.press('expireToken');
      const { accepted } = await chat.gateway.api('/dev/connections');
      await chat.press('drop');
      await chat.logged('token requested').last().waitFor();
      await chat.endsAs('completed');
      await chat.streamedWhole(operationId);
      assert.equal((await chat.gateway.api('/dev/connections')).accepted, accepted + 1);
    },
    V1_ONLY,
  );

  chatTest(
    'goes on after a reload, and finds the runs of another tab when it is looked at',
    async (chat) => {
      const operationId = await chat.send('long', { prompt: 'Reloaded.', speed: 'Fast' });
      await chat.shows(100);
      const other = await chat.openTab();
      await chat.page.reload();
      await chat.buttonIs('stop');
      await chat.endsAs('completed');
      await chat.streamedWhole(operationId);
      await other.socket.getByText('One socket for each run').waitFor();
      await other.becomesVisible();
      await other.conversationIs('Reloaded.', 'finished');
    },
    V1_ONLY,
  );
});
