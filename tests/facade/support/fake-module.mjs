import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import * as esbuild from 'esbuild';
import { inlined } from '../../../scripts/build/inline.mjs';

const sources = fileURLToPath(new URL('../../../pkg-template/src', import.meta.url));
const glue = fileURLToPath(new URL('fake-glue.mjs', import.meta.url));

/** A module with one function, `trap`, which does what a Rust panic does. */
const TRAP = Buffer.from('0061736d0100000001040160000003020100070801047472617000000a05010300000b', 'hex');

/** Loads the facade over a stand-in for the generated code; each call gives a fresh copy of it. */
export async function loadFacadeOverFake(entry = 'index.ts', wasm = TRAP) {
  const folder = mkdtempSync(join(tmpdir(), 'facade-'));
  const outfile = join(folder, 'index.mjs');
  await esbuild.build({
    bundle: true,
    entryPoints: [join(sources, entry)],
    format: 'esm',
    outfile,
    plugins: [
      {
        name: 'fake',
        setup(build) {
          build.onResolve({ filter: /^#glue$/ }, () => ({ path: glue }));
          build.onResolve({ filter: /^#wasm$/ }, () => ({ path: 'wasm', namespace: 'fake' }));
          build.onLoad({ filter: /.*/, namespace: 'fake' }, () => ({
            contents: inlined(wasm),
          }));
        },
      },
    ],
  });
  try {
    return await import(pathToFileURL(outfile).href);
  } finally {
    rmSync(dirname(outfile), { recursive: true });
  }
}
