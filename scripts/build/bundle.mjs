import { copyFileSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as esbuild from 'esbuild';
import { packageDir, root } from '../lib/project.mjs';
import { inlined } from './inline.mjs';
import { MODULES } from './wasm.mjs';

const sources = join(root, 'pkg-template', 'src');
const common = { bundle: true, minify: true, target: 'es2022', legalComments: 'none', logLevel: 'warning' };

/** The entries of the package, each over a module that it holds as text. */
const INLINE = [
  { source: 'index.ts', output: 'index', module: MODULES.stream },
  { source: 'mux-index.ts', output: 'mux', module: MODULES.mux },
  { source: 'run.ts', output: 'run', module: MODULES.run },
  { source: 'openclaw.ts', output: 'openclaw', module: MODULES.openclaw },
  { source: 'openclaw-signer.ts', output: 'openclaw-signer', module: MODULES.signer },
  { source: 'helpers.ts', output: 'helpers', module: MODULES.stream },
];

/** The entries that leave it to the caller when the module is loaded, from a file beside them. */
const SLIM = [
  { source: 'slim.ts', output: 'slim', module: MODULES.stream, file: 'agent_gateway_client.wasm' },
  { source: 'mux-slim.ts', output: 'mux-slim', module: MODULES.mux, file: 'mux.wasm' },
  { source: 'run-slim.ts', output: 'run-slim', module: MODULES.run, file: 'run.wasm' },
  { source: 'openclaw-slim.ts', output: 'openclaw-slim', module: MODULES.openclaw, file: 'openclaw.wasm' },
];

/** What the facade takes from the glue of each module. */
const CLASSES = {
  stream: ['initSync', 'RawGateway'],
  mux: ['initSync', 'RawGateway'],
  run: ['initSync', 'RawGateway', 'RawChatRun'],
  openclaw: ['initSync', 'RawOpenClaw'],
  signer: ['initSync', 'RawSigner'],
};

/** Facade, glue and module → the JavaScript files of the package, and the modules beside them. */
export async function bundleEntries() {
  const glues = new Map();
  for (const module of Object.values(MODULES)) glues.set(module, await glueFactory(module));
  for (const { source, output, module } of INLINE) {
    const plugins = [generated(glues.get(module), module.wasm)];
    await bundle({ source, output: `${output}.mjs`, format: 'esm', plugins });
    // `node` makes the names of CommonJS exports visible to an `import` in Node.
    await bundle({ source, output: `${output}.cjs`, format: 'cjs', platform: 'node', plugins });
  }
  for (const { source, output, module, file } of SLIM) {
    copyFileSync(module.wasm, join(packageDir, file));
    const define = { WASM_FILE: JSON.stringify(`./${file}`) };
    const slim = [generated(glues.get(module), module.wasm), inPlaceOf('./loader.js', 'loader-slim.ts')];
    await bundle({ source, output: `${output}.mjs`, format: 'esm', define, plugins: slim });
    const node = [...slim, inPlaceOf('./init.js', 'init.node.ts')];
    await bundle({ source, output: `${output}.node.mjs`, format: 'esm', define, plugins: node });
  }
}

function bundle({ source, output, platform = 'neutral', ...options }) {
  const files = { entryPoints: [join(sources, source)], outfile: join(packageDir, output) };
  return esbuild.build({ ...common, ...files, platform, external: ['node:*'], ...options });
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
      contents: `import { ${names} } from ${JSON.stringify(glue)}; glue = { ${names} };`,
      resolveDir: root,
    },
    format: 'iife',
    write: false,
    // Only in the default initialiser, which is dropped.
    logOverride: { 'empty-import-meta': 'silent' },
  });
  return `export function createGlue(WebAssembly) { let glue; ${outputFiles[0].text} return glue; }`;
}

/** What the sources of the facade take from the build: the glue, and the module where it is inlined. */
function generated(glue, wasm) {
  const namespace = 'generated';
  return {
    name: namespace,
    setup(build) {
      build.onResolve({ filter: /^#glue$/ }, () => ({ path: 'glue', namespace, sideEffects: false }));
      build.onLoad({ filter: /^glue$/, namespace }, () => ({ contents: glue }));
      build.onResolve({ filter: /^#wasm$/ }, () => ({ path: 'wasm', namespace, sideEffects: false }));
      build.onLoad({ filter: /^wasm$/, namespace }, () => ({ contents: inlined(readFileSync(wasm)) }));
    },
  };
}

/** Takes another source for what the facade imports under a name. */
function inPlaceOf(name, source) {
  const filter = new RegExp(`^${name.replaceAll('.', '\\.')}$`);
  return {
    name: source,
    setup: (build) => build.onResolve({ filter }, () => ({ path: join(sources, source) })),
  };
}
