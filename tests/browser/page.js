// What tests of the web layer need of the page: requests to the gateway, counters, events, a scripted WebSocket.

/** Sends a request to the gateway's API for development; a JSON body where there is one. Rejects unless it succeeded. */
export async function request(method, url, body) {
  const response = await fetch(url, {
    method,
    headers: body === undefined ? {} : { 'content-type': 'application/json' },
    body,
    signal: AbortSignal.timeout(20_000),
  });
  if (!response.ok) throw new Error(`${method} ${url}: ${response.status} ${await response.text()}`);
  return response.json();
}

/** Lets the page go on for so many milliseconds. */
export const sleep = (millis) => new Promise((resolve) => setTimeout(resolve, millis));

/** A value inside of an object; undefined where a step of the path leads nowhere. */
export const at = (object, path) => path.split('.').reduce((value, name) => value?.[name], object);

export const parse = (text) => JSON.parse(text);

let listeners = 0;
const targets = [window, document];

/** From now on the listeners on the window and the document are counted. */
export function countListeners() {
  listeners = 0;
  for (const target of targets) {
    target.addEventListener = (...args) => {
      listeners++;
      return EventTarget.prototype.addEventListener.apply(target, args);
    };
    target.removeEventListener = (...args) => {
      listeners--;
      return EventTarget.prototype.removeEventListener.apply(target, args);
    };
  }
}

/** Listeners that were added and not removed since the count began. */
export const listenerCount = () => listeners;

export function stopCountingListeners() {
  for (const target of targets) {
    delete target.addEventListener;
    delete target.removeEventListener;
  }
}

/** Dispatches an event on the window. */
export const dispatchOnWindow = (name) => window.dispatchEvent(new Event(name));

/** Dispatches an event on the document. */
export const dispatchOnDocument = (name) => document.dispatchEvent(new Event(name));

/** The page goes into, or comes back from, the back/forward cache. */
export const dispatchTransition = (name, persisted) =>
  window.dispatchEvent(new PageTransitionEvent(name, { persisted }));

/** A function that counts its calls in `calls` and always throws. */
export function throwing() {
  const listener = (event) => {
    listener.calls.push(event);
    throw new Error('a listener that throws');
  };
  listener.calls = [];
  return listener;
}

/** Collects what the page reports as uncaught, so that no error goes by unseen; `stop` gives the messages. */
export function watchErrors() {
  const messages = [];
  const note = (event) => {
    messages.push(String(event.message));
    event.preventDefault();
  };
  window.addEventListener('error', note);
  return {
    stop() {
      window.removeEventListener('error', note);
      return messages;
    },
  };
}

export const stopWatching = (watch) => watch.stop();

/** A WebSocket constructor whose sockets do what a test says and keep what was sent. */
export function scriptedWebSocket() {
  class ScriptedWebSocket {
    static sockets = [];
    readyState = 0;
    sent = [];
    closed = null;

    constructor(url) {
      this.url = url;
      ScriptedWebSocket.sockets.push(this);
    }

    send(text) {
      if (this.readyState !== 1) throw new Error('the socket is not open');
      this.sent.push(text);
    }

    close(code, reason) {
      this.readyState = 3;
      this.closed = `${code} ${reason}`;
    }
  }
  return ScriptedWebSocket;
}

const last = (constructor) => constructor.sockets.at(-1);

export function openSocket(constructor) {
  last(constructor).readyState = 1;
  last(constructor).onopen({});
}

export const receive = (constructor, data) => last(constructor).onmessage({ data });

/** Every text that the latest socket was given to send. */
export const sentOn = (constructor) => last(constructor).sent;

export const urlOf = (constructor) => last(constructor).url;

/** Code and reason of the latest socket's close, or nothing. */
export const closeOf = (constructor) => last(constructor).closed ?? undefined;

/** The WebSocket of the page, but for a gateway that has no v2. */
export function webSocketWithoutV2() {
  return class extends WebSocket {
    constructor(url) {
      if (new URL(url).pathname.endsWith('/v2/ws')) throw new Error('there is no v2 here');
      super(url);
    }
  };
}

/** A storage as the page has them, which begins empty. */
export function emptyStorage() {
  const kept = new Map();
  return {
    getItem: async (key) => kept.get(key) ?? null,
    setItem: async (key, text) => void kept.set(key, text),
  };
}
