// The dashboard in Chromium, against a gateway that says what a recorded one said.
import assert from 'node:assert/strict';
import { describe } from 'node:test';
import { eventually, startDevelopmentPage } from '../page/harness.mjs';
import { STEP_MS } from './support/fleet-page.mjs';
import { fleetTest } from './support/fixture.mjs';

const PAIRING = { refusal: '02b-pairing-required-browser-nonui' };
const REQUEST = '4a3db8f8-79ba-4cbe-a53b-033f4daa2f28';
const NO_CREDENTIAL = { refusal: '03c-token-missing' };
const LISTED = { sessions: '05-chat-run', conversation: '05-chat-run' };
const CHAT = 'agent:main:t-lite';
const WRONG_TOKEN = { script: { refusal: '03b-bad-token-with-device' }, token: 'wrong' };
const STOPPED = { script: { conversation: '06-chat-abort' }, session: 'agent:main:t-abort' };
const GUARDED = { conversation: '11-exec-approval' };
const GUARDED_CHAT = 'agent:main:dashboard:4798ce69-e454-4ced-aab4-b26c8019ff5c';

describe('nobody answers', () => {
  fleetTest('the data is made up and says so', {}, async (fleet) => {
    await fleet.banner.getByText('Demo data: no gateway answers').waitFor();
    assert.equal(await fleet.agents.count(), 3);
    assert.equal(await fleet.agents.locator('button:enabled').count(), 0);
    await fleet.session('Prepare the release').click();
    await fleet.chat.getByText('Demo data: nothing can be sent').waitFor();
  });

  fleetTest(
    'the real data takes the place of it once a gateway answers',
    { script: LISTED },
    async (fleet, gateway) => {
      await gateway.stop();
      await fleet.page.reload();
      await fleet.banner.getByText('Demo data').waitFor();
      await fleet.session('Weekly summary').click();
      await gateway.start();
      await fleet.agent('main').waitFor();
      assert.equal(await fleet.banner.isVisible(), false);
      assert.equal(await fleet.agents.count(), 1);
      assert.equal(await fleet.chat.isVisible(), false);
    },
  );

  fleetTest('an address that is none is refused with what one looks like', {}, async (fleet) => {
    await fleet.page.getByLabel('Address of the gateway').fill('localhost');
    await fleet.page.getByRole('button', { name: 'Use this gateway' }).click();
    await fleet.connection.getByText('It begins with ws://').waitFor();
    assert.match(await fleet.page.getByTestId('gateway-url').textContent(), /^ws:/);
  });

  fleetTest('a gateway that the policy of the page forbids is named with the option', {}, async (fleet) => {
    await fleet.page.getByLabel('Address of the gateway').fill('wss://gateway.example.org');
    await fleet.page.getByRole('button', { name: 'Use this gateway' }).click();
    await fleet.connection.getByText('--gateway wss://gateway.example.org').waitFor();
    await fleet.page.evaluate(() => globalThis.policyViolations.splice(0));
  });
});

