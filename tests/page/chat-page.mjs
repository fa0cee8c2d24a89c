// The chat page as a test sees it: what a person can do on it, and what can be read off it.
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { eventually, NOBODY } from './harness.mjs';

/** How long an ordinary step of the page may take. */
export const STEP_MS = 15_000;
/** How long a whole run may take, reconnects included. */
export const RUN_MS = 30_000;

/** Opens the page in a browser context of its own, for a user of its own. `close` is due at the end of each test. */
export async function openChat(browser, pageUrl, gateway, options = {}, Page = Chat) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, ...options });
  context.setDefaultTimeout(STEP_MS);
  await context.addInitScript(watchPage);
  return openTab(Page, context, pageUrl, gateway, `user_${randomUUID()}`);
}

async function openTab(Page, context, pageUrl, gateway, userId) {
  const chat = new Page(await context.newPage(), pageUrl, gateway, userId);
  await chat.goto(pageUrl);
  return chat;
}

/** The page without a framework, and what others have in common with it. */
export class Chat {
  /** What scenarios may need and this page does not have. */
  static lacks = [];

  constructor(page, pageUrl, gateway, userId) {
    this.page = page;
    this.pageUrl = pageUrl;
    this.gateway = gateway;
    this.userId = userId;
    this.pageErrors = [];
    this.answer = page.getByTestId('agent-message').last();
    this.badge = page.getByTestId('badge');
    this.button = page.getByTestId('send');
    this.failure = this.answer.getByTestId('failure');
    this.banner = page.getByTestId('banner');
    this.log = page.getByTestId('log');
    this.message = page.getByLabel('Message', { exact: true });
    this.sidebar = page.getByTestId('sidebar');
    this.socket = page.getByTestId('socket');
    this.announcements = page.getByTestId('announcements');
    this.conversations = this.sidebar.getByTestId('conversation-link');
    page.on('pageerror', (error) => this.pageErrors.push(error.message));
  }

  /** Whether the page has what a scenario may need. */
  has(part) {
    return !this.constructor.lacks.includes(part);
  }

  /** Opens this page of the application, at the gateway and as the user of the test. */
  goto(pageUrl, options) {
    const query = new URLSearchParams({ gateway: this.gateway.url, user: this.userId });
    return this.page.goto(`${pageUrl}?${query}`, options);
  }

  /** The same user in another tab of the same browser. */
  openTab() {
    return openTab(this.constructor, this.page.context(), this.pageUrl, this.gateway, this.userId);
  }

  /** The entry of the sidebar with this title. */
  conversation(title) {
    return this.conversations.filter({ hasText: title });
  }

  /** Waits until the sidebar shows a conversation in this state. */
  conversationIs(title, state, timeout = RUN_MS) {
    const entry = this.conversation(title).and(this.page.locator(`[data-state=${state}]`));
    return entry.waitFor({ timeout });
  }

  async openConversation(title) {
    await this.conversation(title).click();
    await this.conversation(title).and(this.page.locator('[aria-current]')).waitFor();
  }

  /** Begins a conversation with a message, and returns the operation id of its run. */
  async begin(script, options) {
    await this.page.getByTestId('new-conversation').click();
    await this.page.getByTestId('empty').waitFor();
    return this.send(script, options);
  }

  /** How many sockets the page has open, and how many it ever opened. */
  sockets() {
    return this.page.evaluate(() => ({
      open: globalThis.sockets.filter(({ readyState }) => readyState === WebSocket.OPEN).length,
      opened: globalThis.sockets.length,
    }));
  }

  /** Whether the page has read its list of runs this many times: when it starts, and with each connection. */
  listsRead(times) {
    return this.page.evaluate(
      ([end, times]) =>
        performance.getEntriesByType('resource').filter(({ name }) => name.endsWith(end)).length >= times,
      [`/${this.userId}/runs`, times],
    );
  }

  /** From here on every socket fails, as behind a proxy that lets none through. */
  blockSockets() {
    return this.page.evaluate((nobody) => {
      globalThis.WebSocket = class extends WebSocket {
        constructor() {
          super(nobody);
        }
      };
    }, NOBODY);
  }

  /** Chooses whose sockets the faults are for: `run` or `user`. */
  async breaks(scope) {
    await this.page.getByTestId('fault-scope').selectOption(scope);
  }

  close() {
    return this.page.context().close();
  }

  /** Fills in the message box and chooses the script, without sending. */
  async write(script, { prompt = `A test of ${script}`, speed = 'Normal' } = {}) {
    await this.page.getByTestId('script').selectOption(script);
    await this.page.getByTestId('speed').selectOption({ label: speed });
    await this.message.fill(prompt);
  }

  /** Sends a message that starts this script, and returns the operation id of the run. */
  async send(script, options) {
    await this.write(script, options);
    const started = this.page.waitForResponse((response) => response.url().endsWith('/dev/runs'));
    await this.button.click();
    const { operationId } = await (await started).json();
    return operationId;
  }

  /** Has the gateway send an event of this run that its script does not have. */
  push(operationId, type, data) {
    const event = { type, operationId, stepIndex: 0, timestamp: Date.now(), data };
    return this.gateway.api('/api/operations/push-event', { operationId, event });
  }

