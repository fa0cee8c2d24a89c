import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';

const LIMIT_MS = 20_000;
/** How long sockets and timers may stay after the end of a run. */
const CLEAN_WITHIN_MS = 5_000;

/** What a page needs to follow a run, for `createProject`. */
export const RUN_PAGE = `<!doctype html><title>A run</title>
  <script src="/support/run-watch.js"></script>
  <button>send</button>
  <script type="module" src="/support/run-page.mjs"></script>`;

/** A tab with the page of `run-page.mjs`, and a user who looks at its button. */
export class RunButtonPage {
  problems = [];

  /** `options` are those of `run-page.mjs`. A tab of its own user, unless one is given. */
  static async open(context, url, options) {
    const tab = await context.newPage();
    const all = { userId: `button-${randomUUID()}`, ...options };
    const page = new RunButtonPage(tab, new URL('run.html', url).href, all);
    tab.on('pageerror', (error) => page.problems.push(String(error)));
    await page.load(all);
    return page;
  }

  constructor(tab, url, options) {
    this.tab = tab;
    this.url = url;
    this.options = options;
  }

  /** Loads the page anew, with other options for its run. */
  async load(options) {
    await this.tab.goto(`${this.url}?${encodeURIComponent(JSON.stringify(options))}`);
    await this.tab.waitForFunction(() => globalThis.run);
  }

  press(label) {
    return this.tab.getByRole('button', { name: label, exact: true }).click({ timeout: LIMIT_MS });
  }

  async reaches(phase) {
    await this.until((phase) => globalThis.diary.phases.includes(phase), phase);
    return this;
  }

  async outcome() {
    await this.until(() => globalThis.diary.settled.length > 0);
    return this.tab.evaluate(() => globalThis.diary.settled[0]);
  }

  diary() {
    return this.tab.evaluate(() => globalThis.diary);
  }

  operationId() {
    return this.tab.evaluate(() => globalThis.run.getSnapshot().operationId);
  }

  /** Asks from outside: a page in the background paints no frames. */
  async until(condition, argument, limitMs = LIMIT_MS) {
    const deadline = Date.now() + limitMs;
    while (!(await this.tab.evaluate(condition, argument))) {
      if (Date.now() > deadline) {
        const told = await this.tab.evaluate(() => [globalThis.diary, globalThis.leftovers()]);
        throw new Error(`waited for ${condition} (${argument})\n${JSON.stringify(told)}`);
      }
      await new Promise((resolve) => setTimeout(resolve, 30));
    }
  }

  /** The run told its end once, the button went there and back once, and nothing is left of it in the page. */
  async isOver() {
    const ended = () => {
      const { open, timers } = globalThis.leftovers();
      return open === 0 && timers === 0;
    };
    await this.until(ended, undefined, CLEAN_WITHIN_MS);
    const { button, phases, settled } = await this.diary();
    assert.deepEqual(button, ['send', 'stop', 'send']);
    assert.equal(settled.length, 1);
    assert.equal(phases.at(-1), 'settled');
    assert.deepEqual(this.problems, []);
  }
}
