import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { run, start, stop } from '../lib/process.mjs';
import { freePort } from '../lib/serve.mjs';
import { ensureOpenClaw, kitDir, RELEASE } from './install.mjs';
import { serveModel } from './model-server.mjs';
import { turnOf as turnOfTests } from './model.mjs';

const READY_WITHIN_MS = 90_000;
const COMMAND_WITHIN_MS = 60_000;
export const TOKEN = 'the-token-of-the-tests-0123456789';

/**
 * Starts a gateway of its own state with a scripted model; resolves when it takes connections.
 *
 * `output()` is what it printed. `kill()` ends it as a crash does, `end()` as its owner would; `restart()` starts it again
 * on the same port with the same state and resolves with the time of its first answer; `stop()` ends it for good and
 * removes what it wrote. `command(args)` runs its command line, `changeToken(token)` has it take another token.
 *
 * `port: 0` takes any free port. `turnOf` is what the model says (as for `serveModel`; default: for the tests), `adapt`
 * gets the configuration and returns the one that is used.
 */
export async function startOpenClaw({
  release = RELEASE,
  port: wished = 0,
  turnOf = turnOfTests,
  adapt = same,
} = {}) {
  const kit = { release, ...(await ensureOpenClaw(release)) };
  const folder = mkdtempSync(join(tmpdir(), 'openclaw-'));
  const model = await serveModel(turnOf);
  const port = wished || (await freePort());
  for (const name of ['home', 'state', 'temporary', 'workspace']) mkdirSync(join(folder, name));
  const configuration = join(folder, 'state', 'openclaw.json');
  let token = TOKEN;
  const configure = () => {
    const common = configurationOf(release, folder, port, model.url, token);
    writeFileSync(configuration, JSON.stringify(adapt(common)));
  };
  configure();
  let output = '';
  let child;
  const begin = () => {
    child = launch(kit, folder, configuration, ['gateway', 'run']);
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (text) => (output += text));
    return ready(port, child, () => output);
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
    get token() {
      return token;
    },
    output: () => output,
    kill: () => {
      const gone = new Promise((resolve) => child.once('exit', resolve));
      process.kill(-child.pid, 'SIGKILL');
      return gone;
    },
    end: () => stop(child),
    restart: begin,
    command: (args) => {
      const [program, given] = commandLine(kit, folder, configuration, args);
      return run(program, given, { cwd: folder, quiet: true, timeoutMs: COMMAND_WITHIN_MS });
    },
    changeToken: (next) => {
      token = next;
      configure();
    },
    stop: end,
  };
}

const same = (configuration) => configuration;

function launch(kit, folder, configuration, args) {
  const [program, given] = commandLine(kit, folder, configuration, args);
  return start(program, given, { cwd: dirname(dirname(dirname(kit.gateway))) });
}

function commandLine({ node, gateway, release }, folder, configuration, args) {
  const compileCache = join(kitDir(release), 'compile-cache');
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
  return ['env', ['-i', ...settings, node, gateway, ...args]];
}

async function ready(port, child, output) {
  const deadline = Date.now() + READY_WITHIN_MS;
  while (Date.now() < deadline) {
    if (child.exitCode !== null)
      throw new Error(`The gateway ended with code ${child.exitCode}:\n${output()}`);
    const answer = await fetch(`http://127.0.0.1:${port}/readyz`).catch(() => undefined);
    if (answer?.ok) return Date.now();
    await sleep(50);
  }
  throw new Error(`The gateway was not ready after ${READY_WITHIN_MS / 1000} s:\n${output()}`);
}

function configurationOf(release, folder, port, modelUrl, token) {
  // Older releases refuse what they do not know.
  const isPresent = release === RELEASE;
  const cost = { input: 0, output: 0, cacheRead: 0, cacheWrite: 0 };
  const limits = { contextWindow: 128_000, maxTokens: 4_096 };
  const model = { id: 'mock-1', name: 'Mock', reasoning: false, input: ['text'], cost, ...limits };
  const provider = { baseUrl: modelUrl, apiKey: 'none', api: 'openai-completions', models: [model] };
  return {
    gateway: {
      mode: 'local',
      port,
      bind: 'loopback',
      auth: { mode: 'token', token },
      controlUi: { enabled: false },
      ...(isPresent && {
        terminal: { enabled: false },
        nodes: { commands: { allow: ['demo.echo', 'demo.slow'] } },
      }),
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
    ...(isPresent && {
      tools: { toolSearch: false },
      // Where it cleans the database of an agent up as the agent first answers, the agent may never answer at all:
      // "Agent database cleanup failed".
      session: { maintenance: { mode: 'warn' } },
    }),
  };
}
