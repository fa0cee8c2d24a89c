/**
 * Starts runs of one user, follows all of them over one mux, kills its socket as often as is asked, each time it stands,
 * and tells how each run ended. What is followed is in `globalThis.following`, once something of each was heard.
 */
export async function followAll(GatewayMuxClient, { gateway, userId, runs, kills, speedMs, rotateAfterMs }) {
  const request = async (method, path, body) => {
    const headers = { 'content-type': 'application/json' };
    const response = await fetch(gateway + path, { method, headers, body: body && JSON.stringify(body) });
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`);
    return response.json();
  };
  let sockets = 0;
  class CountedWebSocket extends WebSocket {
    constructor(url) {
      super(url);
      sockets++;
    }
  }
  const mux = new GatewayMuxClient({
    gatewayUrl: gateway,
    keepAlive: true,
    rotateAfterMs,
    WebSocket: CountedWebSocket,
    getToken: async () => (await request('POST', '/dev/tokens', { userId })).token,
    logger: {},
  });
  const statuses = [];
  mux.on('status_changed', (status) => statuses.push(status));

  const followed = [];
  for (let index = 0; index < runs; index++) {
    const script = ['long', 'markdown', 'members', 'failing'][index % 4];
    const run = await request('POST', '/dev/runs', { script, userId, speedMs });
    followed.push(follow(mux, run.operationId));
  }
  await mux.connect();
  await Promise.all(followed.map(({ begun }) => begun));
  globalThis.following = { userId, operationIds: followed.map(({ id }) => id) };
  for (let kill = 0; kill < kills; kill++) {
    await mux.whenState('connected');
    await sleep(Math.random() * 300);
    await request('POST', `/dev/users/${userId}/faults`, { drop: true });
    await sleep(20);
  }
  const ended = await Promise.all(
    followed.map(async ({ id, subscription, seen }) => {
      const { status } = await subscription.done;
      const { text, outcome } = await request('GET', `/dev/runs/${id}`);
      return { ...seen, status, truth: { text, outcome } };
    }),
  );
  const told = [...statuses];
  mux.dispose();
  return { runs: ended, sockets, statuses: told };
}

function follow(mux, id) {
  const subscription = mux.subscribe(id, { executor: true });
  const seen = { ends: 0, resets: 0, statuses: [], text: '' };
  subscription.on('status_changed', (status) => seen.statuses.push(status));
  subscription.on('agent_event', ({ type, operationId, data }) => {
    if (type === 'stream_chunk' && operationId === id && data.chunkType === 'text') seen.text += data.content;
  });
  subscription.on('session_complete', () => seen.ends++);
  subscription.on('continuity', ({ kind }) => (seen.resets += kind === 'reset' ? 1 : 0));
  const begun = new Promise((resolve) => subscription.on('agent_event', resolve));
  return { begun, id, subscription, seen };
}

const sleep = (millis) => new Promise((resolve) => setTimeout(resolve, millis));
