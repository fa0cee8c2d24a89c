import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import { packageDir } from '../lib/project.mjs';

const FILES = [
  'index.mjs',
  'agent_gateway_client.wasm',
  'slim.mjs',
  'mux.mjs',
  'mux.wasm',
  'mux-slim.mjs',
  'run.mjs',
  'run.wasm',
  'run-slim.mjs',
  'openclaw.mjs',
  'openclaw.wasm',
  'openclaw-slim.mjs',
  'openclaw-signer.mjs',
  'helpers.mjs',
];

/** Prints the sizes of the files that a page loads, in bytes. */
export function printSizes() {
  console.log(`${'file'.padEnd(28)}${['raw', 'gzip', 'brotli'].map((name) => name.padStart(10)).join('')}`);
  for (const file of FILES) {
    const bytes = readFileSync(join(packageDir, file));
    const sizes = [bytes.length, gzipSync(bytes, { level: 9 }).length, brotliCompressSync(bytes).length];
    console.log(`${file.padEnd(28)}${sizes.map((size) => size.toLocaleString('en').padStart(10)).join('')}`);
  }
}
