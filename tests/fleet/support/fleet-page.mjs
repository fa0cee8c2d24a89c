// The dashboard as a test sees it: what a person can do on it, and what can be read off it.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';

/** How long an ordinary step of the page may take. */
export const STEP_MS = 15_000;

/** Opens the page in a browser context of its own, which is a device of its own, at a gateway. */
export async function openFleet(browser, pageUrl, gatewayUrl, { session, token, ...options } = {}) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, ...options });
  context.setDefaultTimeout(STEP_MS);
  await context.addInitScript(watchPage);
  const fleet = new Fleet(await context.newPage());
  const fragment = new URLSearchParams({ ...(token && { token }), ...(session && { session }) });
  const query = gatewayUrl ? `?gateway=${encodeURIComponent(gatewayUrl)}` : '';
  await fleet.page.goto(`${pageUrl}${query}#${fragment}`);
  return fleet;
}

class Fleet {
  constructor(page) {
    this.page = page;
    this.pageErrors = [];
    this.agents = page.getByTestId('agent');
    this.approvals = page.getByTestId('approvals');
    this.badge = page.getByTestId('badge');
    this.banner = page.getByTestId('banner');
    this.chat = page.getByTestId('chat');
    this.connection = page.getByTestId('connection');
    this.message = page.getByLabel('Message', { exact: true });
    this.runs = page.getByTestId('run');
    this.sessions = page.getByTestId('session');
    this.stop = page.getByTestId('stop');
    this.answer = page.getByTestId('agent-message').last();
    page.on('pageerror', (error) => this.pageErrors.push(error.message));
  }

  /** Waits until the connection is in this state. */
  is(status, timeout = STEP_MS) {
    return this.page.locator(`[data-testid=badge][data-status=${status}]`).waitFor({ timeout });
  }

  agent(name) {
    return this.agents.filter({ has: this.page.getByRole('heading', { name, exact: true }) });
  }

  session(title) {
    return this.sessions.filter({ hasText: title });
  }

  async send(text) {
    await this.message.fill(text);
    await this.message.press('Enter');
  }

  /** What the page left in the storages of the browser, as text. */
  kept() {
    return this.page.evaluate(async () => {
      const kept = [{ ...localStorage }, { ...sessionStorage }];
      for (const { name, version } of await indexedDB.databases()) {
        const opening = indexedDB.open(name, version);
        await new Promise((resolve) => (opening.onsuccess = resolve));
        const { objectStoreNames } = opening.result;
        for (const store of objectStoreNames) {
          const reading = opening.result.transaction(store).objectStore(store).getAll();
          await new Promise((resolve) => (reading.onsuccess = resolve));
          kept.push(reading.result);
        }
        opening.result.close();
      }
      return JSON.stringify(kept);
    });
  }

  violations() {
    return this.page.evaluate(() => globalThis.policyViolations);
  }

  /** Checks that axe finds nothing. */
  async isAccessible() {
    const require = createRequire(new URL('../../../examples/fleet/package.json', import.meta.url));
    // Evaluated by the debugger and not as a script element, so that the policy stays as it is.
    await this.page.evaluate(await readFile(require.resolve('axe-core/axe.min.js'), 'utf8'));
    const { violations } = await this.page.evaluate(() => globalThis.axe.run());
    const found = violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.html).join(' ')}`);
    assert.deepEqual(found, []);
  }

  /** Checks that the page threw nothing and broke no policy. */
  async isSound() {
    assert.deepEqual(this.pageErrors, []);
    assert.deepEqual(await this.violations(), []);
  }

  close() {
    return this.page.context().close();
  }
}

/** Runs in the page before its own scripts. */
function watchPage() {
  navigator.clipboard.writeText = async (text) => {
    globalThis.copiedText = text;
  };
  globalThis.policyViolations = [];
  document.addEventListener('securitypolicyviolation', ({ violatedDirective, blockedURI }) => {
    globalThis.policyViolations.push(`${violatedDirective} ${blockedURI}`);
  });
}
