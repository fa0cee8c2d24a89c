// The dashboard in Chromium, against the released gateway with a scripted model.
import assert from 'node:assert/strict';
import { eventually } from '../page/harness.mjs';
import { ANSWER_MS, begin, withFleet } from './support/fleet.mjs';

const fleetTest = withFleet();

fleetTest('the agents of the gateway and the page itself are shown', async (fleet) => {
  await fleet.is('ready');
  for (const name of ['Ada', 'Research', 'Operations']) await fleet.agent(name).waitFor();
  assert.match(await fleet.agent('Ada').textContent(), /main \(default\) · mock\/mock-1/);
  await fleet.page.getByTestId('present').getByText('webchat-ui').first().waitFor();
  assert.equal(await fleet.banner.isVisible(), false);
});

fleetTest('a message is answered while its session is shown as running', async (fleet) => {
  await begin(fleet, 'New session of Ada');
  await fleet.send('Please give me the long version');
  await fleet.answer.getByText('The socket opens').waitFor({ timeout: ANSWER_MS });
  await fleet
    .agent('Ada')
    .getByText(/^Running/)
    .waitFor();
  await fleet.answer.getByText('none of it is a guess').waitFor({ timeout: ANSWER_MS });
  await eventually(ANSWER_MS, 'the run to be over', async () => (await fleet.runs.count()) === 0);
  await fleet.agent('Ada').getByText(/^Idle/).first().waitFor();
  assert.equal(await fleet.page.getByTestId('agent-message').count(), 1);
  assert.equal(await fleet.page.getByTestId('user-message').count(), 1);
});

fleetTest('a run that is stopped says so', async (fleet) => {
  await begin(fleet, 'New session of Research');
  await fleet.send('Please give me the long version');
  await fleet.answer.getByText('The socket opens').waitFor({ timeout: ANSWER_MS });
  await fleet.stop.click();
  await fleet.runs.getByText('Stopped').waitFor({ timeout: ANSWER_MS });
  await fleet.stop.waitFor({ state: 'hidden', timeout: ANSWER_MS });
  assert.doesNotMatch(await fleet.answer.textContent(), /none of it is a guess/);
});

fleetTest('a command waits for leave, and runs once it has it', async (fleet) => {
  await begin(fleet, 'New, asks first of Operations');
  await fleet.send('Please run it');
  const approval = fleet.approvals.getByTestId('approval');
  await approval.getByText('uname --kernel-name').waitFor({ timeout: ANSWER_MS });
  await approval.getByText('Allow once').click();
  await approval.waitFor({ state: 'detached' });
  await fleet.answer.getByText('The command is over.').waitFor({ timeout: ANSWER_MS });
  await eventually(ANSWER_MS, 'the run to be over', async () => (await fleet.runs.count()) === 0);
});

fleetTest('a command that is denied does not run', async (fleet) => {
  await begin(fleet, 'New, asks first of Operations');
  await fleet.send('Please run it');
  const approval = fleet.approvals.getByTestId('approval');
  await approval.getByText('Deny').click({ timeout: ANSWER_MS });
  await approval.waitFor({ state: 'detached' });
  await fleet.answer.getByText('The command is over.').waitFor({ timeout: ANSWER_MS });
  assert.doesNotMatch(await fleet.answer.textContent(), /Linux|Darwin/);
});
