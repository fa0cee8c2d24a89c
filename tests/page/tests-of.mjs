// What the tests of a file share: one gateway, one page and one browser, and a page per test.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Chat, openChat } from './chat-page.mjs';
import { startBrowser, startGateway } from './harness.mjs';

const TEST_MS = 90_000;

/** Most of a test is waiting, so a few of them fit beside each other. */
export const SIDE_BY_SIDE = { concurrency: 3 };

/**
 * The tests of a page: `start` builds and serves it, `Page` is the page as a test sees it.
 *
 * A test is called with the page open; every test ends with a page that threw nothing and broke no policy. `own` gives
 * the test a gateway of its own, `v1Only` one without v2; it is left out where the page lacks what it `needs`; the other
 * options go to the browser context.
 */
export function testsOf({ start, Page = Chat }) {
  let gateway;
  let page;
  let browser;

  before(async () => {
    // One after the other, so that a failing start leaves `after` with all that has to be stopped.
    gateway = await startGateway();
    page = await start();
    browser = await startBrowser();
  });

  after(async () => {
    await browser?.close();
    await page?.stop();
    await gateway?.stop();
  });

  return (name, body, { own = false, v1Only = false, needs, ...contextOptions } = {}) => {
    if (Page.lacks.includes(needs)) return;
    test(name, { timeout: TEST_MS }, async () => {
      const itsGateway = own || v1Only ? await startGateway(v1Only ? ['--v1-only'] : []) : gateway;
      const chat = await openChat(browser, page.url, itsGateway, contextOptions, Page);
      try {
        await body(chat);
        assert.deepEqual(chat.pageErrors, []);
        assert.deepEqual(await chat.violations(), []);
      } finally {
        await chat.close();
        if (itsGateway !== gateway) await itsGateway.stop();
      }
    });
  };
}
