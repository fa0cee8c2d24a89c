// Reads the events of a run. Most of an answer consists of pieces that only go on with what is written: their texts stay
// here, and Rust decides by numbers alone.

const NONE = 0;
const TEXT = 1;
const REASONING = 2;

/**
 * @param port takes what cannot be held back
 * @param ownId the run's operation
 */
export function createReader(port, ownId) {
  let held = '';
  return {
    /** Takes an event of a transport in. */
    read(transport, event) {
      const kind = pieceKind(event, ownId);
      if (kind === NONE) return port.event(transport, event);
      const text = kind === TEXT ? event.data.content : event.data.reasoning;
      const step = number(event.stepIndex);
      const at = number(event.timestamp);
      if (port.goesOn(kind, step, at)) held += text;
      else port.piece(transport, kind, step, at, text);
    },

    /** Hands out the texts that were held back, one after the other. */
    take() {
      const text = held;
      held = '';
      return text;
    },
  };
}

/** What an event appends to: the text or the reasoning of the operation's own answer. `NONE` for every other event. */
function pieceKind({ data, operationId, type }, ownId) {
  if (type !== 'stream_chunk' || (operationId && operationId !== ownId)) return NONE;
  if (!data || data.snapshotMode !== undefined || data.subagent !== undefined) return NONE;
  if (data.chunkType === 'text') return typeof data.content === 'string' ? TEXT : NONE;
  return data.chunkType === 'reasoning' && typeof data.reasoning === 'string' ? REASONING : NONE;
}

const number = (value) => (typeof value === 'number' ? value : NaN);
