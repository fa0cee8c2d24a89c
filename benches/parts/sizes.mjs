import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import * as esbuild from 'esbuild';
import { inlined } from '../../scripts/build/inline.mjs';
import { MODULES } from '../../scripts/build/wasm.mjs';
import { probe } from '../../scripts/lib/process.mjs';
import { targetDir } from '../../scripts/lib/project.mjs';
import { whole } from '../report.mjs';
import { budgets } from './budgets.mjs';
import { wasmSections } from './wasm-sections.mjs';

const { glue: glueFile } = MODULES.stream;
const LARGEST = 15;
/** What twiggy lists besides functions: sections, segments, entries of tables. */
const NO_FUNCTION =
  /^(custom|data|elem|type|import|export|global|table|memory|wasm magic)\b|subsection|more\.$|^Σ/;

/** The files of each entry. */
const ENTRIES = {
  default: ['index.mjs'],
  slim: ['slim.mjs', 'agent_gateway_client.wasm'],
  mux: ['mux.mjs'],
  'mux-slim': ['mux-slim.mjs', 'mux.wasm'],
  run: ['run.mjs'],
  'run-slim': ['run-slim.mjs', 'run.wasm'],
  openclaw: ['openclaw.mjs'],
  'openclaw-slim': ['openclaw-slim.mjs', 'openclaw.wasm'],
  'openclaw-signer': ['openclaw-signer.mjs'],
  helpers: ['helpers.mjs'],
};

/** Bytes that a page loads, and what they are made of. */
export async function sizes({ packageFolder, report }) {
  const read = (file) => readFileSync(join(packageFolder, file));
  const wasm = read('agent_gateway_client.wasm');

  report.heading('Bytes of an entry, a slim one with its .wasm: raw, gzip, brotli');
  for (const [name, files] of Object.entries(ENTRIES)) {
    const size = sum(files.map((file) => sizeOf(read(file))));
    const budget = budgets.sizes[name];
    if (budget) report.judged(name, text(size), { value: size.gzip, budget, format: whole });
    else report.line(name, text(size));
  }

  report.heading('What they are made of: raw, gzip, brotli of each part by itself');
  for (const [name, size] of await contributors(read, wasm)) report.line(name, text(size));

  report.heading('Sections of the .wasm: raw, gzip, brotli of each by itself');
  const sections = wasmSections(wasm).map(({ name, bytes }) => [name, sizeOf(bytes)]);
  for (const [name, size] of sections.toSorted(([, a], [, b]) => b.raw - a.raw))
    report.line(name, text(size));

  await reportFunctions(report);
}

async function contributors(read, wasm) {
  const helpers = sizeOf(read('helpers.mjs'));
  const glue = existsSync(glueFile) ? sizeOf(await minifiedGlue()) : undefined;
  const parts = [
    ['.wasm', sizeOf(wasm)],
    ['.wasm as text, in default', sizeOf(Buffer.from(inlined(wasm)))],
    ['JavaScript of slim', sizeOf(read('slim.mjs'))],
    ['  helpers', helpers],
  ];
  if (!glue) return parts;
  return [
    ...parts,
    ['  generated glue', glue],
    ['  facade, as the rest', difference(sizeOf(read('slim.mjs')), [helpers, glue])],
  ];
}

async function minifiedGlue() {
  const { outputFiles } = await esbuild.build({
    stdin: {
      contents: `export { initSync, RawGateway } from ${JSON.stringify(glueFile)};`,
      resolveDir: join(glueFile, '..'),
    },
    bundle: true,
    minify: true,
    target: 'es2022',
    format: 'esm',
    write: false,
    logLevel: 'error',
  });
  return Buffer.from(outputFiles[0].contents);
}

/** Function names are gone from the published module; one that wasm-opt has not seen yet still has them. */
async function reportFunctions(report) {
  const folder = mkdtempSync(join(tmpdir(), 'agent-gateway-bench-'));
  try {
    const compiled = join(targetDir, 'wasm32-unknown-unknown', 'wasm-release', 'agent_gateway_client.wasm');
    await probe('wasm-bindgen', ['--target', 'web', '--no-typescript', '--out-dir', folder, compiled]);
    const named = join(folder, 'agent_gateway_client_bg.wasm');
    const table = await probe('twiggy', ['top', '-f', 'json', '-n', '1000000', named]);
    if (!table) return;
    const functions = JSON.parse(table).filter(({ name }) => !NO_FUNCTION.test(name));
    report.heading('Functions by crate, before wasm-opt (twiggy): raw, number');
    for (const [crate, { bytes, count }] of byCrate(functions)) {
      report.line(crate, `${whole(bytes).padStart(9)} ${whole(count).padStart(6)}`);
    }
    report.heading('Largest functions, before wasm-opt (twiggy): raw');
    for (const { name, shallow_size: bytes } of functions.slice(0, LARGEST)) {
      console.log(`  ${whole(bytes).padStart(9)}  ${name.replace(/::h[0-9a-f]{16}$/, '')}`);
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function byCrate(functions) {
  const crates = new Map();
  for (const { name, shallow_size: bytes } of functions) {
    // The crate of `<dyn a::B as c::D>::e` is that of `a`; names without a path are those of exports and intrinsics.
    const crate = name.match(/^[<&*]*(?:dyn |mut |\[)*([a-z_]\w*)(?:\[\w+\])?::/)?.[1] ?? 'other';
    const known = crates.get(crate) ?? { bytes: 0, count: 0 };
    crates.set(crate, { bytes: known.bytes + bytes, count: known.count + 1 });
  }
  return [...crates].sort(([, a], [, b]) => b.bytes - a.bytes);
}

function sizeOf(bytes) {
  return {
    raw: bytes.length,
    gzip: gzipSync(bytes, { level: 9 }).length,
    brotli: brotliCompressSync(bytes).length,
  };
}

function sum(sizes) {
  const total = (key) => sizes.reduce((all, size) => all + size[key], 0);
  return { raw: total('raw'), gzip: total('gzip'), brotli: total('brotli') };
}

function difference(whole, parts) {
  const known = sum(parts);
  return { raw: whole.raw - known.raw, gzip: whole.gzip - known.gzip, brotli: whole.brotli - known.brotli };
}

function text({ raw, gzip, brotli }) {
  return [raw, gzip, brotli].map((bytes) => whole(bytes).padStart(9)).join('');
}
