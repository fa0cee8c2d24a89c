import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../../../scripts/lib/project.mjs';

const FOLDER = join(root, 'tests/fixtures/openclaw');
/** What a client does that events follow from. */
const ACTS = ['connect', 'chat.send', 'chat.abort', 'exec.approval.resolve'];

/**
 * A recorded conversation: the first answer to each method, the events that followed from each act with the time
 * between them, the id of its run, and how it was closed.
 */
export function readCapture(name) {
  const answers = new Map();
  const followed = new Map(ACTS.map((act) => [act, []]));
  const asked = new Map();
  let act = 'connect';
  let challenge, close, run;
  let last = 0;
  for (const { code, dir, frame, reason, t } of linesOf(name)) {
    if (dir === 'close') close = { code, reason };
    if (dir === 'out' && frame?.type === 'req') {
      asked.set(frame.id, frame.method);
      if (ACTS.includes(frame.method) && followed.get(frame.method).length === 0) act = frame.method;
      run ??= frame.params?.idempotencyKey;
    }
    if (dir === 'in' && frame.type === 'res') {
      const method = asked.get(frame.id);
      if (!answers.has(method)) answers.set(method, frame);
    }
    if (dir === 'in' && frame.event === 'connect.challenge') challenge = frame;
    else if (dir === 'in' && frame.type === 'event') followed.get(act).push({ after: t - last, frame });
    last = t;
  }
  return { answers, challenge, close, followed, run };
}

function linesOf(name) {
  const text = readFileSync(join(FOLDER, `${name}.jsonl`), 'utf8');
  return text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
}
