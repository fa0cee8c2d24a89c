import { copyFileSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as esbuild from 'esbuild';
import { packageDir, root } from '../lib/project.mjs';
import { MODULES } from './wasm.mjs';

const sources = join(root, 'pkg-template', 'src');
const common = { bundle: true, minify: true, target: 'es2022', legalComments: 'none', logLevel: 'warning' };

/** The entries of the package; `slim` ones get the loader that waits for `init`. */
const ENTRIES = [
  { source: 'index.ts', output: 'index.mjs', format: 'esm' },
  { source: 'index.ts', output: 'index.cjs', format: 'cjs' },
  { source: 'slim.ts', output: 'slim.mjs', format: 'esm', slim: true },
  { source: 'slim.node.ts', output: 'slim.node.mjs', format: 'esm', slim: true },
  { source: 'mux-index.ts', output: 'mux.mjs', format: 'esm', module: MODULES.mux },
  { source: 'mux-index.ts', output: 'mux.cjs', format: 'cjs', module: MODULES.mux },
  { source: 'run.ts', output: 'run.mjs', format: 'esm', module: MODULES.run },
  { source: 'run.ts', output: 'run.cjs', format: 'cjs', module: MODULES.run },
  { source: 'openclaw.ts', output: 'openclaw.mjs', format: 'esm', module: MODULES.openclaw },
  { source: 'openclaw.ts', output: 'openclaw.cjs', format: 'cjs', module: MODULES.openclaw },
  {
    source: 'openclaw-slim.ts',
    output: 'openclaw-slim.mjs',
    format: 'esm',
    module: MODULES.openclaw,
    slim: true,
  },
  {
    source: 'openclaw-slim.node.ts',
    output: 'openclaw-slim.node.mjs',
    format: 'esm',
    module: MODULES.openclaw,
    slim: true,
  },
  { source: 'helpers.ts', output: 'helpers.mjs', format: 'esm' },
  { source: 'helpers.ts', output: 'helpers.cjs', format: 'cjs' },
];

/** What the facade takes from the glue of each module. */
const CLASSES = {
  stream: ['initSync', 'RawGateway'],
  mux: ['initSync', 'RawGateway'],
  run: ['initSync', 'RawGateway', 'RawChatRun'],
  openclaw: ['initSync', 'RawOpenClaw'],
};

/** Facade, glue and module → the JavaScript files of the package. */
export async function bundleEntries() {
  const glues = new Map();
  for (const module of Object.values(MODULES)) glues.set(module, await glueFactory(module));
  for (const { source, output, format, slim = false, module = MODULES.stream } of ENTRIES) {
    await esbuild.build({
      ...common,
      format,
      entryPoints: [join(sources, source)],
      outfile: join(packageDir, output),
      // `node` makes the names of CommonJS exports visible to an `import` in Node.
      platform: format === 'cjs' ? 'node' : 'neutral',
      external: ['node:*'],
      plugins: [resolveGenerated(glues.get(module), module.wasm, slim)],
    });
  }
  copyFileSync(MODULES.stream.wasm, join(packageDir, 'agent_gateway_client.wasm'));
  copyFileSync(MODULES.openclaw.wasm, join(packageDir, 'openclaw.wasm'));
}

/**
 * Wraps the glue in a function.
 *
 * Importing the package then runs none of it, and a client can get a second instance beside a broken one: the generated
 * code keeps its state in module variables.
 */
async function glueFactory({ glue, name }) {
  const names = CLASSES[name].join(', ');
  const { outputFiles } = await esbuild.build({
    ...common,
    stdin: {
      // Assigned, not exported: what turns exports into an object costs more than the object.
      contents: `import { ${names} } from ${JSON.stringify(glue)}; exported = { ${names} };`,
      resolveDir: root,
    },
    format: 'iife',
    write: false,
    // Only in the default initialiser, which is dropped.
    logOverride: { 'empty-import-meta': 'silent' },
  });
  return `export function createGlue(WebAssembly) { let exported; ${outputFiles[0].text} return exported; }`;
}

function resolveGenerated(glue, wasm, slim) {
  return {
    name: 'generated',
    setup(build) {
      build.onResolve({ filter: /^#glue$/ }, () => ({
        path: 'glue',
        namespace: 'generated',
        sideEffects: false,
      }));
      build.onLoad({ filter: /^glue$/, namespace: 'generated' }, () => ({ contents: glue, loader: 'js' }));
      build.onResolve({ filter: /^#wasm$/ }, () => ({ path: wasm }));
      // Two digits a byte keep what repeats in the module repeating in the text, so that it compresses better than
      // base64 does.
      build.onLoad({ filter: /\.wasm$/ }, ({ path }) => ({
        contents: readFileSync(path, 'hex'),
        loader: 'text',
      }));
      if (!slim) return;
      build.onResolve({ filter: /^\.\/loader\.js$/ }, () => ({ path: join(sources, 'loader-slim.ts') }));
    },
  };
}
