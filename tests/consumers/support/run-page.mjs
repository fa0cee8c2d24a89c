/**
 * Runs in a page with a button: binds a `ChatRun` to it as a framework would, and keeps what happened in
 * `globalThis.diary`. What the host answers is chosen by name in the query of the address, as JSON:
 *
 * `gateway`, `userId`; `transport`, `limits`; `resume` (an operation); `script` and `speedMs` of the run that is started;
 * `start`: `run`, `stranger` (an operation that the gateway does not know), `fail`, `never`; `tokens`: `right`, `wrong`,
 * `signed out`, `never right`, `unknown operation`; `interrupt`: `run`, `nothing`, `never`; `faults` of the run from its
 * start on; `tool`: what the tool `demo.work` does; `executor`.
 */
import {
  ChatRun,
  UnauthorizedError,
  UnknownOperationError,
} from '/node_modules/agent-gateway-client/run.mjs';
import { toolNamed } from './run-tools.mjs';

const LABELS = { send: 'send', stop: 'stop' };
const options = JSON.parse(decodeURIComponent(location.search.slice(1)));
const { gateway, userId } = options;
const button = document.querySelector('button');
const diary = { button: [button.textContent], errors: [], phases: [], settled: [], warnings: [] };
globalThis.diary = diary;

observe();
if (options.resume) follow(ChatRun.resume({ ...host(), operationId: options.resume }));
else follow(new ChatRun({ ...host(), start }));

/** The button goes by the snapshot alone, and is touched only where its label changes. */
function follow(run) {
  globalThis.run = run;
  const render = () => {
    const { canStop, phase } = run.getSnapshot();
    if (diary.phases.at(-1) !== phase) diary.phases.push(phase);
    const label = canStop ? LABELS.stop : LABELS.send;
    if (button.textContent !== label) button.textContent = label;
  };
  run.subscribe(render);
  run.on('settled', (outcome) => diary.settled.push(outcome));
  run.on('error', ({ code }) => diary.errors.push(code));
  button.addEventListener('click', () => (run.getSnapshot().canStop ? run.stop() : run.submit()));
  render();
}

function observe() {
  new MutationObserver((records) => {
    for (const { addedNodes } of records) for (const { data } of addedNodes) diary.button.push(data);
  }).observe(button, { childList: true });
}

function host() {
  return {
    executor: options.executor,
    gatewayUrl: gateway,
    getToken,
    interrupt,
    limits: options.limits,
    logger: {
      error: (message) => diary.warnings.push(message),
      warn: (message) => diary.warnings.push(message),
    },
    storage: localStorage,
    tools: options.tool && { demo: { work: toolNamed(options.tool) } },
    transport: options.transport,
  };
}

async function start({ signal }) {
  switch (options.start ?? 'run') {
    case 'run': {
      const { script = 'long', speedMs = 60_000 } = options;
      const { operationId, token } = await request('/dev/runs', { script, speedMs, userId });
      if (options.faults) await request(`/dev/runs/${operationId}/faults`, options.faults);
      return { operationId, token: options.tokens === 'wrong' ? await getToken() : token };
    }
    case 'stranger':
      return { operationId: `op_${crypto.randomUUID()}`, token: await getToken() };
    case 'fail':
      throw new Error('No quota');
    default:
      return new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
  }
}

async function getToken() {
  switch (options.tokens ?? 'right') {
    case 'right':
      return (await request('/dev/tokens', { userId })).token;
    case 'wrong':
      return (await request('/dev/tokens', { userId, kind: 'wrongKey' })).token;
    case 'signed out':
      throw new UnauthorizedError('Signed out');
    case 'unknown operation':
      return (await request(`/dev/runs/${options.resume}/token`, {})).token;
    default:
      throw new Error('The token service failed');
  }
}

async function interrupt(operationId) {
  switch (options.interrupt ?? 'run') {
    case 'run':
      return (await request(`/dev/runs/${operationId}/interrupt`, {})).success;
    case 'nothing':
      return true;
    default:
      return new Promise(() => {});
  }
}

async function request(path, body) {
  const response = await fetch(gateway + path, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  if (response.status === 404) throw new UnknownOperationError();
  if (!response.ok) throw new Error(`${path}: ${response.status}`);
  return response.json();
}
