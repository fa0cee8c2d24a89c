// Formats everything: rustfmt and prettier.
import { join } from 'node:path';
import { run } from './lib/process.mjs';
import { root } from './lib/project.mjs';
import { ensureNodePackages } from './tools.mjs';

await ensureNodePackages();
await run('cargo', ['fmt', '--all']);
await run(process.execPath, [join(root, 'node_modules', 'prettier', 'bin', 'prettier.cjs'), '--write', '.']);
