// The dashboard in Chromium, against the released gateway with a scripted model.
import assert from 'node:assert/strict';
import { after, afterEach, before, test } from 'node:test';
import { startFleetGateway } from '../../scripts/fleet/gateway.mjs';
import { eventually, startBrowser, startPage } from '../page/harness.mjs';
import { openFleet } from '../fleet/support/fleet-page.mjs';
import { approveDevice } from '../fleet/support/owner.mjs';

const START_MS = 200_000;
const ANSWER_MS = 40_000;
const BACK_MS = 90_000;

let gateway, page, browser;
const opened = [];
before(
  async () => {
    gateway = await startFleetGateway();
    page = await startPage('fleet');
    browser = await startBrowser();
  },
  { timeout: START_MS },
);
after(async () => {
  await browser?.close();
  await page?.stop();
  await gateway?.stop();
});
afterEach(async () => {
  for (const fleet of opened.splice(0)) await fleet.close();
});

/** A test with the page open at the gateway; it ends with a page that threw nothing and broke no policy. */
function liveTest(name, body) {
  test(name, { timeout: 180_000 }, async () => {
    const fleet = await open(gateway);
    await fleet.is('ready');
    await body(fleet);
    await fleet.isSound();
  });
}

async function open({ token, url }) {
  const fleet = await openFleet(browser, page.url, url, { token });
  opened.push(fleet);
  return fleet;
}

/** Begins a session of an agent, and waits until its chat is there. */
async function begin(fleet, label) {
  await fleet.page.getByRole('button', { name: label }).click();
  await fleet.chat.getByText('Nothing was said yet.').waitFor({ timeout: ANSWER_MS });
}

liveTest('the agents of the gateway and the page itself are shown', async (fleet) => {
  for (const name of ['Ada', 'Research', 'Operations']) await fleet.agent(name).waitFor();
  assert.match(await fleet.agent('Ada').textContent(), /main \(default\) · mock\/mock-1/);
  await fleet.page.getByTestId('present').getByText('webchat-ui').first().waitFor();
  assert.equal(await fleet.banner.isVisible(), false);
});

liveTest('a message is answered while its session is shown as running', async (fleet) => {
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

liveTest('a run that is stopped says so', async (fleet) => {
  await begin(fleet, 'New session of Research');
  await fleet.send('Please give me the long version');
  await fleet.answer.getByText('The socket opens').waitFor({ timeout: ANSWER_MS });
  await fleet.stop.click();
  await fleet.runs.getByText('Stopped').waitFor({ timeout: ANSWER_MS });
  await fleet.stop.waitFor({ state: 'hidden', timeout: ANSWER_MS });
  assert.doesNotMatch(await fleet.answer.textContent(), /none of it is a guess/);
});

liveTest('a command waits for leave, and runs once it has it', async (fleet) => {
  await begin(fleet, 'New, asks first of Operations');
  await fleet.send('Please run it');
  const approval = fleet.approvals.getByTestId('approval');
  await approval.getByText('uname --kernel-name').waitFor({ timeout: ANSWER_MS });
  await approval.getByText('Allow once').click();
  await approval.waitFor({ state: 'detached' });
  await fleet.answer.getByText('The command is over.').waitFor({ timeout: ANSWER_MS });
  await eventually(ANSWER_MS, 'the run to be over', async () => (await fleet.runs.count()) === 0);
});

liveTest('a command that is denied does not run', async (fleet) => {
  await begin(fleet, 'New, asks first of Operations');
  await fleet.send('Please run it');
  const approval = fleet.approvals.getByTestId('approval');
  await approval.getByText('Deny').click({ timeout: ANSWER_MS });
  await approval.waitFor({ state: 'detached' });
  await fleet.answer.getByText('The command is over.').waitFor({ timeout: ANSWER_MS });
  assert.doesNotMatch(await fleet.answer.textContent(), /Linux|Darwin/);
});

liveTest('a gateway that is gone leaves what was true, and is found again', async (fleet) => {
  await begin(fleet, 'New session of Ada');
  await fleet.send('hello');
  await fleet.answer.getByText('I am a scripted model').waitFor({ timeout: ANSWER_MS });
  const sessions = await fleet.sessions.count();
  await gateway.kill();
  await fleet.banner.getByText(/This is what was true at \d/).waitFor();
  assert.equal(await fleet.sessions.count(), sessions);
  await fleet.chat.getByText('Offline: nothing can be sent').waitFor();
  await gateway.restart();
  await fleet.is('ready', BACK_MS);
  await fleet.banner.waitFor({ state: 'hidden', timeout: ANSWER_MS });
  await fleet.send('hello again');
  await eventually(
    ANSWER_MS,
    'the second answer',
    async () => (await fleet.page.getByTestId('agent-message').count()) === 2,
  );
});

test('a device that has to be approved connects once it was', { timeout: START_MS }, async () => {
  const strict = await startFleetGateway({ asksForPairing: true });
  try {
    const fleet = await open(strict);
    await fleet.is('blocked');
    const requestId = await fleet.page.getByTestId('request-id').textContent();
    await fleet.connection.getByText(`openclaw devices approve ${requestId}`).waitFor();
    await approveDevice(strict, requestId);
    await fleet.connection.getByRole('button', { name: 'Connect', exact: true }).click();
    await fleet.agent('Ada').waitFor();
    await fleet.isSound();
  } finally {
    await strict.stop();
  }
});
