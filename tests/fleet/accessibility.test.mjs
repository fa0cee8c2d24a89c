// The dashboard for those who see it otherwise, or do not see it.
import assert from 'node:assert/strict';
import { describe } from 'node:test';
import { fleetTest } from './support/fixture.mjs';

const PAIRING = { refusal: '02b-pairing-required-browser-nonui' };
const GUARDED = { conversation: '11-exec-approval', sessions: '05-chat-run' };
const SESSION = 'agent:main:dashboard:4798ce69-e454-4ced-aab4-b26c8019ff5c';
const STILL = { reducedMotion: 'reduce' };

for (const colorScheme of ['light', 'dark']) {
  describe(`axe finds nothing in the ${colorScheme} theme`, () => {
    const options = { colorScheme, ...STILL };

    fleetTest('with made-up data', options, async (fleet) => {
      await fleet.session('Prepare the release').click();
      await fleet.chat.getByText('Answering…').waitFor();
      await fleet.isAccessible();
    });

    fleetTest('while the device waits for approval', { ...options, script: PAIRING }, async (fleet) => {
      await fleet.is('blocked');
      await fleet.page.getByText('In full').click();
      await fleet.isAccessible();
    });

    const guarded = { ...options, script: GUARDED, session: SESSION };
    fleetTest('with a command that waits, and offline, wide and narrow', guarded, async (fleet, gateway) => {
      await fleet.chat.getByText('Nothing was said yet.').waitFor();
      await fleet.send('please use a tool');
      await fleet.approvals.getByTestId('approval').waitFor();
      await fleet.isAccessible();
      await gateway.stop();
      await fleet.banner.getByText('Offline').waitFor();
      await fleet.isAccessible();
      await fleet.page.setViewportSize({ width: 390, height: 800 });
      await fleet.isAccessible();
    });
  });
}

describe('without a mouse', () => {
  fleetTest('a session is opened, and left, by the keyboard', { script: GUARDED }, async (fleet) => {
    const { page } = fleet;
    await fleet.session('Second while busy').waitFor();
    // The first stop is the link that skips the rest.
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    await page.keyboard.press('Tab');
    assert.equal(await focusedTestId(page), 'session');
    await page.keyboard.press('Enter');
    await fleet.chat.waitFor();
    assert.equal(await page.evaluate(() => document.activeElement.id), 'message');
    await page.keyboard.press('Escape');
    assert.equal(await focusedTestId(page), 'session');
  });

  fleetTest('the focus stays where it is while the list is told anew', { script: GUARDED }, async (fleet) => {
    await fleet.session('Second while busy').getByText('Idle').waitFor();
    await fleet.session('Second while busy').focus();
    // As if those behind it had been in front of it: the next painting moves it.
    await fleet.page.evaluate(() => {
      const item = document.activeElement.closest('li');
      while (item.nextElementSibling) item.before(item.nextElementSibling);
    });
    await fleet.page.getByRole('button', { name: 'Disconnect' }).evaluate((button) => button.click());
    await fleet.session('Second while busy').getByText('Was idle').waitFor();
    assert.equal(await focusedTestId(fleet.page), 'session');
    assert.match(await fleet.page.evaluate(() => document.activeElement.textContent), /Second while busy/);
  });
});

fleetTest('in a narrow window nothing is wider than the window', { script: GUARDED }, async (fleet) => {
  await fleet.page.setViewportSize({ width: 360, height: 740 });
  await fleet.session('Second while busy').waitFor();
  const overflow = () =>
    fleet.page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  assert.equal(await overflow(), 0);
  await fleet.session('Second while busy').click();
  await fleet.message.waitFor();
  assert.equal(await overflow(), 0);
});

function focusedTestId(page) {
  return page.evaluate(() => document.activeElement.dataset.testid);
}
