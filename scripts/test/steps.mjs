import { readdirSync } from 'node:fs';
import { get } from 'node:http';
import { join } from 'node:path';
import { buildPackage } from '../build.mjs';
import { buildLeptosChat } from '../build/leptos.mjs';
import { buildGateway, startGateway } from '../lib/gateway.mjs';
import { CommandError, run } from '../lib/process.mjs';
import { root, targetDir } from '../lib/project.mjs';
import { freePort } from '../lib/serve.mjs';
import { ensureOpenClaw } from '../openclaw/install.mjs';
import { packTarball } from '../pack.mjs';
import {
  ensureBrowserTools,
  ensureChromium,
  ensureFirefox,
  findChromedriver,
  findChromium,
} from '../tools.mjs';
import { cargoCounts, nodeCounts } from './counts.mjs';
import { lintChecks } from './lint.mjs';

const MINUTE = 60_000;
const NUDGE_EVERY_MS = 2_000;

/**
 * The steps of a whole test run, in order. `run` gets `{ timeoutMs }` and resolves with `{ passed, failed }`; a thrown
 * error counts as one failure.
 */
export const steps = [
  { name: 'package', limitMs: 20 * MINUTE, run: buildAndPack },
  { name: 'lint', limitMs: 25 * MINUTE, run: lint },
  {
    name: 'native',
    limitMs: 25 * MINUTE,
    run: (limits) => cargoTest(['-p', 'agent-gateway-client'], limits),
  },
  { name: 'gateway', limitMs: 20 * MINUTE, run: (limits) => cargoTest(['-p', 'agent-gateway'], limits) },
  { name: 'agent-run', limitMs: 15 * MINUTE, run: (limits) => cargoTest(['-p', 'agent-run'], limits) },
  {
    name: 'facade',
    limitMs: 5 * MINUTE,
    run: (limits) => nodeTest('tests/facade', { ...limits, hasBrowser: false }),
  },
  {
    name: 'types',
    limitMs: 5 * MINUTE,
    run: (limits) => nodeTest('tests/types', { ...limits, hasBrowser: false }),
  },
  { name: 'browser', limitMs: 25 * MINUTE, run: browser },
  {
    name: 'consumers',
    limitMs: 15 * MINUTE,
    run: (limits) => withGateway(nodeTest, 'tests/consumers', limits),
  },
  { name: 'page', limitMs: 15 * MINUTE, run: (limits) => withGateway(nodeTest, 'tests/page', limits) },
  { name: 'leptos', limitMs: 25 * MINUTE, run: leptos },
  { name: 'fleet', limitMs: 10 * MINUTE, run: fleet },
  // The gateway is installed first, where it is not yet: 0.9 GB.
  { name: 'openclaw', limitMs: 35 * MINUTE, run: openclaw },
];

/** The compiler of a front-end framework is no part of the time that its tests have. */
async function leptos(limits) {
  await buildLeptosChat();
  return withGateway(nodeTest, 'tests/leptos', limits);
}

async function lint({ timeoutMs }) {
  const deadline = Date.now() + timeoutMs;
  let passed = 0;
  let failed = 0;
  for (const [title, command, args, env] of lintChecks()) {
    const ok = await run(command, args, {
      env: { CARGO_TARGET_DIR: targetDir, ...env },
      quiet: true,
      timeoutMs: Math.max(1, deadline - Date.now()),
    }).then(
      () => true,
      (error) => {
        console.error(error.message);
        return false;
      },
    );
    console.log(`${ok ? '✔' : '✖'} ${title}`);
    if (ok) passed++;
    else failed++;
  }
  return { passed, failed };
}

function cargoTest(args, { timeoutMs }) {
  const env = { CARGO_TARGET_DIR: targetDir };
  return counted(cargoCounts, run('cargo', ['test', '--no-fail-fast', ...args], { env, timeoutMs }));
}

async function buildAndPack() {
  await buildPackage();
  await packTarball();
  return { passed: 1, failed: 0 };
}

/**
 * Tests of a folder. Those with a browser end at once when they are done, whatever it still holds; that may cut off the
 * last lines of a file, so the others end by themselves.
 */
function nodeTest(folder, { timeoutMs, env = {}, fileLimitMs = 4 * MINUTE, hasBrowser = true }) {
  const files = readdirSync(join(root, folder)).filter((file) => file.endsWith('.test.mjs'));
  if (files.length === 0) throw new Error(`${folder} holds no tests`);
  const args = [
    '--test',
    '--test-reporter=spec',
    '--test-concurrency=1',
    ...(hasBrowser ? ['--test-force-exit'] : []),
    `--test-timeout=${Math.min(timeoutMs, fileLimitMs)}`,
  ];
  return counted(
    nodeCounts,
    run(process.execPath, [...args, ...files.map((file) => join(folder, file))], { env, timeoutMs }),
  );
}

async function openclaw({ timeoutMs }) {
  const started = Date.now();
  await ensureChromium();
  await ensureFirefox();
  await ensureOpenClaw();
  const left = Math.max(1, timeoutMs - (Date.now() - started));
  return nodeTest('tests/openclaw-live', { timeoutMs: left, fileLimitMs: 10 * MINUTE });
}

async function browser({ timeoutMs }) {
  await ensureBrowserTools();
  const driver = ['--headless', '--chrome', '--chromedriver', findChromedriver()];
  const args = ['test', ...driver, '--', '--features', 'run', '--test', 'browser'];
  const address = `127.0.0.1:${await freePort()}`;
  const settings = {
    CARGO_TARGET_DIR: targetDir,
    WASM_BINDGEN_TEST_ADDRESS: address,
    WASM_BINDGEN_TEST_TIMEOUT: '180',
  };
  return withGateway(
    (_, { env }) => {
      const running = run('wasm-pack', args, { env: { ...env, ...settings }, timeoutMs });
      return counted(cargoCounts, nudging(`http://${address}/`, running));
    },
    undefined,
    {},
  );
}

/**
 * Connects to the server of the test runner now and then, as long as it runs.
 *
 * Of several connections at once its pool of threads may leave one waiting until another ends, and those of a browser
 * do not end: the page of the tests never loads. A connection that comes and goes frees a thread for it.
 */
function nudging(url, running) {
  const nudge = () => {
    // Without an agent the connection ends with the answer.
    const request = get(url, { agent: false, timeout: NUDGE_EVERY_MS }, (response) => response.resume());
    request.once('timeout', () => request.destroy());
    // The server is not there yet, or not any more.
    request.on('error', () => {});
  };
  const timer = setInterval(nudge, NUDGE_EVERY_MS);
  return running.finally(() => clearInterval(timer));
}

async function fleet(limits) {
  await ensureChromium();
  return nodeTest('tests/fleet', { ...limits, env: { CHROMIUM: findChromium() } });
}

/** Runs tests with a gateway of their own, whose address they find in AGENT_GATEWAY_URL. */
async function withGateway(test, folder, limits) {
  await ensureChromium();
  const gateway = await startGateway({ program: await buildGateway() });
  try {
    return await test(folder, {
      ...limits,
      env: { AGENT_GATEWAY_URL: gateway.url, CHROMIUM: findChromium() },
    });
  } finally {
    await gateway.stop();
  }
}

/** Counts also what a failed command printed; a failure that no test reports counts as one. */
async function counted(count, running) {
  try {
    const counts = count(await running);
    if (counts.passed + counts.failed > 0) return counts;
    throw new Error('No test ran');
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    console.error(error.message);
    const { passed, failed } = count(error.output);
    return { passed, failed: Math.max(failed, 1) };
  }
}
