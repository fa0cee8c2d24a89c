import { readFileSync } from 'node:fs';
import { forgetSockets, ScriptedSocket } from './scripted-socket.mjs';

const captures = new URL('../../fixtures/openclaw/', import.meta.url);

/** A signer of a test: the signature is what was signed. */
export const SIGNER = {
  publicKey: new Uint8Array(32).fill(7),
  deviceId: 'device_1',
  signed: [],
  sign(bytes) {
    this.signed.push(new TextDecoder().decode(bytes));
    return new Uint8Array(64).fill(9);
  },
};

export const OPTIONS = {
  gatewayUrl: 'wss://gateway.example.org/',
  auth: { token: 'shared_1' },
  signer: SIGNER,
  storage: null,
  WebSocket: ScriptedSocket,
  logger: {},
};

const created = [];

/** Disposes every client of a test, so that a failed test leaves no timer behind. */
export function disposeClients() {
  for (const client of created.splice(0)) client.dispose();
}

/** A client on scripted sockets that is not connected. */
export function createClient(OpenClawClient, options = {}) {
  forgetSockets();
  SIGNER.signed.length = 0;
  const client = new OpenClawClient({ ...OPTIONS, ...options });
  created.push(client);
  return client;
}

/** A client that dialled; the gateway has not said a word. */
export async function createDialled(OpenClawClient, options = {}) {
  const client = createClient(OpenClawClient, options);
  const connected = client.connect();
  connected.catch(() => {});
  await settled();
  return { client, connected, socket: ScriptedSocket.latest };
}

/** A client that was welcomed; `gateway` plays the other side. */
export async function createReady(OpenClawClient, options = {}) {
  const { client, connected, socket } = await createDialled(OpenClawClient, options);
  const gateway = new Gateway(socket);
  await gateway.challenge();
  gateway.answer('connect', framesOf('05-chat-run').find(isWelcome).payload);
  await connected;
  return { client, gateway, socket };
}

const isWelcome = ({ payload }) => payload?.type === 'hello-ok';

/** The gateway's side of a socket. */
export class Gateway {
  seq = 0;

  constructor(socket) {
    this.socket = socket;
  }

  /** Opens the socket and sends the challenge; the client signs and asks for its welcome. */
  async challenge() {
    this.socket.open();
    this.socket.receive(framesOf('05-chat-run').find(({ event }) => event === 'connect.challenge'));
    await settled();
  }

  /** The last request of a method. */
  asked(method) {
    return this.socket.sent.findLast((frame) => frame.method === method);
  }

  answer(method, payload) {
    this.socket.receive({ type: 'res', id: this.asked(method).id, ok: true, payload });
  }

  refuse(method, error) {
    this.socket.receive({ type: 'res', id: this.asked(method).id, ok: false, error });
  }

  /** An event, with the next number of this socket. */
  tell(event, payload) {
    this.socket.receive({ type: 'event', event, payload, seq: ++this.seq });
  }

  /** Answers everything that a fleet asks for. */
  tellFleet({ agents, sessions }) {
    this.answer('sessions.subscribe', { subscribed: true });
    this.answer('agents.list', { defaultId: agents[0]?.id, agents });
    this.answer('sessions.list', { ts: 1_000, sessions, hasMore: false });
  }
}

/** What the gateway sent in a capture, frame by frame. */
export function framesOf(capture) {
  const lines = readFileSync(new URL(`${capture}.jsonl`, captures), 'utf8')
    .trim()
    .split('\n');
  return lines
    .map((line) => JSON.parse(line))
    .filter(({ dir, frame }) => dir === 'in' && frame)
    .map(({ frame }) => frame);
}

/** Lets promises go on, those of the platform included. */
export async function settled() {
  for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setImmediate(resolve));
}
