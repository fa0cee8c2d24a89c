import { createServer } from 'node:net';

/** The port that an option names. */
export function portOf(values, name) {
  const port = Number(values[name]);
  if (Number.isInteger(port) && port >= 1 && port <= 65535) return port;
  throw new Error(`--${name} must be a port from 1 to 65535, not ${values[name]}`);
}

/** Rejects where a port is taken; `option` is the beginning of the command that chooses another. */
export async function requireFree(port, option) {
  const error = await new Promise((resolve) => {
    const server = createServer();
    server.once('error', resolve);
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(undefined)));
  });
  if (!error) return;
  if (error.code !== 'EADDRINUSE') throw error;
  throw new Error(`port ${port} is taken; choose another: ${option} ${port + 1}`);
}
