import { mkdtempSync, readFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium } from 'playwright-core';
import { start, stop } from '../../../scripts/lib/process.mjs';
import { CHROMIUM_FLAGS } from '../../../scripts/lib/project.mjs';
import { findChromium } from '../../../scripts/tools.mjs';

const START_LIMIT_MS = 30_000;

/**
 * Chromium as a user has it: Playwright attaches without its own settings, which keep every page visible, forbid freezing
 * and switch the back/forward cache off. Resolves with `{ context, close }`.
 */
export async function startUnmanagedBrowser() {
  const profile = mkdtempSync(join(tmpdir(), 'agent-gateway-lifecycle-'));
  const flags = [...CHROMIUM_FLAGS, '--remote-debugging-port=0', `--user-data-dir=${profile}`];
  const program = start(findChromium(), [...flags, 'about:blank'], { stdio: 'ignore' });
  const end = async () => {
    await stop(program);
    await rm(profile, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
  };
  try {
    const port = await debuggingPort(join(profile, 'DevToolsActivePort'));
    const browser = await chromium.connectOverCDP(`http://127.0.0.1:${port}`, { noDefaults: true });
    return { context: browser.contexts()[0], close: () => browser.close().finally(end) };
  } catch (error) {
    await end();
    throw error;
  }
}

/** Chromium writes the port that it chose into a file. */
async function debuggingPort(file) {
  const deadline = Date.now() + START_LIMIT_MS;
  while (Date.now() < deadline) {
    const [, port] = /^(\d+)\n/.exec(readIfThere(file)) ?? [];
    if (port) return port;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`Chromium did not start within ${START_LIMIT_MS / 1000} s`);
}

function readIfThere(file) {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
