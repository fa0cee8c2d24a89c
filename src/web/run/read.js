// Reads the events that most of an answer consists of, in one step.

const NONE = 0;
const TEXT = 1;
const REASONING = 2;

/** What an event appends to: the text or the reasoning of the operation's own answer. `NONE` for every other event. */
export function pieceKind({ data, operationId, type }, ownId) {
  if (type !== 'stream_chunk' || (operationId && operationId !== ownId)) return NONE;
  if (!data || data.snapshotMode !== undefined || data.subagent !== undefined) return NONE;
  if (data.chunkType === 'text') return typeof data.content === 'string' ? TEXT : NONE;
  return data.chunkType === 'reasoning' && typeof data.reasoning === 'string' ? REASONING : NONE;
}

/** The text of a piece. */
export const pieceText = ({ data }) => (data.chunkType === 'text' ? data.content : data.reasoning);

export const stepIndex = (event) => number(event.stepIndex);

export const timestamp = (event) => number(event.timestamp);

const number = (value) => (typeof value === 'number' ? value : NaN);
