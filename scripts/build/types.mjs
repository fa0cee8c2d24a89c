import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { run } from '../lib/process.mjs';
import { packageDir, root, workDir } from '../lib/project.mjs';

const ENTRIES = [
  'index.d.ts',
  'slim.d.ts',
  'mux-index.d.ts',
  'mux-slim.d.ts',
  'run.d.ts',
  'run-slim.d.ts',
  'helpers.d.ts',
  'openclaw.d.ts',
  'openclaw-slim.d.ts',
  'openclaw-signer.d.ts',
];
const SPECIFIER = /(from\s+|import\()'(\.[^']*)\.js'/g;

/** Facade sources → declarations, once for ECMAScript modules and once for CommonJS. */
export async function emitTypes() {
  const emitted = join(workDir, 'types');
  rmSync(emitted, { recursive: true, force: true });
  await run(process.execPath, [tsc, '-p', join(root, 'tsconfig.json'), '--outDir', emitted], { quiet: true });

  for (const file of reachable(ENTRIES.map((entry) => join(emitted, entry)))) {
    const text = readFileSync(file, 'utf8');
    const target = join(packageDir, relative(emitted, file));
    mkdirSync(dirname(target), { recursive: true });
    writeFileSync(target, text);
    writeFileSync(target.replace(/\.d\.ts$/, '.d.cts'), text.replace(SPECIFIER, "$1'$2.cjs'"));
  }
}

export const tsc = join(root, 'node_modules', 'typescript', 'bin', 'tsc');

/** Files that the public entries refer to; declarations of internal files are not published. */
function reachable(entries) {
  const found = new Set();
  const visit = (file) => {
    if (found.has(file)) return;
    found.add(file);
    for (const [, , path] of readFileSync(file, 'utf8').matchAll(SPECIFIER)) {
      visit(join(dirname(file), `${path}.d.ts`));
    }
  };
  entries.forEach(visit);
  return found;
}
