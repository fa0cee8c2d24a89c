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
