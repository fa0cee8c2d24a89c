// The page asks its user for consent before a tool runs.
import assert from 'node:assert/strict';
import { describe } from 'node:test';
import { chatTest, SIDE_BY_SIDE } from './fixture.mjs';

const RUN_ONCE = ['send', 'stop', 'send'];

describe('consent', SIDE_BY_SIDE, () => {
  chatTest('that is given lets the tool run', async (chat) => {
    const operationId = await chat.send('approval', { speed: 'Fast' });
    const approval = chat.answer.getByTestId('approval');
    await approval.getByText('May the agent run local-system › runCommand?').waitFor();
    assert.match(await approval.getByLabel('Arguments').textContent(), /rm -r build/);
    assert.equal(await chat.button.getAttribute('data-state'), 'stop');
    await chat.page.getByText('Waiting for your answer').waitFor();
    await approval.getByRole('button', { name: 'Allow' }).click();
    await approval.getByText('You allowed it').waitFor();
    await chat.endsAs('completed');
    await chat.streamedWhole(operationId);
    assert.equal(await chat.answer.getByTestId('tool').getAttribute('data-state'), 'done');
    assert.deepEqual(await chat.buttonHistory(), RUN_ONCE);
  });

  chatTest('that is refused leaves the tool alone', async (chat) => {
    await chat.send('approval', { speed: 'Fast' });
    const approval = chat.answer.getByTestId('approval');
    await approval.getByRole('button', { name: 'Deny' }).press('Enter');
    await approval.getByText('You denied it').waitFor();
    await chat.endsAs('completed');
    await chat.answer.getByText('I left the old build alone.').waitFor();
    assert.equal(await chat.answer.getByTestId('tool').getAttribute('data-state'), 'failed');
    assert.deepEqual(await chat.buttonHistory(), RUN_ONCE);
  });

  chatTest('that is asked for before a reload is given after it', async (chat) => {
    await chat.send('approval', { speed: 'Fast' });
    await chat.answer.getByTestId('approval').waitFor();
    await chat.page.reload();
    await chat.answer.getByRole('button', { name: 'Allow' }).click();
    await chat.endsAs('completed');
    await chat.answer.getByText('The old build is gone, and the new one is ready.').waitFor();
  });
});
