import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { join } from 'node:path';
import { run } from '../../scripts/lib/process.mjs';
import { root } from '../../scripts/lib/project.mjs';
import { createProject } from '../consumers/support/project.mjs';

const TSC = join(root, 'node_modules', 'typescript', 'bin', 'tsc');
const STRICT = [
  '--noEmit',
  '--strict',
  '--exactOptionalPropertyTypes',
  '--skipLibCheck',
  'false',
  '--types',
  '',
];
const PLAIN_LIB = ['--target', 'es2022', '--lib', 'es2022,dom'];
const APPLICATION = ['application', 'chat-store', 'events', 'mux', 'mux-types', 'run', 'openclaw'].map(
  (name) => `src/${name}.ts`,
);
const DISPOSABLE_LIB = ['--target', 'es2022', '--lib', 'es2022,dom,esnext.disposable'];

describe('the declarations of the packed package', () => {
  let project;
  before(async () => {
    project = await createProject({ copies: { src: fileURLToPath(new URL('project', import.meta.url)) } });
  });
  after(() => project.remove());

  const settings = {
    'the bundler resolution': ['--module', 'esnext', '--moduleResolution', 'bundler'],
    'the node16 resolution': ['--module', 'node16', '--moduleResolution', 'node16'],
    'the nodenext resolution': ['--module', 'nodenext', '--moduleResolution', 'nodenext'],
  };
  for (const [title, resolution] of Object.entries(settings)) {
    const compile = (...args) =>
      run(process.execPath, [TSC, ...STRICT, ...resolution, ...args], { cwd: project.folder, quiet: true });

    test(`serve an application under ${title}, without newer libraries`, () =>
      compile(...PLAIN_LIB, ...APPLICATION));

    test(`merge with the library that knows Symbol.dispose under ${title}`, () =>
      compile(...DISPOSABLE_LIB, 'src/application.ts', 'src/using.ts'));
  }

  test('serve a CommonJS module under node16', () =>
    run(
      process.execPath,
      [TSC, ...STRICT, ...PLAIN_LIB, '--module', 'node16', '--moduleResolution', 'node16', 'src/common.cts'],
      { cwd: project.folder, quiet: true },
    ));
});
