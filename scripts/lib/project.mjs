import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('../..', import.meta.url));
export const targetDir = resolve(root, process.env.CARGO_TARGET_DIR || 'target');
/** Intermediate files of the npm build. */
export const workDir = join(targetDir, 'npm');
/** The package as it is published. */
export const packageDir = join(root, 'pkg');
/** Where tarballs are put. */
export const distDir = join(root, 'dist');

/** What every browser of the tests and benches is started with; wasm-pack reads the same file. */
export const CHROMIUM_FLAGS = JSON.parse(readFileSync(join(root, 'webdriver.json'), 'utf8'))[
  'goog:chromeOptions'
].args;

/** The version of the published package: that of the crate. */
export function packageVersion() {
  return capture('Cargo.toml', /^version = "([^"]+)"/m);
}

/** The version of a crate in Cargo.lock, or in another lock file. */
export function lockedVersion(crate, lockFile = 'Cargo.lock') {
  return capture(lockFile, new RegExp(`name = "${crate}"\\r?\\nversion = "([^"]+)"`));
}

function capture(file, pattern) {
  const match = readFileSync(join(root, file), 'utf8').match(pattern);
  if (!match) throw new Error(`${file} does not match ${pattern}`);
  return match[1];
}
