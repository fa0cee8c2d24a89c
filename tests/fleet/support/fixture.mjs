// What the tests of a file share: one page and one browser.
import { after, before, test } from 'node:test';
import { NOBODY, startBrowser, startPage } from '../../page/harness.mjs';
import { openFleet } from './fleet-page.mjs';
import { startScriptedGateway } from './scripted-gateway.mjs';

const TEST_MS = 60_000;

let page;
let browser;

before(async () => {
  page = await startPage('fleet');
  browser = await startBrowser();
});

after(async () => {
  await browser?.close();
  await page?.stop();
});

/**
 * A test with the page open at a scripted gateway, which `script` describes; without one, at an address where nobody is.
 * Every test ends with a page that threw nothing and broke no policy.
 */
export function fleetTest(name, { script, ...options }, body) {
  test(name, { timeout: TEST_MS }, async () => {
    const gateway = script && (await startScriptedGateway(script));
    let fleet;
    try {
      fleet = await openFleet(browser, page.url, gateway?.url ?? NOBODY, options);
      await body(fleet, gateway);
      await fleet.isSound();
    } finally {
      await fleet?.close();
      await gateway?.stop();
    }
  });
}
