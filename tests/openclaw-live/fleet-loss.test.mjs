// The dashboard in Chromium, when the released gateway goes and comes back.
import assert from 'node:assert/strict';
import { eventually } from '../page/harness.mjs';
import { ANSWER_MS, begin, withFleet } from './support/fleet.mjs';

const BACK_MS = 90_000;

const fleetTest = withFleet();

fleetTest('a gateway that is gone leaves what was true, and is found again', async (fleet, gateway) => {
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
