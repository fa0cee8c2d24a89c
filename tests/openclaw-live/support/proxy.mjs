import { connect, createServer } from 'node:net';

/** A relay before a gateway; `connections()` counts those that reached it. */
export async function countingProxy(gatewayUrl) {
  const { hostname, port } = new URL(gatewayUrl);
  const sockets = new Set();
  let connections = 0;
  const server = createServer((socket) => {
    connections += 1;
    const beyond = connect(Number(port), hostname);
    for (const [one, other] of [
      [socket, beyond],
      [beyond, socket],
    ]) {
      sockets.add(one);
      one.pipe(other);
      one.on('error', () => other.destroy());
      one.on('close', () => sockets.delete(one) && other.destroy());
    }
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `ws://127.0.0.1:${server.address().port}`,
    connections: () => connections,
    close() {
      const closed = new Promise((resolve) => server.close(resolve));
      for (const socket of sockets) socket.destroy();
      return closed;
    },
  };
}
