import { createServer } from 'node:net';
import { root } from './project.mjs';

/** The port of an option of the command line. */
export function portOf(values, name) {
  const port = Number(values[name]);
  if (Number.isInteger(port) && port >= 1 && port <= 65535) return port;
  throw new Error(`--${name} must be a port from 1 to 65535, not ${values[name]}`);
}

/** Rejects with the option that chooses another port where this one is taken. */
export async function requireFree(port, command, option) {
  const error = await new Promise((resolve) => {
    const server = createServer();
    server.once('error', resolve);
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(undefined)));
  });
  if (!error) return;
  if (error.code !== 'EADDRINUSE') throw error;
  throw new Error(`port ${port} is taken; choose another: ${command} -- ${option} ${port + 1}`);
}

/** A port that nobody listens on. */
export async function freePort() {
  const server = createServer();
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address();
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** Serves a page of examples/ as a developer sees it, allowed to reach this gateway; resolves with its address. */
export async function servePage(example, port, gatewayUrl) {
  process.env.VITE_GATEWAY_URL = gatewayUrl;
  // Loaded late: before `ensureBuildTools` the npm packages may be missing.
  const { createServer: createVite } = await import('vite');
  const server = await createVite({
    root: `${root}examples/${example}`,
    configFile: `${root}examples/${example}/vite.config.ts`,
    server: { port, strictPort: true, host: '127.0.0.1' },
    clearScreen: false,
    logLevel: 'warn',
  });
  await server.listen();
  return `http://127.0.0.1:${port}/`;
}
