import { connect, createServer } from 'node:net';

/**
 * Passes everything on to a server, until `cut()` breaks every connection. `connections()` counts those that reached it.
 */
export async function startProxy(target) {
  const { hostname, port, protocol } = new URL(target);
  const open = new Set();
  let connections = 0;
  const server = createServer((incoming) => {
    connections += 1;
    const outgoing = connect(Number(port), hostname);
    for (const socket of [incoming, outgoing]) {
      open.add(socket);
      socket.on('error', () => {});
      socket.on('close', () => (open.delete(socket), incoming.destroy(), outgoing.destroy()));
    }
    incoming.pipe(outgoing).pipe(incoming);
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const cut = () => open.forEach((socket) => socket.destroy());
  return {
    url: `${protocol}//127.0.0.1:${server.address().port}`,
    connections: () => connections,
    cut,
    close: () => new Promise((resolve) => server.close(resolve) && cut()),
  };
}
