import assert from 'node:assert/strict';
import { mock } from 'node:test';
import { ChatRun } from '../../../pkg/run.mjs';
import { microtasks, ready } from './mux.mjs';
import { ScriptedSocket } from './scripted-socket.mjs';

export const NOW = 1_790_000_000_000;

let gateways = 0;
const created = [];

/** What a run told. */
export class RunLog {
  names = [];
  phases = [];

  constructor(run) {
    for (const name of ['agent_event', 'error', 'settled', 'stop_refused', 'tool_result_expired'])
      run.on(name, () => this.names.push(name));
    run.on('changed', (snapshot) => {
      const [phase, button] = RunLog.button(snapshot);
      const [lastPhase, lastButton] = this.phases.at(-1) ?? [];
      if (phase !== lastPhase || button !== lastButton) this.phases.push([phase, button]);
    });
  }

  static button({ canSend, canStop, phase }) {
    if (canSend === canStop) return [phase, 'both or none'];
    return [phase, canSend ? 'send' : 'stop'];
  }
}

/**
 * A run on scripted sockets, with what it told in `log` and the errors that it logged in `errors`. With an `operationId`
 * it is resumed. A page remembers what a gateway serves, so each has its own.
 */
export function createRun(options = {}) {
  const errors = [];
  const all = {
    gatewayUrl: `https://gateway-${++gateways}.example.org`,
    getToken: () => 'token_2',
    interrupt: () => true,
    logger: { error: (message) => errors.push(message) },
    start: () => ({ operationId: 'op_1', token: 'token_1' }),
    WebSocket: ScriptedSocket,
    ...options,
  };
  const run = 'operationId' in options ? ChatRun.resume(all) : new ChatRun(all);
  created.push(run);
  return { errors, log: new RunLog(run), run };
}

/** Disposes the runs of a test, so that a failed test leaves no timer behind. */
export function disposeRuns() {
  for (const run of created.splice(0)) run.dispose();
}

/** Lets the run open its socket, and accepts its token. */
export async function connected(told = {}) {
  await microtasks();
  const socket = ScriptedSocket.latest;
  ready(socket);
  socket.receive({
    type: 'resume_complete',
    operationId: 'op_1',
    gap: false,
    status: 'running',
    ...told,
  });
  return socket;
}

/** Time passes. */
export async function after(millis) {
  mock.timers.tick(millis);
  await microtasks();
}

export function button(run) {
  return RunLog.button(run.getSnapshot());
}

export async function submitted(run) {
  run.submit();
  return connected();
}

export async function settledAs(run, ending) {
  await microtasks();
  const { outcome } = run.getSnapshot();
  assert.equal(outcome?.ending, ending);
  assert.deepEqual(button(run), ['settled', 'send']);
  assert.equal(await run.done, outcome);
  return outcome;
}

/** The same over a socket of the run's own. */
export async function submittedAlone(run) {
  run.submit();
  await microtasks();
  ScriptedSocket.latest.authenticate();
  assert.deepEqual(button(run), ['streaming', 'stop']);
  return ScriptedSocket.latest;
}

/** Time passes, in which every dial fails. */
export async function failing(millis) {
  for (let passed = 0; passed < millis; passed += 100) {
    await after(100);
    const { latest } = ScriptedSocket;
    if (latest.readyState === ScriptedSocket.CONNECTING) latest.drop();
  }
}

/** The gateway refuses the shared socket until the client gives it up. */
export async function failDials() {
  for (let dial = 0; dial < 3; dial++) {
    ScriptedSocket.latest.drop();
    await after(4_000);
  }
}

/** The gateway refuses the token of each socket. */
export async function refusingTokens() {
  await microtasks();
  for (let dial = 0; dial < 6; dial++) {
    const { latest } = ScriptedSocket;
    if (latest.readyState === ScriptedSocket.CONNECTING) {
      latest.open();
      if (/\/v2\//.test(latest.url)) latest.drop(4401, 'auth_failed');
      else latest.receive({ type: 'auth_failed', reason: 'auth_failed' });
    }
    await after(4_000);
  }
}
