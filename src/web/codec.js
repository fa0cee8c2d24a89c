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
/** Marks the type of an event that is the operation's own, as Rust knows it. */
const OWN = 32;

/**
 * Sets the handlers of a socket.
 *
 * @param eventTypes event type names in the order of their indices
 * @param port takes what the socket reports
 * @param onFrame (frame, typeIndex, event): takes a frame; of an event also the index of its type
 */
function listenWith(socket, dial, eventTypes, port, onFrame) {
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
      return isObject(frame) ? onFrame(frame, 0) : garbled('JSON that is no object');
    }
    const { event } = frame;
    if (!isObject(event)) return garbled('an agent_event without an event');
    if (event.type !== lastType) {
      lastType = event.type;
      lastIndex = indices.get(lastType) ?? 0;
    }
    onFrame(frame, lastIndex, event);
  };
}

const numberOfFrame = ({ id }) => (typeof id === 'string' ? numberOf(id) : NaN);

/**
 * Sets the handlers of a socket of one operation.
 *
 * @param operationId the client's own operation
 * @param deliver (event): hands an event to the listeners; without it the port does
 */
export function listen(
  socket,
  dial,
  eventTypes,
  operationId,
  port,
  deliver = (event) => port.deliver(0, event),
) {
  listenWith(socket, dial, eventTypes, port, (frame, type, event) => {
    if (event) {
      const owner = event.operationId;
      const kind = !owner || owner === operationId ? type | OWN : type;
      const number = numberOfFrame(frame);
      if (port.admit(dial, 0, number, kind, +event.stepIndex || 0, +event.timestamp)) return deliver(event);
    }
    port.frame(dial, undefined, frame, type, Date.now());
  });
}

/**
 * Sets the handlers of a socket of many operations.
 *
 * @param deliver (subscription, event): hands an event to the listeners; without it the port does
 * @returns where the frames of an operation are routed to
 */
export function listenToHub(
  socket,
  dial,
  eventTypes,
  port,
  deliver = (subscription, event) => port.deliver(subscription, event),
) {
  const routes = new Map();
  listenWith(socket, dial, eventTypes, port, (frame, type, event) => {
    const { operationId } = frame;
    const channel = routes.get(operationId);
    if (event) {
      if (channel === undefined) return;
      // The hub leaves out what the envelope says already.
      const owner = (event.operationId ||= operationId);
      const kind = owner === operationId ? type | OWN : type;
      const step = +event.stepIndex || 0;
      const number = numberOfFrame(frame);
      const subscription = port.admit(dial, channel, number, kind, step, +event.timestamp);
      if (subscription) return deliver(subscription, event);
    }
    port.frame(dial, channel, frame, type, Date.now());
  });
  return routes;
}

/** Routes the frames of an operation to a channel, or nowhere. */
export function route(routes, operationId, channel) {
  if (channel === undefined) routes.delete(operationId);
  else routes.set(operationId, channel);
}

/** Creates a socket, by the given constructor or the global one. */
export function createSocket(url, Constructor = globalThis.WebSocket) {
  return new Constructor(url);
}

/** Frees a port, once no call on it is under way any more. */
export const release = (port) => queueMicrotask(() => port.free());

/**
 * Takes the handlers of a socket away: it reports nothing any more. An error is heard to the end, because a socket of Node
 * throws one that nobody hears, as when it is closed before it opened.
 */
export function silence(socket) {
  socket.onopen = socket.onclose = socket.onmessage = null;
  socket.onerror = () => {};
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
export function toolResultFrame(payload, operationId) {
  const frame = { ...payload, type: 'tool_result', ...(operationId === undefined ? {} : { operationId }) };
  if (typeof frame.content !== 'string')
    frame.content = frame.content == null ? null : JSON.stringify(frame.content);
  if (frame.executionTimeMs !== undefined)
    frame.executionTimeMs = Math.round(Number(frame.executionTimeMs)) || 0;
  return JSON.stringify(frame);
}

/** The payload of a tool result, from its frame. */
export function toolResultPayload(text) {
  const { operationId: _, type: __, ...payload } = JSON.parse(text);
  return payload;
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

/** A message for a human from whatever was thrown, also where that has no text. */
export function messageOf(thrown) {
  try {
    return String(thrown?.message ?? thrown);
  } catch {
    return typeof thrown;
  }
}
