// Runs the tests. `npm test -- --only lint,native` runs some of the steps.
import { parseArgs } from 'node:util';
import { seconds } from './lib/process.mjs';
import { ensureBuildTools } from './tools.mjs';

const TOTAL_LIMIT_MS = 85 * 60_000;

const { values } = parseArgs({ options: { only: { type: 'string' }, help: { type: 'boolean' } } });

await ensureBuildTools().catch((error) => {
  console.error(`test: ${error.message}`);
  process.exit(1);
});
// Loaded late: before `ensureBuildTools` the npm packages may be missing.
const { steps } = await import('./test/steps.mjs');

if (values.help) {
  console.log(`npm test [-- --only <step>[,<step>…]]\n\nsteps: ${steps.map(({ name }) => name).join(', ')}`);
  process.exit(0);
}

const results = [];
const started = Date.now();
for (const step of selected(values.only)) results.push(await runStep(step));
printSummary();
process.exit(results.some(({ failed }) => failed > 0) ? 1 : 0);

function selected(only) {
  if (only === undefined) return steps;
  const names = only.split(',');
  const unknown = names.filter((name) => !steps.some((step) => step.name === name));
  if (unknown.length === 0) return steps.filter(({ name }) => names.includes(name));
  console.error(
    `test: no step is named ${unknown.join(', ')}; there are ${steps.map(({ name }) => name).join(', ')}`,
  );
  process.exit(2);
}

async function runStep({ name, limitMs, run }) {
  console.log(`\n── ${name} ${'─'.repeat(70 - name.length)}`);
  const stepStarted = Date.now();
  const timeoutMs = Math.max(1, Math.min(limitMs, started + TOTAL_LIMIT_MS - stepStarted));
  const counts = await withinLimit(run({ timeoutMs }), timeoutMs).catch((error) => {
    console.error(`${name}: ${error.message}`);
    return { passed: 0, failed: 1 };
  });
  return { name, ...counts, time: seconds(stepStarted) };
}

function withinLimit(running, timeoutMs) {
  let timer;
  const limit = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`No end after ${timeoutMs / 1000} s`)), timeoutMs + 10_000);
  });
  return Promise.race([running, limit]).finally(() => clearTimeout(timer));
}

function printSummary() {
  const row = (...cells) =>
    console.log(cells.map((cell, i) => (i ? String(cell).padStart(10) : cell.padEnd(14))).join(''));
  const total = (key) => results.reduce((sum, result) => sum + result[key], 0);
  console.log('\n');
  row('step', 'passed', 'failed', 'time');
  for (const { name, passed, failed, time } of results) row(name, passed, failed, time);
  row('total', total('passed'), total('failed'), seconds(started));
  console.log(`\n${total('passed')} passed, ${total('failed')} failed`);
}
