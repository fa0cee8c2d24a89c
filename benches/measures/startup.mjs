/**
 * Milliseconds from the import of an entry to the client's first frame, `auth`. The socket is one that opens at once, so
 * that the network is left out. Once per process or page: the second import would be free.
 */
export async function measureStartup({ packageUrl, slimFile }, { entry }) {
  const start = performance.now();
  const { AgentStreamClient, init } = await import(packageUrl + (entry === 'slim' ? slimFile : 'index.mjs'));
  const imported = performance.now();
  await init?.();
  const text = await new Promise((resolve) => {
    const client = new AgentStreamClient({
      gatewayUrl: 'ws://bench',
      operationId: 'op_bench',
      token: 'token',
      WebSocket: socketThatSends(resolve),
    });
    client.connect();
  });
  const end = performance.now();
  if (JSON.parse(text).type !== 'auth') throw new Error(`the first frame is ${text}`);
  return { imported: imported - start, authenticated: end - start };
}

function socketThatSends(onFrame) {
  return class {
    readyState = 0;
    constructor() {
      queueMicrotask(() => {
        this.readyState = 1;
        this.onopen({});
      });
    }
    send(text) {
      onFrame(text);
    }
    close() {}
  };
}
