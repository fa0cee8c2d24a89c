import { mkdtempSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { probe, start, stop } from '../../scripts/lib/process.mjs';
import { CHROMIUM_FLAGS } from '../../scripts/lib/project.mjs';
import { findChromium } from '../../scripts/tools.mjs';
import { ENGINE_FLAGS, withinLimit } from './limits.mjs';
import { servePages } from './page-server.mjs';

const FLAGS = [...CHROMIUM_FLAGS, `--js-flags=${ENGINE_FLAGS.join(' ')}`];

/**
 * Chromium without a window, a browser of its own for each session.
 *
 * The page fetches its tasks: a debugger that drives it would be told of every frame, which costs more than the frame.
 */
export async function chromiumHost(packageFolder) {
  const program = findChromium();
  const [version] = (await probe(program, ['--version'])).match(/[\d.]+/);
  const server = await servePages({
    benches: fileURLToPath(new URL('..', import.meta.url)),
    package: packageFolder,
  });
  return {
    name: `Chromium ${version}`,
    open: () => openSession(program, server),
    close: () => server.close(),
  };
}

async function openSession(program, server) {
  const profile = mkdtempSync(join(tmpdir(), 'agent-gateway-bench-'));
  const page = server.newPage();
  const browser = start(program, [...FLAGS, `--user-data-dir=${profile}`, page.url], { stdio: 'ignore' });
  const close = async () => {
    await stop(browser);
    page.close();
    await rm(profile, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
  };
  try {
    await withinLimit('the start of Chromium', page.loaded);
  } catch (error) {
    await close();
    throw error;
  }
  return { measure: (name, argument) => withinLimit(name, page.measure(name, argument)), close };
}
