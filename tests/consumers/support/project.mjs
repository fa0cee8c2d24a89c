import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { run } from '../../../scripts/lib/process.mjs';
import { root } from '../../../scripts/lib/project.mjs';
import { packTarball } from '../../../scripts/pack.mjs';
import { npm } from '../../../scripts/tools.mjs';

let packed;

/**
 * Creates a project outside of the repository with the packed package installed, as a user would.
 *
 * `files` maps paths to texts, `copies` maps paths to folders, `links` names packages of the repository's node_modules
 * that the project may import. Resolves with `{ folder, remove }`.
 */
export async function createProject({ files = {}, copies = {}, links = [], type = 'module' } = {}) {
  const tarball = await (packed ??= packTarball());
  const folder = mkdtempSync(join(tmpdir(), 'consumer-'));
  write(folder, 'package.json', JSON.stringify({ name: 'consumer', private: true, type }));
  const [command, args] = npm([
    'install',
    '--offline',
    '--no-audit',
    '--no-fund',
    '--no-package-lock',
    tarball,
  ]);
  await run(command, args, { cwd: folder, quiet: true, timeoutMs: 60_000 });

  for (const [path, text] of Object.entries(files)) write(folder, path, text);
  for (const [path, source] of Object.entries(copies))
    cpSync(source, join(folder, path), { recursive: true });
  for (const name of links) {
    const link = join(folder, 'node_modules', name);
    mkdirSync(dirname(link), { recursive: true });
    symlinkSync(join(root, 'node_modules', name), link, 'junction');
  }
  return { folder, remove: () => rmSync(folder, { recursive: true, force: true }) };
}

function write(folder, path, text) {
  const file = join(folder, path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
}
