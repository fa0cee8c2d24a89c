import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { run, start, stop } from './process.mjs';
import { targetDir } from './project.mjs';

const READY = /listening on (http:\/\/\S+)/;
const READY_TIMEOUT_MS = 30_000;

/** Builds the development gateway; resolves with the path of the program. */
export async function buildGateway() {
  await run('cargo', ['build', '-p', 'agent-gateway'], { quiet: true, env: { CARGO_TARGET_DIR: targetDir } });
  return join(targetDir, 'debug', process.platform === 'win32' ? 'agent-gateway.exe' : 'agent-gateway');
}

/**
 * Starts the development gateway; `port: 0` takes any free port, `args` are further options of its command line.
 *
 * Resolves with `{ url, child, stop }` when it accepts connections. Rejects with what it printed when it ends before.
 */
export async function startGateway({ program, port = 0, echo = false, args = [] }) {
  const child = start(program, ['--dev', '--port', String(port), ...args]);
  const printed = [];
  const keep = (line) => {
    printed.push(line);
    if (printed.length > 50) printed.shift();
    if (echo) console.log(`gateway | ${line}`);
  };
  createInterface({ input: child.stderr }).on('line', keep);
  const url = await new Promise((resolve, reject) => {
    const fail = (why) => reject(new Error(`The gateway ${why}:\n${printed.join('\n')}`));
    const timer = setTimeout(
      () => fail(`did not start within ${READY_TIMEOUT_MS / 1000} s`),
      READY_TIMEOUT_MS,
    );
    child.once('error', (error) => fail(`cannot be started (${error.message})`));
    child.once('close', (code) => fail(`ended with code ${code}`));
    createInterface({ input: child.stdout }).on('line', (line) => {
      keep(line);
      const match = line.match(READY);
      if (!match) return;
      clearTimeout(timer);
      resolve(match[1]);
    });
  });
  return { url, child, stop: () => stop(child) };
}
