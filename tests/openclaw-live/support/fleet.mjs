// What the tests of the dashboard share: a gateway, the page and a browser for each file.
import { after, afterEach, before, test } from 'node:test';
import { startFleetGateway } from '../../../scripts/fleet/gateway.mjs';
import { openFleet } from '../../fleet/support/fleet-page.mjs';
import { startBrowser, startPage } from '../../page/harness.mjs';

const START_MS = 200_000;
const TEST_MS = 230_000;
/** How long the gateway may take for an answer, or for what comes before it. Its first is slow. */
export const ANSWER_MS = 90_000;

/**
 * Starts a gateway for the tests of a file, with these options. `fleetTest(name, body)` is a test with the page open at
 * it; the body gets the page and the gateway, and the test ends with a page that threw nothing and broke no policy.
 */
export function withFleet(options) {
  let gateway, page, browser;
  const opened = [];
  before(
    async () => {
      gateway = await startFleetGateway(options);
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
  return (name, body) =>
    test(name, { timeout: TEST_MS }, async () => {
      const fleet = await openFleet(browser, page.url, gateway.url, { token: gateway.token });
      opened.push(fleet);
      const before = gateway.output().length;
      try {
        await body(fleet, gateway);
      } catch (error) {
        console.log(await seen(fleet, gateway.output().slice(before)));
        throw error;
      }
      await fleet.isSound();
    });
}

/** Begins a session of an agent, and waits until its chat is there. */
export async function begin(fleet, label) {
  await fleet.is('ready');
  await fleet.page.getByRole('button', { name: label }).click();
  await fleet.chat.getByText('Nothing was said yet.').waitFor({ timeout: ANSWER_MS });
}

/** What a failed test leaves behind: the page as its user reads it, and what the gateway printed meanwhile. */
async function seen(fleet, printed) {
  // A page that is gone must not hide why the test failed.
  const page = await fleet.page
    .locator('body')
    .innerText()
    .catch((error) => error.message);
  return `The page:\n${page}\n\nThe gateway:\n${printed}`;
}
