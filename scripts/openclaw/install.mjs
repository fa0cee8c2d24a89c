import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { run, seconds } from '../lib/process.mjs';
import { npm } from '../tools.mjs';

/** The release that the tests are written against, and one that speaks version 3 of the protocol only. */
export const RELEASE = '2026.9.6';
export const RELEASE_OF_PROTOCOL_3 = '2026.4.9';
/** A Node that both run on. */
const NODE_RELEASE = '24.21.0';
const INSTALL_TIMEOUT_MS = 15 * 60_000;

const cache = process.env.XDG_CACHE_HOME || join(homedir(), '.cache');
/** Where a release is kept, outside the repository: 0.9 GB, and 1.1 GB. */
export const kitDir = (release) => join(cache, 'agent-gateway-client', `openclaw-${release}`);

/** Packages that a release names and npm does not have, and what stands in for them. */
const OVERRIDES = { [RELEASE_OF_PROTOCOL_3]: { cssomnom: 'npm:rrweb-cssom@0.8.0' } };

/** Installs a gateway and its Node from npm, once; resolves with the paths of both. */
export async function ensureOpenClaw(release = RELEASE) {
  const node = await installed(join(kitDir(RELEASE), 'node'), `node-${platformName()}@${NODE_RELEASE}`, [
    'node_modules',
    `node-${platformName()}`,
    'bin',
    'node',
  ]);
  const gateway = await installed(
    join(kitDir(release), 'gateway'),
    `openclaw@${release}`,
    ['node_modules', 'openclaw', 'openclaw.mjs'],
    OVERRIDES[release],
  );
  return { node, gateway };
}

async function installed(cwd, what, path, overrides = {}) {
  const file = join(cwd, ...path);
  // Written last: an installation that was interrupted is begun again.
  const done = join(cwd, 'installed');
  if (existsSync(done) && existsSync(file)) return file;
  const started = Date.now();
  console.log(`openclaw: installing ${what} into ${cwd}`);
  mkdirSync(cwd, { recursive: true });
  writeFileSync(join(cwd, 'package.json'), JSON.stringify({ private: true, overrides }));
  const options = ['--ignore-scripts', '--no-audit', '--no-fund', '--engine-strict=false'];
  const [command, args] = npm(['install', what, ...options]);
  await run(command, args, { cwd, quiet: true, timeoutMs: INSTALL_TIMEOUT_MS }).catch((error) => {
    throw new Error(
      `needs ${what} from the npm registry, which could not be installed into ${cwd}. Is the registry reachable ` +
        `(npm ping)? Once the package is there it is kept. ${error.message}`,
    );
  });
  writeFileSync(done, what);
  console.log(`openclaw: ${what} is installed (${seconds(started)})`);
  return file;
}

function platformName() {
  const { arch, platform } = process;
  if (['linux', 'darwin'].includes(platform) && ['x64', 'arm64'].includes(arch)) {
    return `${platform}-${arch}`;
  }
  throw new Error(`The gateway is not tested on ${platform} ${arch}`);
}
