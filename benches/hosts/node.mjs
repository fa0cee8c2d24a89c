import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { ENGINE_FLAGS, withinLimit } from './limits.mjs';

const CHILD = fileURLToPath(new URL('./node-child.mjs', import.meta.url));

/** Node, a process of its own for each session. */
export async function nodeHost(packageFolder) {
  const packageUrl = pathToFileURL(`${packageFolder}/`).href;
  return {
    name: `Node ${process.versions.node}`,
    open: () => openSession(packageUrl),
    close: async () => {},
  };
}

async function openSession(packageUrl) {
  const child = fork(CHILD, [packageUrl], {
    execArgv: ENGINE_FLAGS,
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  return {
    async measure(name, argument) {
      child.send({ name, argument });
      const { result, problem } = await withinLimit(name, nextAnswer(child));
      if (problem) throw new Error(problem);
      return result;
    },
    async close() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const ended = once(child, 'exit');
      child.kill('SIGKILL');
      await ended;
    },
  };
}

async function nextAnswer(child) {
  const ended = new AbortController();
  try {
    const [answer] = await Promise.race([
      once(child, 'message', { signal: ended.signal }),
      once(child, 'exit', { signal: ended.signal }).then(([code]) => [
        { problem: `Node ended with code ${code}` },
      ]),
    ]);
    return answer;
  } finally {
    ended.abort();
  }
}
