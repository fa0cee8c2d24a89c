// Where a client lives: in this process, or in a page of a browser. The cases are the same everywhere.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import puppeteer from 'puppeteer-core';
import WebSocket from 'ws';
import { packageDir } from '../../../scripts/lib/project.mjs';
import { findFirefox } from '../../../scripts/tools.mjs';
import { launchBrowser } from '../../consumers/support/browser.mjs';
import { serveFolder } from '../../consumers/support/static-server.mjs';
import * as waiting from './waiting.mjs';

const WAITING = `data:text/javascript;base64,${readFileSync(new URL('waiting.mjs', import.meta.url)).toString('base64')}`;

/** How long after the first answer of a gateway that was started anew a client may take to be back. */
const FOUND_AGAIN_WITHIN_MS = 2_000;
/** Firefox holds a socket back after others to the same gateway failed, each time half as long again. */
const FOUND_AGAIN_BY_FIREFOX_WITHIN_MS = 15_000;

/** Sockets with an origin of their own, as those of a page have. */
export const socketsFrom = (origin) =>
  class extends WebSocket {
    constructor(url) {
      super(url, { origin });
    }
  };

/**
 * Clients in this process.
 *
 * `open(options)` makes a client of a new device; its `run(act, argument)` calls `act({ client, sent, …waiting }, argument)`
 * where the client lives. `act` must not use anything around it. `clear()` ends all clients.
 */
export async function inNode() {
  const entry = await import('../../../pkg/openclaw.mjs');
  const opened = [];
  return {
    name: 'node',
    foundAgainWithinMs: FOUND_AGAIN_WITHIN_MS,
    async open(options) {
      const made = await waiting.openClient(entry, socketsFrom('http://127.0.0.1:5173'), options);
      opened.push(made.client);
      return { run: (act, argument) => act({ ...waiting, ...made }, argument) };
    },
    clear: async () => opened.splice(0).forEach((client) => client.dispose()),
    close: async () => {},
  };
}

/** Clients in a page of `chromium` or `firefox`; `inPage(act, entry, argument)` passes the exports of an entry. */
export async function inBrowser(name) {
  const { browser, end } = await BROWSERS[name]();
  // The manifest is what makes a page of this origin.
  const files = await serveFolder(packageDir, { types: { '.json': 'text/html' } });
  const page = await browser.newPage();
  const load = () => page.goto(`${files.url}package.json`);
  await load();
  const evaluate = (act, ...given) =>
    page.evaluate(([source, given]) => new Function(`return (${source})`)()(...given), [String(act), given]);
  let last = 0;
  return {
    name,
    foundAgainWithinMs: name === 'firefox' ? FOUND_AGAIN_BY_FIREFOX_WITHIN_MS : FOUND_AGAIN_WITHIN_MS,
    async open(options) {
      const id = ++last;
      await evaluate(
        async (module, entry, id, options) => {
          const waiting = await import(module);
          globalThis.opened ??= new Map();
          const made = await waiting.openClient(await import(entry), WebSocket, options);
          globalThis.opened.set(id, { ...waiting, ...made });
        },
        WAITING,
        '/openclaw.mjs',
        id,
        options,
      );
      return {
        run: (act, argument) =>
          evaluate(
            (source, id, argument) =>
              new Function(`return (${source})`)()(globalThis.opened.get(id), argument),
            String(act),
            id,
            argument,
          ),
      };
    },
    async inPage(act, entry, argument) {
      await load();
      return evaluate(
        async (source, module, entry, argument) => {
          const context = { ...(await import(module)), ...(await import(entry)) };
          return new Function(`return (${source})`)()(context, argument);
        },
        String(act),
        WAITING,
        entry,
        argument,
      );
    },
    clear: load,
    async close() {
      await end();
      await files.close();
    },
  };
}

const BROWSERS = {
  async chromium() {
    const browser = await launchBrowser();
    return { browser, end: () => browser.close() };
  },
  async firefox() {
    // Firefox refuses a home that belongs to another user.
    const home = mkdtempSync(join(tmpdir(), 'firefox-'));
    const browser = await puppeteer.launch({
      browser: 'firefox',
      executablePath: findFirefox(),
      headless: true,
      env: { ...process.env, HOME: home },
    });
    const end = async () => {
      await browser.close();
      rmSync(home, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
    };
    return { browser, end };
  },
};