  buttonIs(state, timeout = STEP_MS) {
    return this.page.locator(`[data-testid=send][data-state=${state}]`).waitFor({ timeout });
  }

  /** Every state of the button since the page was loaded, in order. */
  buttonHistory() {
    return this.page.evaluate(() => globalThis.buttonHistory);
  }

  /** Waits for the ending of the current run and checks that the button followed it. */
  async endsAs(status, timeout = RUN_MS) {
    await this.page
      .locator('[data-testid=agent-message]')
      .last()
      .and(this.page.locator(`:not([data-state=running])`))
      .waitFor({ timeout });
    assert.equal(await this.answer.getAttribute('data-state'), status);
    assert.equal(await this.button.getAttribute('data-state'), 'send');
  }

  /** Waits until at least `length` characters of the answer are shown. */
  shows(length) {
    return eventually(RUN_MS, `${length} characters of the answer`, async () => {
      const texts = await this.answer.getByTestId('agent-text').allTextContents();
      return texts.join('').length >= length;
    });
  }

  /** The source text of the last answer, through its Copy button. */
  async copiedText() {
    await this.answer.getByRole('button', { name: /^Cop/ }).click();
    await this.answer.getByRole('button', { name: 'Copied' }).waitFor();
    return this.page.evaluate(() => globalThis.copiedText);
  }

  /** Checks that the answer on the page is the whole text that the agent wrote, and that the stream alone brought it. */
  async streamedWhole(operationId) {
    await this.textIsWhole(operationId);
    assert.equal(await this.logged('text completed').count(), 0, 'parts of the text came another way');
  }

  /** Checks that the answer on the page is the whole text that the agent wrote. */
  async textIsWhole(operationId) {
    const { text } = await this.gateway.api(`/dev/runs/${operationId}`);
    assert.ok(text.length > 0, 'the agent wrote nothing');
    assert.equal(await this.copiedText(), text);
  }

  async press(fault) {
    await this.page.getByTestId(`fault-${fault}`).click();
    await this.faultIsSet();
  }

  async choose(fault, value) {
    await this.page.getByTestId(`fault-${fault}`).selectOption(value);
    await this.faultIsSet();
  }

  /** Waits until the badge shows this state of the connection. */
  badgeIs(state) {
    return this.page.locator(`[data-testid=badge][data-status=${state}]`).waitFor();
  }

  /**
   * Waits until the badge has shown this state at least once since the last call, and returns when, on the clock of the
   * page. A reconnect can be a matter of moments.
   */
  async badgeWas(state) {
    const { at } = await eventually(STEP_MS, `the badge to show ${state}`, () =>
      this.page.evaluate((wanted) => {
        const index = globalThis.badgeHistory.findIndex((shown) => shown.state === wanted);
        return globalThis.badgeHistory.splice(0, index + 1).at(-1);
      }, state),
    );
    return at;
  }

  /** Tells the page that its tab was hidden and is visible again; returns when, on the clock of the page. */
  becomesVisible() {
    return this.page.evaluate(() => {
      const now = performance.now();
      for (const state of ['hidden', 'visible']) {
        Object.defineProperty(document, 'visibilityState', { configurable: true, get: () => state });
        Object.defineProperty(document, 'hidden', { configurable: true, get: () => state === 'hidden' });
        document.dispatchEvent(new Event('visibilitychange'));
      }
      return now;
    });
  }

  logged(type) {
    return this.log.getByText(type, { exact: true });
  }

  violations() {
    return this.page.evaluate(() => globalThis.policyViolations);
  }

  async faultIsSet() {
    await eventually(STEP_MS, 'the fault to be set', () =>
      this.page.getByTestId('fault-result').textContent(),
    );
  }
}

/** Runs in the page before its own scripts. */
function watchPage() {
  // The clipboard is one for all pages of the browser, and tests run side by side.
  navigator.clipboard.writeText = async (text) => {
    globalThis.copiedText = text;
  };
  globalThis.sockets = [];
  globalThis.WebSocket = class extends WebSocket {
    constructor(...options) {
      super(...options);
      globalThis.sockets.push(this);
    }
  };
  globalThis.policyViolations = [];
  globalThis.buttonHistory = [];
  document.addEventListener('securitypolicyviolation', ({ violatedDirective, blockedURI }) => {
    globalThis.policyViolations.push(`${violatedDirective} ${blockedURI}`);
  });
  globalThis.badgeHistory = [];
  const read = (testId, attribute) =>
    document.querySelector(`[data-testid=${testId}]`)?.getAttribute(attribute);
  let badge;
  new MutationObserver(() => {
    const button = read('send', 'data-state');
    if (button && button !== globalThis.buttonHistory.at(-1)) globalThis.buttonHistory.push(button);
    const state = read('badge', 'data-status');
    if (state && state !== badge) globalThis.badgeHistory.push({ state, at: performance.now() });
    badge = state;
  }).observe(document, {
    subtree: true,
    childList: true,
    attributes: true,
    attributeFilter: ['data-state', 'data-status'],
  });
}
