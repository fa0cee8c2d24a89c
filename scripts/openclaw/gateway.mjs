import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { start, stop } from '../lib/process.mjs';
import { ensureOpenClaw, kitDir } from './install.mjs';
import { startModel } from './model.mjs';

const READY_WITHIN_MS = 90_000;
export const TOKEN = 'the-token-of-the-tests-0123456789';

/**
 * Starts a gateway of its own state with a model of the tests; resolves when it takes connections.
 *
 * `output()` is what it printed. `kill()` ends it as a crash does, `restart()` starts it again on the same port with the
 * same state, `stop()` ends it for good and removes what it wrote.
 *
 * `port: 0` takes any free port. `serveModel` starts another model, `adapt` gets the configuration and returns the
 * one that is used.
 */
export async function startOpenClaw({ port: wished = 0, serveModel = startModel, adapt = same } = {}) {
  const kit = await ensureOpenClaw();
  const folder = mkdtempSync(join(tmpdir(), 'openclaw-'));
  const model = await serveModel();
  const port = wished || (await freePort());
  for (const name of ['home', 'state', 'temporary', 'workspace']) mkdirSync(join(folder, name));
  const configuration = join(folder, 'state', 'openclaw.json');
  writeFileSync(configuration, JSON.stringify(adapt(configurationOf(folder, port, model.url))));
  let output = '';
  let child;
  const begin = async () => {
    child = launch(kit, folder, configuration, (text) => (output += text));
    await ready(port, child, () => output);
  };
  const end = async () => {
    await stop(child);
    await model.close();
    rmSync(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
  };
  try {
    await begin();
  } catch (error) {
    await end();
    throw error;
  }
  return {
    url: `ws://127.0.0.1:${port}`,
    token: TOKEN,
    output: () => output,
    kill: () => {
      const gone = new Promise((resolve) => child.once('exit', resolve));
      process.kill(-child.pid, 'SIGKILL');
      return gone;
    },
    restart: begin,
    stop: end,
  };
}

const same = (configuration) => configuration;

function launch({ node, gateway }, folder, configuration, keep) {
  const compileCache = join(kitDir, 'compile-cache');
  mkdirSync(compileCache, { recursive: true });
  // Nothing of the environment is passed on, so that no key of a real provider is.
  const variables = {
    PATH: `${dirname(node)}:/usr/bin:/bin`,
    HOME: join(folder, 'home'),
    LANG: 'C.UTF-8',
    TMPDIR: join(folder, 'temporary'),
    OPENCLAW_STATE_DIR: join(folder, 'state'),
    OPENCLAW_CONFIG_PATH: configuration,
    NODE_COMPILE_CACHE: compileCache,
    OPENCLAW_DISABLE_BUNDLED_PLUGINS: '1',
    OPENCLAW_NO_RESPAWN: '1',
    OPENCLAW_NO_AUTO_UPDATE: '1',
    OPENCLAW_DISABLE_BONJOUR: '1',
    OPENCLAW_SKIP_CHANNELS: '1',
    OPENCLAW_SKIP_GMAIL_WATCHER: '1',
    OPENCLAW_SKIP_BROWSER_CONTROL_SERVER: '1',
    OPENCLAW_EXEC_SHELL_SNAPSHOT: '0',
    DO_NOT_TRACK: '1',
    CI: '1',
  };
  const settings = Object.entries(variables).map(([name, value]) => `${name}=${value}`);
  const child = start('env', ['-i', ...settings, node, gateway, 'gateway', 'run'], {
    cwd: dirname(dirname(dirname(gateway))),
  });
  child.stdout.on('data', keep);
  child.stderr.on('data', keep);
  return child;
}

async function ready(port, child, output) {
  const deadline = Date.now() + READY_WITHIN_MS;
  while (Date.now() < deadline) {
    if (child.exitCode !== null)
      throw new Error(`The gateway ended with code ${child.exitCode}:\n${output()}`);
    const answer = await fetch(`http://127.0.0.1:${port}/readyz`).catch(() => undefined);
    if (answer?.ok) return;
    await sleep(200);
  }
  throw new Error(`The gateway was not ready after ${READY_WITHIN_MS / 1000} s:\n${output()}`);
}

function configurationOf(folder, port, modelUrl) {
  const cost = { input: 0, output: 0, cacheRead: 0, cacheWrite: 0 };
  const limits = { contextWindow: 128_000, maxTokens: 4_096 };
  const model = { id: 'mock-1', name: 'Mock', reasoning: false, input: ['text'], cost, ...limits };
  const provider = { baseUrl: modelUrl, apiKey: 'none', api: 'openai-completions', models: [model] };
  return {
    gateway: {
      mode: 'local',
      port,
      bind: 'loopback',
      auth: { mode: 'token', token: TOKEN },
      controlUi: { enabled: false },
      terminal: { enabled: false },
    },
    logging: { file: join(folder, 'openclaw.log') },
    discovery: { mdns: { mode: 'off' } },
    update: { checkOnStart: false },
    models: { mode: 'replace', providers: { mock: provider } },
    agents: {
      defaults: {
        workspace: join(folder, 'workspace'),
        skipBootstrap: true,
        // No run starts by itself.
        heartbeat: { every: '0m' },
        model: { primary: 'mock/mock-1' },
      },
    },
    tools: { toolSearch: false },
  };
}

async function freePort() {
  const server = createServer();
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address();
  await new Promise((resolve) => server.close(resolve));
  return port;
}
