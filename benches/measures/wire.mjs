export const OPERATION = 'op_bench';

/** A constructor of sockets that do nothing, and the last that was made. */
export function stubSocket() {
  let last;
  class WebSocket {
    readyState = 0;
    constructor() {
      last = this;
    }
    send() {}
    close() {}
    open() {
      this.readyState = 1;
      this.onopen({});
    }
  }
  return { WebSocket, socket: () => last };
}

/** The text of a chunk of this many bytes, which no other id has; on v2 it names its `operationId`. */
export function chunkFrame(id, size, operationId) {
  const text = (content) =>
    JSON.stringify({
      event: {
        data: { chunkType: 'text', content },
        operationId: OPERATION,
        stepIndex: 0,
        timestamp: 1_790_000_000_000 + id,
        type: 'stream_chunk',
      },
      id: String(id),
      operationId,
      type: 'agent_event',
    });
  const content = `${id} `;
  return text(content + 'x'.repeat(Math.max(0, size - text(content).length)));
}
