import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { root, workDir } from './project.mjs';

const stampsFile = join(workDir, 'stamps.json');

/**
 * Runs a step unless its inputs are the same as at the last run and its outputs exist.
 *
 * `inputs` are files or folders (read whole), `outputs` files or folders that must exist afterwards.
 */
export async function whenChanged(name, { inputs, outputs }, step) {
  const digest = digestOf(inputs);
  if (readStamps()[name] === digest && outputs.every((output) => existsSync(output))) {
    console.log(`${name}: unchanged`);
    return;
  }
  await step();
  mkdirSync(workDir, { recursive: true });
  writeFileSync(stampsFile, JSON.stringify({ ...readStamps(), [name]: digest }, null, 2));
}

function readStamps() {
  return existsSync(stampsFile) ? JSON.parse(readFileSync(stampsFile, 'utf8')) : {};
}

function digestOf(inputs) {
  const hash = createHash('sha256');
  for (const file of inputs.flatMap(filesUnder)) {
    hash.update(relative(root, file)).update('\0').update(readFileSync(file)).update('\0');
  }
  return hash.digest('hex');
}

function filesUnder(path) {
  if (!existsSync(path)) return [];
  if (!statSync(path).isDirectory()) return [path];
  return readdirSync(path)
    .sort()
    .flatMap((entry) => filesUnder(join(path, entry)));
}
