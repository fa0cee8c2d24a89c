import { spawn } from 'node:child_process';
import { root } from './project.mjs';

const REPORT_EVERY_MS = 15_000;
const KILL_AFTER_MS = 5_000;

export class CommandError extends Error {
  constructor(message, output) {
    super(message);
    this.name = 'CommandError';
    this.output = output;
  }
}

/**
 * Runs a command to its end and resolves with what it printed (stdout and stderr together).
 *
 * Options: `cwd`, `env` (added to the environment), `timeoutMs` (default 15 minutes), `quiet` (print nothing unless it
 * fails; a line every 15 seconds says that it still runs). Rejects with a CommandError.
 */
export function run(command, args, { cwd = root, env = {}, timeoutMs = 15 * 60_000, quiet = false } = {}) {
  const title = [command, ...args].join(' ');
  return new Promise((resolve, reject) => {
    const started = Date.now();
    const child = start(command, args, { cwd, env });
    let output = '';
    const collect = (stream) => (chunk) => {
      output += chunk;
      if (!quiet) stream.write(chunk);
    };
    child.stdout.on('data', collect(process.stdout));
    child.stderr.on('data', collect(process.stderr));

    const progress = setInterval(() => {
      if (quiet) console.log(`  … ${shorten(title)} (${seconds(started)})`);
    }, REPORT_EVERY_MS);
    let timedOut = false;
    const timer = setTimeout(() => {
      timedOut = true;
      stop(child);
    }, timeoutMs);

    const finish = (problem) => {
      clearInterval(progress);
      clearTimeout(timer);
      if (!problem) return resolve(output);
      if (quiet) process.stderr.write(output);
      reject(new CommandError(`${problem}: ${title}`, output));
    };
    child.on('error', (error) =>
      finish(error.code === 'ENOENT' ? `${command} is not installed` : error.message),
    );
    child.on('close', (code, signal) => {
      if (timedOut) return finish(`No end after ${timeoutMs / 1000} s`);
      finish(code === 0 ? undefined : `Ended with ${signal ?? `code ${code}`}`);
    });
  });
}

/** Starts a command in its own process group, so that `stop` reaches its children too. It ends with this process. */
export function start(command, args, { cwd = root, env = {}, stdio = ['ignore', 'pipe', 'pipe'] } = {}) {
  const child = spawn(command, args, {
    cwd,
    env: { ...process.env, ...env },
    stdio,
    detached: process.platform !== 'win32',
  });
  endWithThisProcess(child);
  return child;
}

/** Ends a started command and its children; resolves when it is gone. */
export function stop(child) {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null)
    return Promise.resolve();
  return new Promise((resolve) => {
    const kill = setTimeout(() => signal(child, 'SIGKILL'), KILL_AFTER_MS);
    child.once('exit', () => {
      clearTimeout(kill);
      resolve();
    });
    signal(child, 'SIGTERM');
  });
}

/** Says whether a command can be started, and what it prints. */
export async function probe(command, args) {
  return new Promise((resolve) => {
    const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'ignore'], timeout: 30_000 });
    let output = '';
    child.stdout.on('data', (chunk) => (output += chunk));
    child.on('error', () => resolve(undefined));
    child.on('close', (code) => resolve(code === 0 ? output : undefined));
  });
}

/** Seconds since a moment, for people. */
export function seconds(since) {
  return `${((Date.now() - since) / 1000).toFixed(1)} s`;
}

const running = new Set();

function endWithThisProcess(child) {
  if (running.size === 0 && process.listenerCount('exit', endAll) === 0) {
    process.on('exit', endAll);
    for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
      if (process.listenerCount(name) === 0) process.on(name, () => process.exit(130));
    }
  }
  running.add(child);
  child.once('exit', () => running.delete(child));
}

function endAll() {
  for (const child of running) signal(child, 'SIGKILL');
}

function signal(child, name) {
  if (child.pid === undefined) return;
  try {
    if (process.platform === 'win32') child.kill(name);
    else process.kill(-child.pid, name);
  } catch (error) {
    if (error.code !== 'ESRCH') throw error;
  }
}

function shorten(title) {
  return title.length > 70 ? `${title.slice(0, 67)}…` : title;
}