describe('a gateway that refuses', () => {
  fleetTest(
    'a device that waits for approval is told the request and the command',
    { script: PAIRING },
    async (fleet) => {
      await fleet.is('blocked');
      assert.equal(await fleet.page.getByTestId('request-id').textContent(), REQUEST);
      await fleet.connection.getByText(`openclaw devices approve ${REQUEST}`).waitFor();
      await fleet.page.getByTestId('copy').click();
      await fleet.page.getByRole('button', { name: 'Copied' }).waitFor();
      const copied = await fleet.page.evaluate(() => globalThis.copiedText);
      assert.equal(copied, `openclaw devices approve ${REQUEST}`);
      assert.equal(await fleet.agents.count(), 0);
    },
  );

  fleetTest(
    'a device that was approved connects when asked to',
    { script: PAIRING },
    async (fleet, gateway) => {
      await fleet.is('blocked');
      gateway.admit();
      await fleet.connection.getByRole('button', { name: 'Connect', exact: true }).click();
      await fleet.agent('main').waitFor();
      assert.equal(await fleet.page.getByTestId('remedy').isVisible(), false);
    },
  );

  fleetTest(
    'a wrong token points at the token, and is presented once',
    WRONG_TOKEN,
    async (fleet, gateway) => {
      await fleet.is('blocked');
      await fleet.connection.getByText('Copy the gateway').waitFor();
      await fleet.page.locator('#form-token[aria-invalid=true]').waitFor();
      assert.equal(gateway.called('connect')[0].params.auth.token, 'wrong');
      gateway.admit();
      await fleet.page.getByLabel('Its token').fill('right');
      await fleet.page.getByRole('button', { name: 'Use this gateway' }).click();
      await fleet.is('ready');
      const presented = gateway.called('connect').map(({ params }) => params.auth.token);
      assert.deepEqual(presented, ['wrong', 'right']);
    },
  );

  fleetTest(
    'a gateway that wants a password is given it by the keyboard, and nothing keeps it',
    { script: NO_CREDENTIAL },
    async (fleet, gateway) => {
      const { page } = fleet;
      await fleet.is('blocked');
      await page.locator('#form-password[aria-invalid=true]').waitFor();
      gateway.admit();
      await page.getByLabel('Its token').focus();
      await page.keyboard.press('Tab');
      await page.keyboard.type(' the password ');
      await page.keyboard.press('Enter');
      await fleet.is('ready');
      assert.deepEqual(gateway.called('connect').at(-1).params.auth, { password: ' the password ' });
      assert.equal(await page.getByLabel('Its password').inputValue(), '');
      assert.doesNotMatch((await fleet.kept()) + page.url(), /the password/);
      assert.equal(await page.locator('[aria-invalid=true]').count(), 0);
    },
  );

  const granted = { script: LISTED, token: 'the-shared-token' };
  fleetTest(
    'the token is in no storage of the browser and not in the address',
    granted,
    async (fleet, gateway) => {
      await fleet.is('ready');
      assert.equal(gateway.called('connect')[0].params.auth.token, 'the-shared-token');
      assert.doesNotMatch((await fleet.kept()) + fleet.page.url(), /the-shared-token/);
    },
  );
});

describe('the agents', () => {
  fleetTest('each has its sessions, the newest first', { script: LISTED }, async (fleet) => {
    await fleet.session('Second while busy').waitFor();
    assert.equal(await fleet.agent('main').getByTestId('session').count(), 10);
    assert.match(await fleet.sessions.first().textContent(), /t-lite.*Idle/);
    await fleet.page.getByTestId('present').getByText('openclaw-control-ui').first().waitFor();
  });

  fleetTest(
    'a gateway without sessions says so, and begins one when asked',
    { script: GUARDED },
    async (fleet, gateway) => {
      await fleet.agent('main').getByText('No session yet.').waitFor();
      await fleet.page.getByRole('button', { name: 'New, asks first of main' }).click();
      await fleet.chat.getByText('Nothing was said yet.').waitFor();
      assert.deepEqual(gateway.called('sessions.create')[0].params, {
        agentId: 'main',
        permissionMode: 'guarded',
      });
    },
  );

  fleetTest(
    'a lost gateway leaves what was true, with the time',
    { script: LISTED },
    async (fleet, gateway) => {
      await fleet.session('Second while busy').waitFor();
      await gateway.stop();
      await fleet.banner.getByText(/This is what was true at \d/).waitFor();
      await fleet.session('Second while busy').getByText('Was idle').waitFor();
      assert.equal(await fleet.page.getByRole('button', { name: 'New session of main' }).isDisabled(), true);
      await gateway.start();
      await fleet.session('Second while busy').getByText(/^Idle/).waitFor();
      assert.equal(await fleet.banner.isVisible(), false);
    },
  );
});

describe('the page', () => {
  fleetTest('works in the development server, too', { script: LISTED }, async (fleet, gateway) => {
    const development = await startDevelopmentPage('fleet');
    try {
      const address = `${development.url}?gateway=${gateway.url}`;
      await fleet.page.goto(address, { timeout: 20_000 });
      await fleet.session('Second while busy').waitFor();
      await fleet.isSound();
    } finally {
      await development.stop();
    }
  });

  fleetTest('has a policy without inline scripts and styles', {}, async (fleet) => {
    const meta = fleet.page.locator('meta[http-equiv=Content-Security-Policy]');
    const policy = await meta.getAttribute('content');
    assert.match(policy, /script-src 'self' 'wasm-unsafe-eval'(;|$)/);
    assert.match(policy, /style-src 'self'(;|$)/);
    assert.match(policy, /connect-src 'self' http:\/\/127\.0\.0\.1:\*/);
  });
});

