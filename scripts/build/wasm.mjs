import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { run } from '../lib/process.mjs';
import { root, targetDir, workDir } from '../lib/project.mjs';
import { whenChanged } from '../lib/stamps.mjs';
import { withoutPanicData, withoutUnreachable } from './snip.mjs';

/** A page pays for size once and for each frame: what is called for every frame is marked in the sources. */
const FAST = { level: '3', inlineThreshold: 40 };
/** Where more is done in JavaScript than here. */
const SMALLER = { level: '2', inlineThreshold: 0 };
/** Where all that is done many times a second is done in JavaScript. */
const SMALLEST = { level: 'z', inlineThreshold: 5 };

/**
 * The modules of the package: what follows one operation at a time does without the mux, who has a chat of his own
 * without the run, OpenClaw without any of these; what signs for it where there is no WebCrypto stands alone.
 *
 * `bindgen` holds the generated JavaScript and the snippets of the sources that it imports, `glue` is the former, `wasm`
 * the optimised module.
 */
export const MODULES = {
  run: moduleFiles('run', ['--features', 'npm,run'], SMALLER),
  mux: moduleFiles('mux', ['--features', 'npm,mux'], SMALLER),
  stream: moduleFiles('stream', ['--features', 'npm'], FAST),
  openclaw: moduleFiles('openclaw', ['--no-default-features', '--features', 'npm,openclaw'], SMALLEST),
  signer: moduleFiles('signer', ['--no-default-features', '--features', 'npm,signer'], SMALLEST),
};

function moduleFiles(name, features, optimisation) {
  const folder = join(workDir, name);
  const bindgen = join(folder, 'bindgen');
  return {
    name,
    features,
    optimisation,
    folder,
    bindgen,
    glue: join(bindgen, 'agent_gateway_client.js'),
    wasm: join(folder, 'agent_gateway_client.wasm'),
  };
}

// What every engine since 2022 supports, and what rustc assumes for wasm32-unknown-unknown.
const FEATURES = [
  'bulk-memory',
  'bulk-memory-opt',
  'call-indirect-overlong',
  'multivalue',
  'mutable-globals',
  'nontrapping-float-to-int',
  'reference-types',
  'sign-ext',
];

/** Rust sources → glue and module. */
export async function buildWasm() {
  for (const module of Object.values(MODULES)) await buildModule(module);
}

function buildModule(module) {
  const inputs = [
    'src',
    'Cargo.toml',
    'Cargo.lock',
    '.cargo',
    'scripts/build/wasm.mjs',
    'scripts/build/snip.mjs',
  ];
  return whenChanged(
    `wasm, ${module.name}`,
    { inputs: inputs.map((input) => join(root, input)), outputs: [module.glue, module.wasm] },
    async () => {
      await compile(module);
      await bind(module);
      await optimise(module);
    },
  );
}

async function compile({ name, features, optimisation: { level, inlineThreshold } }) {
  console.log(`wasm, ${name}: cargo build --profile wasm-release`);
  await run(
    'cargo',
    ['build', '--lib', ...features, '--profile', 'wasm-release', '--target', 'wasm32-unknown-unknown'],
    {
      quiet: true,
      env: {
        RUSTFLAGS: [...withoutPaths(), `-Cllvm-args=-inline-threshold=${inlineThreshold}`].join(' '),
        CARGO_TARGET_DIR: targetDir,
        CARGO_PROFILE_WASM_RELEASE_OPT_LEVEL: level,
      },
    },
  );
}

/** Panics name their source file: in what ships, without the folders of the machine that built it. */
function withoutPaths() {
  const cargoHome = process.env.CARGO_HOME ?? join(homedir(), '.cargo');
  const rustupHome = process.env.RUSTUP_HOME ?? join(homedir(), '.rustup');
  const folders = [join(cargoHome, 'registry', 'src'), join(rustupHome, 'toolchains'), root];
  return folders.map((folder) => `--remap-path-prefix=${folder}=`);
}

async function bind({ bindgen }) {
  rmSync(bindgen, { recursive: true, force: true });
  mkdirSync(bindgen, { recursive: true });
  const compiled = join(targetDir, 'wasm32-unknown-unknown', 'wasm-release', 'agent_gateway_client.wasm');
  const options = ['--target', 'web', '--no-typescript', '--remove-producers-section'];
  await run('wasm-bindgen', [...options, '--out-dir', bindgen, compiled], { quiet: true });
}

async function optimise({ folder, bindgen, glue, wasm }) {
  const bound = join(bindgen, 'agent_gateway_client_bg.wasm');
  const wasmOpt = join(root, 'node_modules', 'binaryen', 'bin', 'wasm-opt');
  const snipped = join(folder, 'snipped.wasm');
  writeFileSync(snipped, withoutUnreachable(readFileSync(bound)));
  const inline = ['-ocimfs', '30'];
  // The stack grows towards address 0: nothing that a pointer leads to is down there.
  // Accesses that all claim the least alignment compress better; engines look at the address.
  const shrink = ['-Oz', '--low-memory-unused', '--converge', '--dealign'];
  // Functions of one module are alike: side by side they compress better.
  const order = ['--reorder-functions-by-name'];
  const strip = ['--strip-debug', '--strip-producers', '--strip-target-features'];
  const options = [...inline, ...shrink, ...order, ...strip];
  const features = FEATURES.map((feature) => `--enable-${feature}`);
  const optimised = join(folder, 'optimised.wasm');
  const minify = '--minify-imports-and-exports-and-modules';
  const command = [wasmOpt, snipped, '-o', optimised, ...features, ...options, minify];
  const output = await run(process.execPath, command, { quiet: true });
  // The names come first; notices may follow.
  const mapping = JSON.parse(output.slice(output.indexOf('{'), output.indexOf('\n}') + 2));
  writeFileSync(glue, renamed(readFileSync(glue, 'utf8'), mapping));
  writeFileSync(wasm, withoutPanicData(readFileSync(optimised)));
}

/** The glue with the short names that wasm-opt gave to the imports and exports of the module. */
function renamed(glue, { imports, exports }) {
  let text = glue;
  for (const [module, name, short] of imports) {
    text = module.startsWith('./snippets/')
      ? movedToGlue(text, module, name, short)
      : replaced(text, `\\b${name}: function`, `${short}: function`);
  }
  text = replaced(text, '"\\./agent_gateway_client_bg\\.js": ', '"a": ');
  for (const [name, short] of exports)
    text = text.replace(new RegExp(`\\bwasm\\.${name}\\b`, 'g'), `wasm.${short}`);
  return text;
}

/** All imports come from one module then; one that the glue passed through unseen becomes a member of its object. */
function movedToGlue(glue, module, name, short) {
  const [line, snippet] = new RegExp(`"${module}": (\\w+),`).exec(glue) ?? [];
  if (line) glue = glue.replace(line, '');
  const source = snippet ?? new RegExp(`import \\* as (\\w+) from "${module}"`).exec(glue)?.[1];
  return replaced(glue, 'const import0 = \\{', `const import0 = { ${short}: ${source}.${name},`);
}

function replaced(text, pattern, replacement) {
  const expression = new RegExp(pattern);
  if (!expression.test(text)) throw new Error(`The glue has no ${pattern}`);
  return text.replace(expression, replacement);
}
