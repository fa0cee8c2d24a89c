// Tests the packed entry against the released OpenClaw gateway, in Node and in Chromium.
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { buildPackage } from '../build.mjs';
import { run } from '../lib/process.mjs';
import { root } from '../lib/project.mjs';
import { ensureChromium } from '../tools.mjs';
import { ensureOpenClaw } from './install.mjs';

const FOLDER = 'tests/openclaw-live';
const TEST_LIMIT_MS = 4 * 60_000;
const LIMIT_MS = 15 * 60_000;

try {
  await buildPackage();
  await ensureChromium();
  await ensureOpenClaw();
  const files = readdirSync(join(root, FOLDER)).filter((file) => file.endsWith('.test.mjs'));
  const options = ['--test', '--test-reporter=spec', '--test-concurrency=1', '--test-force-exit'];
  const paths = files.map((file) => join(FOLDER, file));
  await run(process.execPath, [...options, `--test-timeout=${TEST_LIMIT_MS}`, ...paths], {
    timeoutMs: LIMIT_MS,
  });
} catch (error) {
  console.error(`test:openclaw: ${error.message}`);
  process.exit(1);
}