describe('a chat', () => {
  fleetTest('shows a message and its answer once each', { script: LISTED, session: CHAT }, async (fleet) => {
    await fleet.chat.getByText('Nothing was said yet.').waitFor();
    await fleet.send('hello there');
    await fleet.answer.getByText('Hello from the mock model.').waitFor();
    await eventually(STEP_MS, 'the run to be over', async () => (await fleet.runs.count()) === 0);
    assert.equal(await fleet.page.getByTestId('agent-message').count(), 1);
    assert.equal(await fleet.page.getByTestId('user-message').count(), 1);
  });

  fleetTest('a run that is stopped says so and keeps what was written', STOPPED, async (fleet, gateway) => {
    await fleet.chat.getByText('Nothing was said yet.').waitFor();
    await fleet.send('please be slow');
    await fleet.answer.getByText('part0').waitFor();
    await fleet.stop.click();
    await fleet.runs.getByText('Stopped').waitFor();
    await fleet.answer.getByText('part0').waitFor();
    assert.equal(gateway.called('chat.abort').length, 1);
  });

  fleetTest(
    'offline nothing can be sent, and the draft stays',
    { script: LISTED, session: CHAT },
    async (fleet, gateway) => {
      await fleet.chat.getByText('Nothing was said yet.').waitFor();
      await gateway.stop();
      await fleet.chat.getByText('Offline: nothing can be sent').waitFor();
      await fleet.send('keep this');
      assert.equal(await fleet.message.inputValue(), 'keep this');
      assert.equal(gateway.called('chat.send').length, 0);
    },
  );

  fleetTest(
    'is left by Escape, and the address names it no more',
    { script: LISTED, session: CHAT },
    async (fleet) => {
      await fleet.message.press('Escape');
      await fleet.chat.waitFor({ state: 'hidden' });
      assert.doesNotMatch(fleet.page.url(), /session/);
    },
  );
});

describe('a message that the gateway refuses', () => {
  fleetTest(
    'stays, says why, and is sent again as the same run',
    { script: {}, session: CHAT },
    async (fleet, gateway) => {
      await fleet.chat.getByText('Nothing was said yet.').waitFor();
      await fleet.send('hello there');
      await fleet.runs.getByText(/^Not sent: invalid chat.send params/).waitFor();
      assert.equal(await fleet.page.getByTestId('user-message').textContent(), 'hello there');
      await fleet.runs.getByRole('button', { name: 'Send again' }).click();
      await eventually(STEP_MS, 'the second attempt', () => gateway.called('chat.send').length === 2);
      const [first, second] = gateway.called('chat.send').map(({ params }) => params);
      assert.deepEqual(second, first);
    },
  );
});

describe('a command that waits for leave', () => {
  const narrow = { script: GUARDED, session: GUARDED_CHAT, viewport: { width: 390, height: 800 } };
  fleetTest('is answered in its chat where there is no room beside it', narrow, async (fleet, gateway) => {
    await fleet.chat.getByText('Nothing was said yet.').waitFor();
    await fleet.send('please use a tool');
    assert.equal(await fleet.approvals.isVisible(), false);
    await fleet.chat.getByTestId('approval').getByText('Deny').click();
    await fleet.chat.getByTestId('approval').waitFor({ state: 'detached' });
    assert.equal(gateway.called('exec.approval.resolve')[0].params.decision, 'deny');
  });

  fleetTest('that nothing waits is said', { script: GUARDED }, async (fleet, gateway) => {
    await fleet.approvals.getByText('No command waits.').waitFor();
    await gateway.stop();
    await fleet.approvals.getByText('Offline: what waits now is not known.').waitFor();
  });

  fleetTest('is answered, and gone', { script: GUARDED, session: GUARDED_CHAT }, async (fleet, gateway) => {
    await fleet.chat.getByText('Nothing was said yet.').waitFor();
    await fleet.send('please use a tool');
    const approval = fleet.approvals.getByTestId('approval');
    await approval.getByText('echo hi-from-tool').waitFor();
    await fleet.chat.getByText('Waits for your leave').waitFor();
    assert.deepEqual(await approval.getByRole('button').allTextContents(), ['Allow once', 'Deny']);
    await approval.getByText('Allow once').click();
    await approval.waitFor({ state: 'detached' });
    const [{ params }] = gateway.called('exec.approval.resolve');
    assert.equal(params.decision, 'allow-once');
    await fleet.answer.getByText('Tool said: hi-from-tool').waitFor();
  });
});
