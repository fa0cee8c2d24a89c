import { copyFileSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { run } from '../lib/process.mjs';
import { root, targetDir, workDir } from '../lib/project.mjs';
import { whenChanged } from '../lib/stamps.mjs';

const bindgenDir = join(workDir, 'bindgen');
/** The generated JavaScript around the module. */
export const glueFile = join(bindgenDir, 'agent_gateway_client.js');
/** The optimised module. */
export const wasmFile = join(workDir, 'agent_gateway_client.wasm');

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
export function buildWasm() {
  const inputs = ['src', 'Cargo.toml', 'Cargo.lock', '.cargo', 'scripts/build/wasm.mjs'];
  return whenChanged(
    'wasm',
    { inputs: inputs.map((input) => join(root, input)), outputs: [glueFile, wasmFile] },
    async () => {
      await compile();
      await bind();
      await optimise();
    },
  );
}

async function compile() {
  console.log('wasm: cargo build --profile wasm-release');
  await run(
    'cargo',
    [
      'build',
      '--lib',
      '--features',
      'npm',
      '--profile',
      'wasm-release',
      '--target',
      'wasm32-unknown-unknown',
    ],
    // wasm-bindgen reads the section with the target's features, which a full strip removes; wasm-opt strips later.
    { quiet: true, env: { CARGO_PROFILE_WASM_RELEASE_STRIP: 'debuginfo', CARGO_TARGET_DIR: targetDir } },
  );
}

async function bind() {
  rmSync(bindgenDir, { recursive: true, force: true });
  mkdirSync(bindgenDir, { recursive: true });
  const compiled = join(targetDir, 'wasm32-unknown-unknown', 'wasm-release', 'agent_gateway_client.wasm');
  const options = [
    '--target',
    'web',
    '--no-typescript',
    '--remove-name-section',
    '--remove-producers-section',
  ];
  await run('wasm-bindgen', [...options, '--out-dir', bindgenDir, compiled], { quiet: true });
}

async function optimise() {
  const bound = join(bindgenDir, 'agent_gateway_client_bg.wasm');
  const wasmOpt = join(root, 'node_modules', 'binaryen', 'bin', 'wasm-opt');
  const options = ['-Oz', '--converge', '--strip-debug', '--strip-producers', '--strip-target-features'];
  const features = ['-mvp', ...FEATURES.map((feature) => `--enable-${feature}`)];
  const optimised = join(workDir, 'optimised.wasm');
  await run(process.execPath, [wasmOpt, bound, '-o', optimised, ...features.slice(1), ...options], {
    quiet: true,
  });
  copyFileSync(optimised, wasmFile);
}
