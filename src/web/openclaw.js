// Parses each frame once; payloads cross into WebAssembly untouched and come back as they are.

import { messageOf } from './codec.js';

/** What a socket signals besides frames, as Rust knows it. */
const OPENED = 0;
const FAULTED = 1;
const CLOSED = 2;
const GARBLED = 3;

/** What became of a text that was to be admitted, as Rust says it. */
const NOT_ADMITTED = 0;
const OF_NO_CHAT = 1;
const NEW = 3;

/** What a gateway keeps at most for a client that does not read, in bytes: no message of it is larger. */
const LARGEST_MESSAGE = 52_428_800;

const textOrNothing = (value) => (typeof value === 'string' ? value : undefined);

const isObject = (value) => typeof value === 'object' && value !== null && !Array.isArray(value);

/** The whole text of a message; undefined where it has none, or more than one that must be put together. */
function wholeTextOf(message) {
  const content = message?.content;
  if (typeof content === 'string' || !Array.isArray(content)) return textOrNothing(content);
  return content.length === 1 && content[0]?.type === 'text' ? textOrNothing(content[0].text) : undefined;
}

/**
 * Sets the handlers of a socket; they report to the port.
 *
 * @param read the names of the events that the module reads, apart by spaces
 * @param deliver (event, payload, seq, key, run, text): is handed an event that was admitted, and the new text of a run
 *   where it brought one
 */
export function listenToOpenClaw(socket, dial, read, port, deliver) {
  const names = new Set(read.split(' '));
  /** The run that the last text was of, with that text. */
  let followed;
  const tell = (event, payload, seq, isNew) =>
    isNew
      ? deliver(event, payload, seq, followed.sessionKey, followed.runId, followed.text)
      : deliver(event, payload, seq);
  /** Whether an event was told, by a look at the little that matters of what comes many times a second. */
  const admitted = ({ event, payload = null, seq }) => {
    const number = seq === undefined ? NaN : seq;
    if (typeof event !== 'string' || typeof number !== 'number') return false;
    if (!names.has(event)) {
      if (!port.admit(dial, number, Date.now())) return false;
      deliver(event, payload, seq);
      return true;
    }
    if (event !== 'chat' || payload?.state !== 'delta') return false;
    const { sessionKey, runId } = payload;
    const text = wholeTextOf(payload.message);
    if (text === undefined) return false;
    const now = Date.now();
    // The run of the last text, as a rule; Rust knows whether anything came between.
    if (followed && runId === followed.runId && sessionKey === followed.sessionKey) {
      const isNew = text !== followed.text;
      if (port.admitMore(dial, number, isNew ? text : undefined, now)) {
        followed.text = text;
        tell(event, payload, seq, isNew);
        return true;
      }
    }
    const outcome = port.admitText(dial, number, sessionKey, runId, text, now);
    if (outcome === NOT_ADMITTED) return false;
    followed = outcome === OF_NO_CHAT ? undefined : { sessionKey, runId, text };
    tell(event, payload, seq, outcome === NEW);
    return true;
  };
  const signal = (kind, code, text) => port.signal(dial, kind, code, text, Date.now());
  socket.onopen = () => signal(OPENED, 0, '');
  socket.onerror = () => signal(FAULTED, 0, '');
  socket.onclose = (event) => signal(CLOSED, event?.code ?? 1006, String(event?.reason ?? ''));
  socket.onmessage = ({ data }) => {
    if (typeof data !== 'string') return signal(GARBLED, 0, 'a binary message');
    if (data.length > LARGEST_MESSAGE) return signal(GARBLED, 0, 'a message larger than a gateway can keep');
    let frame;
    try {
      frame = JSON.parse(data);
    } catch (error) {
      return signal(GARBLED, 0, messageOf(error));
    }
    if (!isObject(frame)) return signal(GARBLED, 0, 'JSON that is no object');
    if (frame.type === 'event' && admitted(frame)) return;
    port.frame(dial, frame, Date.now());
  };
}

/** An own member of an object that is no array; undefined where there is none. */
export const ownMember = (value, name) =>
  isObject(value) && Object.hasOwn(value, name) ? value[name] : undefined;

const textOf = (value) => (typeof value === 'string' ? value : '');

/** A string with another behind it; what is no string adds nothing. */
export const joined = (text, more) => textOf(text) + textOf(more);

/** What comes behind the start of a string; undefined where it starts otherwise, or one of them is no string. */
export function restAfter(text, start) {
  if (typeof text !== 'string' || typeof start !== 'string') return undefined;
  // Engines compare two texts at once, and `startsWith` character by character.
  return text.slice(0, start.length) === start ? text.slice(start.length) : undefined;
}

/** Whether both have the same text as JSON. */
export const saysTheSame = (one, other) =>
  one === other ||
  (typeof one === 'object' && typeof other === 'object' && JSON.stringify(one) === JSON.stringify(other));

/** An object of the members that are there. */
export function objectOf(names, values) {
  const object = {};
  names.split(' ').forEach((name, index) => {
    if (values[index] !== undefined) object[name] = values[index];
  });
  return object;
}
