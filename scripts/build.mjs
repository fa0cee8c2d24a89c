// Builds the npm package into pkg/.
import { copyFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { seconds } from './lib/process.mjs';
import { packageDir, packageVersion, root } from './lib/project.mjs';
import { printSizes } from './build/sizes.mjs';
import { whenChanged } from './lib/stamps.mjs';
import { buildWasm, MODULES } from './build/wasm.mjs';
import { ensureBuildTools } from './tools.mjs';

/** Of the one library that is bundled; it has to go with every copy. */
const PARSER_LICENSE = 'node_modules/eventsource-parser/LICENSE';

/** Builds what changed; resolves when pkg/ is complete. */
export async function buildPackage() {
  const started = Date.now();
  await ensureBuildTools();
  await buildWasm();
  const inputs = [
    'pkg-template',
    'Cargo.toml',
    'LICENSE',
    PARSER_LICENSE,
    'tsconfig.json',
    'scripts/build',
    'scripts/build.mjs',
  ];
  const modules = Object.values(MODULES).flatMap(({ bindgen, wasm }) => [bindgen, wasm]);
  await whenChanged(
    'package',
    {
      inputs: [...inputs.map((input) => join(root, input)), ...modules],
      outputs: ['index.mjs', 'index.cjs', 'index.d.ts', 'package.json'].map((file) => join(packageDir, file)),
    },
    assemble,
  );
  console.log(`package: pkg/ is ready (${seconds(started)})`);
}

async function assemble() {
  console.log('package: bundling the entries');
  rmSync(packageDir, { recursive: true, force: true });
  mkdirSync(packageDir, { recursive: true });
  // Loaded late: before `ensureBuildTools` the npm packages may be missing.
  const { bundleEntries } = await import('./build/bundle.mjs');
  const { emitTypes } = await import('./build/types.mjs');
  await bundleEntries();
  console.log('package: writing the declarations');
  await emitTypes();
  writeManifest();
  for (const file of ['README.md', 'AGENTS.md']) {
    copyFileSync(join(root, 'pkg-template', file), join(packageDir, file));
  }
  copyFileSync(join(root, 'LICENSE'), join(packageDir, 'LICENSE'));
  copyFileSync(join(root, PARSER_LICENSE), join(packageDir, 'LICENSE.eventsource-parser'));
  printSizes();
}

function writeManifest() {
  const template = JSON.parse(readFileSync(join(root, 'pkg-template', 'package.json'), 'utf8'));
  const manifest = { ...template, version: packageVersion() };
  writeFileSync(join(packageDir, 'package.json'), `${JSON.stringify(manifest, null, 2)}\n`);
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  buildPackage().catch((error) => {
    console.error(`build: ${error.message}`);
    process.exit(1);
  });
}
