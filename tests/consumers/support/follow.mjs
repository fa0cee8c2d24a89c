/** Follows a development run to its end; says whether the streamed text is what the gateway streamed. */
export async function follow(AgentStreamClient, gateway, options = {}) {
  const { gatewayUrl, operationId, token } = await json(`${gateway}/dev/runs`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ script: 'markdown', prompt: 'Tell me something', speedMs: 2 }),
  });
  const client = new AgentStreamClient({ gatewayUrl, operationId, token, ...options });
  let text = '';
  client.on('agent_event', ({ type, data }) => {
    if (type === 'stream_chunk' && data.chunkType === 'text') text += data.content;
  });
  client.connect();
  const { status, succeeded } = await client.done;
  client.dispose();
  const run = await json(`${gateway}/dev/runs/${operationId}`);
  return { status, succeeded, hasText: text.length > 100, isWhole: text === run.text };
}

async function json(url, init) {
  const response = await fetch(url, init);
  if (!response.ok) throw new Error(`${url} was answered with status ${response.status}`);
  return response.json();
}
