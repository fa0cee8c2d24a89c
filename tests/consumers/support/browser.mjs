import { chromium } from 'playwright-core';
import { CHROMIUM_FLAGS } from '../../../scripts/lib/project.mjs';
import { findChromium } from '../../../scripts/tools.mjs';

const RESULT_TIMEOUT_MS = 30_000;

export function launchBrowser() {
  return chromium.launch({
    executablePath: findChromium(),
    args: CHROMIUM_FLAGS,
  });
}

/**
 * Opens a page, does what is to be done `meanwhile`, and waits until it has set `globalThis.result`; errors of the page
 * are thrown.
 */
export async function resultOf(browser, url, { timeoutMs = RESULT_TIMEOUT_MS, meanwhile } = {}) {
  const page = await browser.newPage();
  const problems = [];
  page.on('pageerror', (error) => problems.push(String(error)));
  page.on('console', (message) => message.type() === 'error' && problems.push(message.text()));
  try {
    await page.goto(url);
    await meanwhile?.(page);
    await page.waitForFunction(() => globalThis.result !== undefined, undefined, { timeout: timeoutMs });
    return await page.evaluate(() => globalThis.result);
  } catch (error) {
    throw new Error([error.message, ...problems].join('\n'));
  } finally {
    await page.close();
  }
}
