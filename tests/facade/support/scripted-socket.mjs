/** A WebSocket without a network: a test plays the gateway through it. */
export class ScriptedSocket {
  static CONNECTING = 0;
  static OPEN = 1;
  static CLOSING = 2;
  static CLOSED = 3;
  /** Every socket since the last `forgetSockets`, oldest first. */
  static all = [];

  onclose = null;
  onerror = null;
  onmessage = null;
  onopen = null;
  readyState = ScriptedSocket.CONNECTING;
  /** What the client sent, parsed. */
  sent = [];

  constructor(url) {
    this.url = String(url);
    ScriptedSocket.all.push(this);
  }

  static get latest() {
    return ScriptedSocket.all.at(-1);
  }

  send(text) {
    this.sent.push(JSON.parse(text));
  }

  close(code, reason) {
    this.closedWith = { code, reason };
    this.readyState = ScriptedSocket.CLOSING;
  }

  /** The connection is established. */
  open() {
    this.readyState = ScriptedSocket.OPEN;
    this.onopen?.({});
  }

  /** A frame arrives. */
  receive(frame) {
    this.onmessage?.({ data: typeof frame === 'string' ? frame : JSON.stringify(frame) });
  }

  /** An event of the run arrives. */
  receiveEvent(id, type, data = {}, operationId = 'op_1') {
    const event = { type, operationId, stepIndex: 0, timestamp: 1_790_000_000_000 + Number(id), data };
    this.receive({ type: 'agent_event', id: String(id), event });
    return event;
  }

  /** Opens and lets the client authenticate. */
  authenticate() {
    this.open();
    this.receive({ type: 'auth_success' });
  }

  /** The connection is lost. */
  drop(code = 1006, reason = '') {
    this.readyState = ScriptedSocket.CLOSED;
    this.onclose?.({ code, reason, wasClean: code === 1000 });
  }
}

export function forgetSockets() {
  ScriptedSocket.all = [];
}
