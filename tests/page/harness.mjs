// Starts what the page's tests need: a development gateway, the built page and a browser. Every start has a deadline.
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { chromium } from 'playwright-core';
import { build, createServer, preview } from 'vite';
import { buildLeptosChat } from '../../scripts/build/leptos.mjs';
import { startGateway as start } from '../../scripts/lib/gateway.mjs';
import { CHROMIUM_FLAGS, root, targetDir } from '../../scripts/lib/project.mjs';
import { findChromium } from '../../scripts/tools.mjs';

const READY_WITHIN_MS = 20_000;
const SERVICE_TOKEN = 'page-test-service-token';

/** A port of this computer that no browser refuses and nothing listens on. */
export const NOBODY = 'ws://127.0.0.1:4';

/** Starts the gateway on a free port, with these options. `api` calls its HTTP interface, `stop` ends it and waits for its exit. */
export async function startGateway(args = []) {
  const program = process.env.AGENT_GATEWAY_BIN ?? join(targetDir, 'debug/agent-gateway');
  if (!existsSync(program))
    throw new Error(`No gateway at ${program}: build it with "cargo build -p agent-gateway".`);
  process.env.GATEWAY_SERVICE_TOKEN = SERVICE_TOKEN;
  const { url, stop } = await start({ program, args });
  return { url, stop, api: (path, body) => callApi(url, path, body) };
}

/** Builds a page of examples/ and serves it as it would be published. */
export async function startPage(example = 'chat') {
  const outDir = await mkdtemp(join(tmpdir(), `agent-gateway-${example}-`));
  const config = {
    root: join(root, 'examples', example),
    configFile: join(root, 'examples', example, 'vite.config.ts'),
    logLevel: 'warn',
    build: { outDir },
  };
  await build({ ...config, build: { outDir, emptyOutDir: true } });
  const server = await preview({ ...config, preview: { host: '127.0.0.1', port: 0 } });
  return {
    url: `http://127.0.0.1:${server.httpServer.address().port}/`,
    stop: async () => {
      await server.close();
      await rm(outDir, { recursive: true, force: true });
    },
  };
}

/** Builds the Leptos page and serves it. */
export async function startLeptosPage() {
  const folder = await buildLeptosChat();
  const server = await preview({
    configFile: false,
    root: dirname(folder),
    logLevel: 'warn',
    build: { outDir: folder },
    preview: { host: '127.0.0.1', port: 0 },
  });
  return {
    url: `http://127.0.0.1:${server.httpServer.address().port}/`,
    stop: () => server.close(),
  };
}

/** Serves a page of examples/ as a developer sees it: unbundled, by the development server. */
export async function startDevelopmentPage(example = 'chat') {
  const server = await createServer({
    root: join(root, 'examples', example),
    configFile: join(root, 'examples', example, 'vite.config.ts'),
    logLevel: 'warn',
    server: { host: '127.0.0.1', port: 0 },
  });
  await server.listen();
  return { url: `http://127.0.0.1:${server.httpServer.address().port}/`, stop: () => server.close() };
}

export function startBrowser() {
  return chromium.launch({
    executablePath: findChromium(),
    timeout: READY_WITHIN_MS,
    args: CHROMIUM_FLAGS,
  });
}

/** Asks again every 50 ms until `check` returns something true, which is returned. */
export async function eventually(ms, what, check) {
  const end = Date.now() + ms;
  while (Date.now() < end) {
    const found = await check();
    if (found) return found;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`Waited ${ms} ms for ${what}.`);
}

async function callApi(url, path, body) {
  const response = await fetch(url + path, {
    method: body === undefined ? 'GET' : 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${SERVICE_TOKEN}` },
    body: body === undefined ? undefined : JSON.stringify(body),
    signal: AbortSignal.timeout(10_000),
  });
  if (!response.ok) throw new Error(`${path}: HTTP ${response.status} ${await response.text()}`);
  return response.json();
}
