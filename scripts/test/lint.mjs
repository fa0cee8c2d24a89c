import { join } from 'node:path';
import { root } from '../lib/project.mjs';

const WASM_FOR_RUST = ['--target', 'wasm32-unknown-unknown'];
const WASM_STREAM = [...WASM_FOR_RUST, '--features', 'npm'];
const WASM_MUX = [...WASM_FOR_RUST, '--features', 'npm,mux'];
const WASM = [...WASM_FOR_RUST, '--features', 'npm,run'];

const WASM_OPENCLAW = [...WASM_FOR_RUST, '--no-default-features', '--features', 'npm,openclaw'];

const WASM_SIGNER = [...WASM_FOR_RUST, '--no-default-features', '--features', 'npm,signer'];

const LEPTOS_CHAT = 'examples/leptos-chat/Cargo.toml';

/** The checks of the lint step: `[title, command, arguments, environment]`. */
export function lintChecks() {
  const denied = ['--', '-D', 'warnings'];
  const rustdoc = { RUSTDOCFLAGS: '-D warnings' };
  return [
    ['rustfmt', 'cargo', ['fmt', '--all', '--', '--check']],
    ['rustfmt, Leptos page', 'cargo', ['fmt', '--manifest-path', LEPTOS_CHAT, '--', '--check']],
    ['clippy, host', 'cargo', ['clippy', '--workspace', '--all-targets', ...denied]],
    ['clippy, WebAssembly', 'cargo', ['clippy', ...WASM, '--lib', '--test', 'browser', ...denied]],
    ['clippy, WebAssembly for Rust', 'cargo', ['clippy', ...WASM_FOR_RUST, '--lib', ...denied]],
    [
      'clippy, the run for Rust',
      'cargo',
      ['clippy', ...WASM_FOR_RUST, '--features', 'run', '--lib', '--test', 'browser', ...denied],
    ],
    ['clippy, WebAssembly without the run', 'cargo', ['clippy', ...WASM_MUX, '--lib', ...denied]],
    ['clippy, WebAssembly without the mux', 'cargo', ['clippy', ...WASM_STREAM, '--lib', ...denied]],
    ['clippy, WebAssembly for OpenClaw', 'cargo', ['clippy', ...WASM_OPENCLAW, '--lib', ...denied]],
    ['clippy, WebAssembly of the signer', 'cargo', ['clippy', ...WASM_SIGNER, '--lib', ...denied]],
    ['rustdoc, host', 'cargo', ['doc', '--workspace', '--no-deps'], rustdoc],
    ['rustdoc, WebAssembly', 'cargo', ['doc', ...WASM, '--lib', '--no-deps'], rustdoc],
    ['prettier', process.execPath, [bin('prettier', 'bin/prettier.cjs'), '--check', '.']],
    ['tsc, facade', process.execPath, [tsc, '-p', 'tsconfig.json', '--noEmit']],
    ['tsc, Node loader', process.execPath, [tsc, '-p', 'tsconfig.node.json', '--noEmit']],
    ['tsc, chat page', process.execPath, [tsc, '-p', 'examples/chat', '--noEmit']],
    ['tsc, fleet page', process.execPath, [tsc, '-p', 'examples/fleet', '--noEmit']],
  ];
}

const tsc = bin('typescript', 'bin/tsc');

function bin(name, path) {
  return join(root, 'node_modules', name, path);
}
