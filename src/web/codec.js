// Reads the head of a frame, so that the engine parses each text once and a payload crosses into WebAssembly untouched.
// The vocabulary comes from Rust: the tables translate names into the indices that Rust knows them by.

const isObject = (value) => typeof value === 'object' && value !== null && !Array.isArray(value);

const POWERS = [1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10];

/**
 * The number that a canonical decimal of up to ten digits stands for; NaN for every other id, which takes the slow way.
 *
 * The engine reads decimals faster than a loop does. What else it takes for a number (`9e2`, `0x1F`, `1.0`) starts with
 * another character, ends with another digit or has another length than its digits.
 */
function numberOf(id) {
  const { length } = id;
  const number = +id;
  const canonical =
    id.charCodeAt(0) > 48 &&
    number >= POWERS[length - 1] &&
    number < POWERS[length] &&
    number % 10 === id.charCodeAt(length - 1) - 48;
  return canonical ? number : NaN;
}

/** What a socket signals besides frames, as Rust knows it. */
const OPENED = 0;
const FAULTED = 1;
const CLOSED = 2;
const GARBLED = 3;

/**
 * Sets the handlers of a socket.
 *
 * @param eventTypes event type names in the order of their indices
 * @param operationId the client's own operation
 * @param port takes what the socket reports
 * @param deliver (event): hands an event to the listeners; without it the port does
 */
export function listen(
  socket,
  dial,
  eventTypes,
  operationId,
  port,
  deliver = (event) => port.deliver(event),
) {
  const indices = new Map(eventTypes.split(' ').map((name, index) => [name, index]));
  // Events of one type follow each other, so that the table is seldom asked.
  let lastType;
  let lastIndex = 0;
  const signal = (kind, code, text) => port.signal(dial, kind, code, text, Date.now());
  const garbled = (detail) => signal(GARBLED, 0, detail);
  socket.onopen = () => signal(OPENED, 0, '');
  socket.onerror = () => signal(FAULTED, 0, '');
  socket.onclose = (event) => signal(CLOSED, event?.code ?? 1006, String(event?.reason ?? ''));
  socket.onmessage = (message) => {
    const text = message.data;
    if (typeof text !== 'string') return garbled('a binary message');
    let frame;
    try {
      frame = JSON.parse(text);
    } catch (error) {
      return garbled(messageOf(error));
    }
    if (frame?.type !== 'agent_event') {
      return isObject(frame) ? port.frame(dial, frame, 0, Date.now()) : garbled('JSON that is no object');
    }
    const { event } = frame;
    if (!isObject(event)) return garbled('an agent_event without an event');
    if (event.type !== lastType) {
      lastType = event.type;
      lastIndex = indices.get(lastType) ?? 0;
    }
    const id = frame.id;
    const number = typeof id === 'string' ? numberOf(id) : NaN;
    const owner = event.operationId;
    const own = !owner || owner === operationId;
    if (port.admit(dial, number, lastIndex, own, +event.stepIndex || 0, +event.timestamp))
      return deliver(event);
    port.frame(dial, frame, lastIndex, Date.now());
  };
}

/** Creates a socket, by the given constructor or the global one. */
export function createSocket(url, Constructor = globalThis.WebSocket) {
  return new Constructor(url);
}

/** Frees a port, once no call on it is under way any more. */
export const release = (port) => queueMicrotask(() => port.free());

/** Takes the handlers of a socket away: it reports nothing any more. */
export function silence(socket) {
  socket.onopen = socket.onerror = socket.onclose = socket.onmessage = null;
}

/** A text member of an object; undefined for everything else. */
export function text(object, name) {
  const value = object?.[name];
  return typeof value === 'string' ? value : undefined;
}

/** A number member of an object; NaN for everything else. */
export function number(object, name) {
  const value = object?.[name];
  return typeof value === 'number' ? value : NaN;
}

/** A member of an object; undefined where there is none. */
export const member = (object, name) => object?.[name];

/**
 * The JSON text of a tool result. Gateways drop a result whose `content` is neither text nor null, or whose
 * `executionTimeMs` is no integer, so both are brought into shape.
 */
export function toolResultFrame(payload) {
  const frame = { ...payload, type: 'tool_result' };
  if (typeof frame.content !== 'string')
    frame.content = frame.content == null ? null : JSON.stringify(frame.content);
  if (frame.executionTimeMs !== undefined)
    frame.executionTimeMs = Math.round(Number(frame.executionTimeMs)) || 0;
  return JSON.stringify(frame);
}

/** A text as a JSON string. */
export const quote = (value) => JSON.stringify(value);

/** A date of a JSON Web Token, in seconds; NaN where it is absent, or where the token is none. */
export function tokenDate(token, claim) {
  try {
    return number(JSON.parse(atob(token.split('.')[1].replace(/-/g, '+').replace(/_/g, '/'))), claim);
  } catch {
    return NaN;
  }
}

/** A message for a human from whatever was thrown. */
export function messageOf(thrown) {
  return String(thrown?.message ?? thrown);
}
