import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';
import { findChromium } from '../../scripts/tools.mjs';
import { ENGINE_FLAGS, withinLimit } from './limits.mjs';
import { serveFolders } from './static-server.mjs';

/** Chromium without a window, a page without a cache for each session. */
export async function chromiumHost(packageFolder) {
  const server = await serveFolders({
    benches: fileURLToPath(new URL('..', import.meta.url)),
    package: packageFolder,
  });
  const browser = await chromium.launch({
    executablePath: findChromium(),
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      `--js-flags=${ENGINE_FLAGS.join(' ')}`,
    ],
  });
  return {
    name: `Chromium ${browser.version()}`,
    open: () => openSession(browser, server.url),
    async close() {
      await browser.close();
      await server.close();
    },
  };
}

async function openSession(browser, url) {
  const context = await browser.newContext();
  const page = await context.newPage();
  await page.goto(`${url}benches/page.html`);
  await page.waitForFunction(() => globalThis.measure !== undefined, undefined, { timeout: 20_000 });
  return {
    measure: (name, argument) =>
      withinLimit(
        name,
        page.evaluate(([name, argument]) => globalThis.measure(name, argument), [name, argument]),
      ),
    close: () => context.close(),
  };
}
