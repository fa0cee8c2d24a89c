import { cpSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { run } from '../lib/process.mjs';
import { lockedVersion, root, targetDir } from '../lib/project.mjs';
import { whenChanged } from '../lib/stamps.mjs';

const LEPTOS_CHAT = join(root, 'examples/leptos-chat');
const CHAT = join(root, 'examples/chat');

/** Apart from the repository's: two workspaces would write over each other's build of the crate. */
const artifacts = join(targetDir, 'leptos');

/** What is served besides the module; the styles and the icon are those of the page without a framework. */
const FILES = [
  [join(LEPTOS_CHAT, 'index.html'), 'index.html'],
  [join(LEPTOS_CHAT, 'page.css'), 'page.css'],
  [join(LEPTOS_CHAT, 'start.js'), 'start.js'],
  [join(CHAT, 'public/favicon.svg'), 'favicon.svg'],
  [join(CHAT, 'src/styles'), 'styles'],
];

/** Builds the Leptos page; resolves with the folder to serve. */
export async function buildLeptosChat() {
  const folder = join(LEPTOS_CHAT, 'dist');
  const [sources, manifest, lock] = ['src', 'Cargo.toml', 'Cargo.lock'].map((name) =>
    join(LEPTOS_CHAT, name),
  );
  const inputs = [join(root, 'src'), join(root, 'Cargo.toml'), sources, manifest, lock];
  await whenChanged(
    'leptos-chat',
    {
      inputs: [...inputs, ...FILES.map(([from]) => from), join(root, 'scripts/build/leptos.mjs')],
      outputs: [join(folder, 'index.html'), join(folder, 'leptos_chat_bg.wasm')],
    },
    () => build(folder),
  );
  return folder;
}

async function build(folder) {
  requireSameBindgen();
  console.log('leptos-chat: cargo build (the first time with all of Leptos: some minutes)');
  const target = 'wasm32-unknown-unknown';
  const command = ['build', '--locked', '--target', target];
  await run('cargo', command, { cwd: LEPTOS_CHAT, quiet: true, env: { CARGO_TARGET_DIR: artifacts } });
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const module = join(artifacts, target, 'debug/leptos-chat.wasm');
  const options = ['--target', 'web', '--no-typescript', '--out-name', 'leptos_chat', '--out-dir', folder];
  await run('wasm-bindgen', [...options, module], { quiet: true });
  for (const [from, to] of FILES) cpSync(from, join(folder, to), { recursive: true });
}

/** The installed wasm-bindgen is that of the repository; glue and crate speak a private format. */
function requireSameBindgen() {
  const [own, repository] = [
    lockedVersion('wasm-bindgen', 'examples/leptos-chat/Cargo.lock'),
    lockedVersion('wasm-bindgen'),
  ];
  if (own === repository) return;
  throw new Error(
    `examples/leptos-chat/Cargo.lock has wasm-bindgen ${own}, Cargo.lock ${repository}: run ` +
      `"cargo update -p wasm-bindgen --precise ${repository}" in examples/leptos-chat`,
  );
}
