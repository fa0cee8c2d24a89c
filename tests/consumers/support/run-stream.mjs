/**
 * Starts a run whose sockets are blocked, and tells what the page had of it: `by` the gateway, which refuses them, or by a
 * constructor that throws. What it shows is in `globalThis.shownText`.
 */
export async function runStream({ ChatRun, AgentStreamClient }, { gateway, script, speedMs, by, serverUrl }) {
  const request = async (method, path, body) => {
    const headers = { 'content-type': 'application/json' };
    const response = await fetch(gateway + path, { method, headers, body: body && JSON.stringify(body) });
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`);
    return response.json();
  };
  class BlockedWebSocket {
    constructor() {
      throw new Error('The page may open no sockets');
    }
  }
  const tool = () => 'the page ran it';
  const run = new ChatRun({
    gatewayUrl: gateway,
    serverUrl,
    WebSocket: by === 'constructor' ? BlockedWebSocket : undefined,
    tools: { demo: { getTime: tool } },
    interrupt: (operationId) => request('POST', `/dev/runs/${operationId}/interrupt`),
    getToken: async ({ operationId }) => (await request('POST', `/dev/runs/${operationId}/token`)).token,
    logger: {},
    async start() {
      const started = await request('POST', '/dev/runs', { script, speedMs, userId: `streamed-by-${by}` });
      const { operationId } = started;
      if (by === 'gateway') {
        await request('POST', `/dev/runs/${operationId}/faults`, { refuseConnections: true });
      } else answerTools(AgentStreamClient, started);
      return started;
    },
  });
  const errors = [];
  const ids = [];
  const texts = [];
  run.on('error', ({ code }) => errors.push(code));
  run.on('agent_event', ({ id }) => ids.push(id));
  run.transcript.subscribe(() => texts.push((globalThis.shownText = textOf(run))));
  run.submit();
  const { ending, verdict } = await run.done;
  const { transport, operationId } = run.getSnapshot();
  const { text, outcome } = await request('GET', `/dev/runs/${operationId}`);
  const { messages } = run.transcript.getSnapshot();
  const tools = messages.flatMap(({ parts }) => parts).filter(({ type }) => type === 'tool');
  return {
    ending,
    errors,
    repeated: ids.length - new Set(ids).size,
    grewBy: new Set(texts).size,
    text: textOf(run),
    tools: tools.map(({ phase }) => phase),
    transport,
    truth: { text, outcome },
    verdict,
  };
}

/** Another client, whose sockets come through. */
function answerTools(AgentStreamClient, { gatewayUrl, operationId, token }) {
  const client = new AgentStreamClient({ gatewayUrl, operationId, token, logger: {} });
  client.on('agent_event', ({ type, data }) => {
    if (type !== 'tool_execute') return;
    client.sendToolResult({ toolCallId: data.toolCallId, content: 'another client ran it', success: true });
  });
  client.connect();
}

function textOf(run) {
  const { messages } = run.transcript.getSnapshot();
  const texts = messages.flatMap(({ parts }) => parts).filter(({ type }) => type === 'text');
  return texts.map(({ text }) => text).join('');
}
