import { connect, createServer } from 'node:net';

/** Passes everything on to a server, until `cut()` breaks every connection. */
export async function startProxy(target) {
  const { hostname, port } = new URL(target);
  const open = new Set();
  const server = createServer((incoming) => {
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
    url: `http://127.0.0.1:${server.address().port}`,
    cut,
    close: () => new Promise((resolve) => server.close(resolve) && cut()),
  };
}
