// Checks for the tools that a build or a test needs and installs what is missing. `node scripts/tools.mjs` does all.
import { existsSync, lstatSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { probe, run, seconds } from './lib/process.mjs';
import { lockedVersion, root } from './lib/project.mjs';

const WASM_TARGET = 'wasm32-unknown-unknown';
const INSTALL_TIMEOUT_MS = 20 * 60_000;

/** What `npm run build` needs: npm packages, Rust for WebAssembly, wasm-bindgen. */
export async function ensureBuildTools() {
  await ensureNodePackages();
  await ensureWasmTarget();
  await ensureWasmBindgen();
}

/** What the browser tests need besides: wasm-pack, Chromium and its driver. */
export async function ensureBrowserTools() {
  if ((await probe('wasm-pack', ['--version'])) === undefined) {
    await install('wasm-pack', 'cargo', ['install', 'wasm-pack']);
  }
  await ensureChromium();
}

/** Installs the npm packages when there are none, or when the lock is newer. */
export async function ensureNodePackages() {
  const folder = join(root, 'node_modules');
  const installed = join(folder, '.package-lock.json');
  const lock = join(root, 'package-lock.json');
  if (existsSync(installed) && statSync(installed).mtimeMs >= statSync(lock).mtimeMs) return;
  if (lstatSync(folder, { throwIfNoEntry: false })?.isSymbolicLink()) {
    throw new Error(
      'node_modules is a link, and installing would empty the folder behind it: remove the link first',
    );
  }
  await install('npm packages', ...npm(['ci']));
}

/** Chromium and its driver, from the distribution's packages when missing. */
export async function ensureChromium() {
  const isThere = () => findChromium() && findChromedriver();
  await ensureFromDistribution(
    'chromium',
    isThere,
    ['chromium', 'chromium-driver'],
    'CHROMIUM and CHROMEDRIVER',
  );
}

/** Firefox, from the distribution's packages when missing. */
export async function ensureFirefox() {
  await ensureFromDistribution('firefox', findFirefox, ['firefox-esr'], 'FIREFOX');
}

async function ensureFromDistribution(name, isThere, packages, variables) {
  if (isThere()) return;
  const mayInstall = process.getuid?.() === 0 && (await probe('apt-get', ['--version'])) !== undefined;
  if (!mayInstall) {
    throw new Error(
      `needs ${name}: install it (Debian: apt-get install ${packages.join(' ')}), or set ${variables} to where it is`,
    );
  }
  const env = { DEBIAN_FRONTEND: 'noninteractive' };
  await install('package lists', 'apt-get', ['update'], env);
  await install(name, 'apt-get', ['install', '-y', '--no-install-recommends', ...packages], env);
  if (!isThere()) throw new Error(`needs ${name}: it was installed but is not found`);
}

/** The path of Chromium, if there is one. */
export function findChromium() {
  return firstExisting(
    process.env.CHROMIUM,
    '/usr/bin/chromium',
    '/usr/bin/chromium-browser',
    '/usr/bin/google-chrome',
  );
}

/** The path of Firefox, if there is one. */
export function findFirefox() {
  return firstExisting(process.env.FIREFOX, '/usr/bin/firefox-esr', '/usr/bin/firefox');
}

/** The path of chromedriver, if there is one. */
export function findChromedriver() {
  return firstExisting(process.env.CHROMEDRIVER, '/usr/bin/chromedriver', '/usr/local/bin/chromedriver');
}

/** The command line that runs npm, also where it is not on the path. */
export function npm(args) {
  const { npm_execpath: script } = process.env;
  if (script?.endsWith('.js')) return [process.execPath, [script, ...args]];
  return [process.platform === 'win32' ? 'npm.cmd' : 'npm', args];
}

async function ensureWasmTarget() {
  const libraries = await probe('rustc', ['--print', 'target-libdir', '--target', WASM_TARGET]);
  if (libraries === undefined) throw new Error('needs Rust: install it with rustup, see https://rustup.rs');
  if (existsSync(libraries.trim())) return;
  await install(`Rust target ${WASM_TARGET}`, 'rustup', ['target', 'add', WASM_TARGET]);
}

async function ensureWasmBindgen() {
  const version = lockedVersion('wasm-bindgen');
  const installed = await probe('wasm-bindgen', ['--version']);
  if (installed?.trim().split(/\s+/)[1] === version) return;
  // Glue and crate speak a private format: only the same version fits.
  await install(`wasm-bindgen ${version}`, 'cargo', ['install', 'wasm-bindgen-cli', '--version', version]);
}

async function install(what, command, args, env = {}) {
  const started = Date.now();
  console.log(`tools: installing ${what}`);
  await run(command, args, { quiet: true, timeoutMs: INSTALL_TIMEOUT_MS, env });
  console.log(`tools: ${what} installed (${seconds(started)})`);
}

function firstExisting(...paths) {
  return paths.find((path) => path && existsSync(path));
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  try {
    await ensureBuildTools();
    await ensureBrowserTools();
    console.log('tools: everything is there');
  } catch (error) {
    console.error(`tools: ${error.message}`);
    process.exit(1);
  }
}
