import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import * as esbuild from 'esbuild';
import { publint } from 'publint';
import { formatMessage } from 'publint/utils';
import { run } from '../../scripts/lib/process.mjs';
import { packageVersion, root } from '../../scripts/lib/project.mjs';
import { packTarball } from '../../scripts/pack.mjs';
import { createProject } from './support/project.mjs';

const ATTW = join(root, 'node_modules', '@arethetypeswrong', 'cli', 'dist', 'index.js');
const MODULES = ['agent_gateway_client.wasm', 'mux.wasm', 'openclaw.wasm', 'run.wasm'];

describe('the packed package', () => {
  let project;
  let installed;
  before(async () => {
    project = await createProject();
    installed = join(project.folder, 'node_modules', 'agent-gateway-client');
  });
  after(() => project.remove());

  test('has nothing for publint to complain about', async () => {
    const { messages, pkg } = await publint({ pkgDir: installed, strict: true });
    assert.deepEqual(
      messages.map((message) => formatMessage(message, pkg)),
      [],
    );
  });

  test('has types that agree with its code in every resolution', async () => {
    const options = [
      '--exclude-entrypoints',
      ...MODULES.map((file) => `./${file}`),
      '--ignore-rules',
      'cjs-resolves-to-esm',
    ];
    await run(process.execPath, [ATTW, await packTarball(), ...options], { cwd: root, quiet: true });
  });

  test('carries the version of the crate and no dependencies', () => {
    const manifest = JSON.parse(readFileSync(join(installed, 'package.json'), 'utf8'));
    assert.equal(manifest.version, packageVersion());
    assert.deepEqual(manifest.dependencies ?? {}, {});
    assert.equal(manifest.sideEffects, false);
  });

  test('holds the WebAssembly of every slim entry, the licences, and no sources', () => {
    const files = readdirSync(installed, { recursive: true }).map(String);
    assert.deepEqual(files.filter((file) => file.endsWith('.wasm')).sort(), MODULES);
    for (const file of ['LICENSE', 'LICENSE.eventsource-parser', 'README.md', 'AGENTS.md'])
      assert.ok(files.includes(file), `${file} is missing`);
    const sources = files.filter(
      (file) => /\.(rs|map)$/.test(file) || (file.endsWith('.ts') && !file.endsWith('.d.ts')),
    );
    assert.deepEqual(sources, []);
  });

  test('costs a bundle that only uses a helper no WebAssembly', async () => {
    const size = async (code) => {
      const { outputFiles } = await esbuild.build({
        bundle: true,
        format: 'esm',
        minify: true,
        stdin: { contents: code, resolveDir: project.folder },
        write: false,
      });
      return outputFiles[0].contents.length;
    };
    const helper = await size(
      `import { isSessionTerminalEvent as f } from 'agent-gateway-client'; console.log(f);`,
    );
    const whole = await size(
      `import { AgentStreamClient as C } from 'agent-gateway-client'; console.log(C);`,
    );
    assert.ok(helper < 2_000, `a helper costs ${helper} bytes`);
    assert.ok(whole > 20_000, `the client costs ${whole} bytes`);
  });
});
