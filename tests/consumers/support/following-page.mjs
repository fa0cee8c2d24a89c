import assert from 'node:assert/strict';
import { gatewayUrl } from './expected.mjs';

const LIMIT_MS = 15_000;
/** What a busy machine may add to a time that is demanded. */
const BUSY_MS = 500;

/** A page in a tab of its own that follows a run as `lifecycle-page.mjs` does, and what a user and a device do to it. */
export class FollowingPage {
  problems = [];

  static async open(context, url) {
    const tab = await context.newPage();
    const page = new FollowingPage(tab, await context.newCDPSession(tab), url);
    tab.on('pageerror', (error) => page.problems.push(String(error)));
    await tab.goto(new URL('page.html', url).href);
    await page.#until(() => {
      const clients = Object.values(globalThis.diary?.clients ?? {});
      return clients.length === 2 && clients.every(({ text }) => text.length > 50);
    });
    page.operationId = await tab.evaluate(() => globalThis.diary.operationId);
    return page;
  }

  constructor(tab, session, url) {
    this.tab = tab;
    this.session = session;
    this.url = url;
  }

  /** What the clients did so far, as `[name, entries]`. */
  async clients() {
    return Object.entries(await this.tab.evaluate(() => globalThis.diary.clients));
  }

  /** Another tab comes to the front. */
  async hide() {
    this.other = await this.tab.context().newPage();
    await this.waitForSignal('hidden');
  }

  async show() {
    await this.other.close();
    await this.tab.bringToFront();
    await this.waitForSignal('visible');
  }

  async freeze() {
    await this.session.send('Page.setWebLifecycleState', { state: 'frozen' });
    await this.waitForSignal('freeze');
  }

  async resume() {
    await this.session.send('Page.setWebLifecycleState', { state: 'active' });
    await this.waitForSignal('resume');
  }

  async setOffline(offline) {
    const conditions = { offline, latency: 0, downloadThroughput: -1, uploadThroughput: -1 };
    await this.session.send('Network.emulateNetworkConditions', conditions);
  }

  async leave() {
    await this.tab.goto(new URL('elsewhere.html', this.url).href);
  }

  /** A page that comes from the cache is not loaded again. */
  async comeBack() {
    await this.tab.goBack({ waitUntil: 'commit' });
    await this.waitForSignal('pageshow');
  }

  faults(faults) {
    return request(`/dev/runs/${this.operationId}/faults`, faults);
  }

  async hasNoSockets() {
    const deadline = Date.now() + LIMIT_MS;
    while ((await request(`/dev/runs/${this.operationId}`)).connections > 0) {
      assert.ok(Date.now() < deadline, 'the sockets are closed');
      await sleep(50);
    }
  }

  waitForSignal(signal) {
    return this.#until((name) => globalThis.diary.signals.some((signal) => signal.name === name), signal);
  }

  /** Both clients dialled again, so soon after the last such signal, and are connected. */
  async isReplacedWithin(millis, signal) {
    await this.#until((name) => {
      const { clients, signals } = globalThis.diary;
      const { at } = signals.findLast((signal) => signal.name === name);
      return Object.values(clients).every(
        ({ dials, statuses }) => dials.at(-1) >= at && statuses.at(-1).status === 'connected',
      );
    }, signal);
    const { at } = await this.tab.evaluate(
      (name) => globalThis.diary.signals.findLast((signal) => signal.name === name),
      signal,
    );
    for (const [name, { dials }] of await this.clients()) {
      const taken = dials.find((dial) => dial >= at) - at;
      assert.ok(taken <= millis + BUSY_MS, `${name}: replaced ${Math.round(taken)} ms after ${signal}`);
    }
  }

  /** Both clients are connected, and hear what the gateway says now, after everything before it. */
  async isCaughtUp() {
    const { text } = await request(`/dev/runs/${this.operationId}`);
    const hears = (length) =>
      Object.values(globalThis.diary.clients).every(
        (client) => client.text.length > length && client.statuses.at(-1).status === 'connected',
      );
    await this.#until(hears, text.length);
    const clients = await this.clients();
    const { text: truth } = await request(`/dev/runs/${this.operationId}`);
    for (const [name, client] of clients)
      assert.ok(truth.startsWith(client.text), `${name}: nothing is missing`);
  }

  async close() {
    await this.other?.close();
    await this.tab.close();
    await request(`/dev/runs/${this.operationId}/interrupt`, {});
  }

  /** Asks from outside: timers and frames of a hidden page do not run in time. */
  async #until(condition, argument) {
    const deadline = Date.now() + LIMIT_MS;
    while (!(await this.tab.evaluate(condition, argument))) {
      if (Date.now() > deadline)
        throw new Error(`waited for ${condition} (${argument})\n${await this.#told()}`);
      await sleep(50);
    }
  }

  async #told() {
    const { clients, signals } = await this.tab.evaluate(() => globalThis.diary);
    const lines = Object.entries(clients).map(([name, { dials, statuses }]) => ({ name, dials, statuses }));
    return [signals, ...lines].map((line) => JSON.stringify(line)).join('\n');
  }
}

async function request(path, body) {
  const response = await fetch(gatewayUrl() + path, {
    method: body ? 'POST' : 'GET',
    headers: { 'content-type': 'application/json' },
    body: body && JSON.stringify(body),
    signal: AbortSignal.timeout(LIMIT_MS),
  });
  assert.ok(response.ok, `${path}: ${response.status}`);
  return response.json();
}

export function sleep(millis) {
  return new Promise((resolve) => setTimeout(resolve, millis));
}
