// A gateway that says what a recorded one said. Only ids, numbers and times of arrival are its own.
import { setTimeout as sleep } from 'node:timers/promises';
import { WebSocketServer } from 'ws';
import { readCapture } from './captures.mjs';

const BASE = '04-initial-sync';
/** The recorded time between two events, where it was longer. */
const LONGEST_PAUSE_MS = 60;

/**
 * Starts a gateway. `refusal` names the capture whose refusal it answers with, `conversation` the one whose run it
 * replays, `sessions` the one whose list it gives.
 *
 * `calls` holds what it was asked, `admit()` ends the refusal, `stop()` and `start()` end it and begin it again on the
 * same port.
 */
export async function startScriptedGateway({ refusal, conversation = BASE, sessions = BASE } = {}) {
  const script = new Script(readCapture(BASE), readCapture(conversation), readCapture(sessions));
  const calls = [];
  let refused = refusal && readCapture(refusal);
  let server;
  let port = 0;

  const start = () =>
    new Promise((resolve, reject) => {
      server = new WebSocketServer({ host: '127.0.0.1', port });
      server.once('error', reject);
      server.once('listening', () => resolve((port = server.address().port)));
      server.on('connection', (socket) => serve(socket));
    });
  const stop = () => {
    for (const socket of server.clients) socket.terminate();
    return new Promise((resolve) => server.close(() => resolve()));
  };

  function serve(socket) {
    let seq = 0;
    const send = (frame) => socket.readyState === socket.OPEN && socket.send(JSON.stringify(frame));
    const tell = async (events) => {
      for (const { after, frame } of events) {
        await sleep(Math.min(after, LONGEST_PAUSE_MS));
        send(frame.seq === undefined ? frame : { ...frame, seq: ++seq });
      }
    };
    send(script.challenge);
    socket.on('message', (data) => {
      const { id, method, params } = JSON.parse(data);
      calls.push({ method, params });
      if (method === 'connect' && refused) {
        send({ ...refused.answers.get('connect'), id });
        return socket.close(refused.close.code, refused.close.reason);
      }
      send({ ...script.answer(method, params), id });
      void tell(script.eventsAfter(method));
    });
  }

  await start();
  return {
    url: `ws://127.0.0.1:${port}`,
    calls,
    called: (method) => calls.filter((call) => call.method === method),
    admit: () => (refused = undefined),
    start,
    stop,
  };
}

/** What is said when. */
class Script {
  constructor(base, conversation, sessions) {
    this.base = base;
    this.conversation = conversation;
    this.sessions = sessions;
    this.run = conversation.run;
    this.isSent = false;
  }

  get challenge() {
    return this.base.challenge;
  }

  answer(method, params) {
    if (method === 'chat.send') {
      this.isSent = true;
      this.run = params.idempotencyKey;
    }
    return this.own(this.sourceOf(method).answers.get(method) ?? this.unknown(method));
  }

  eventsAfter(method) {
    const events = method === 'connect' ? this.base : this.conversation;
    return (events.followed.get(method) ?? []).map(({ after, frame }) => ({ after, frame: this.own(frame) }));
  }

  sourceOf(method) {
    if (method === 'sessions.list') return this.sessions;
    if (method === 'chat.history') return this.isSent ? this.conversation : this.base;
    return this.base.answers.has(method) && method !== 'chat.send' ? this.base : this.conversation;
  }

  /** As it was recorded, of the run of this client. */
  own(frame) {
    return JSON.parse(JSON.stringify(frame).replaceAll(this.conversation.run ?? '\0', this.run));
  }

  unknown(method) {
    const error = { code: 'INVALID_REQUEST', message: `${method} was not recorded` };
    return { type: 'res', ok: false, error };
  }
}
