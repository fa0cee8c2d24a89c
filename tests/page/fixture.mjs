// What the tests of this directory share: one gateway, one page and one browser for each file, and a page per test.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { openChat } from './chat-page.mjs';
import { startBrowser, startGateway, startPage } from './harness.mjs';

const TEST_MS = 90_000;

/** Most of a test is waiting, so a few of them fit beside each other. */
export const SIDE_BY_SIDE = { concurrency: 3 };

let gateway;
let page;
let browser;

before(async () => {
  // One after the other, so that a failing start leaves `after` with all that has to be stopped.
  gateway = await startGateway();
  page = await startPage();
  browser = await startBrowser();
});

after(async () => {
  await browser?.close();
  await page?.stop();
  await gateway?.stop();
});

/**
 * A test with the page open; every test ends with a page that threw nothing and broke no policy.
 *
 * `own` gives the test a gateway of its own, `v1Only` one without v2; the other options go to the browser context.
 */
export function chatTest(name, body, { own = false, v1Only = false, ...contextOptions } = {}) {
  test(name, { timeout: TEST_MS }, async () => {
    const itsGateway = own || v1Only ? await startGateway(v1Only ? ['--v1-only'] : []) : gateway;
    const chat = await openChat(browser, page.url, itsGateway, contextOptions);
    try {
      await body(chat);
      assert.deepEqual(chat.pageErrors, []);
      assert.deepEqual(await chat.violations(), []);
    } finally {
      await chat.close();
      if (itsGateway !== gateway) await itsGateway.stop();
    }
  });
}
