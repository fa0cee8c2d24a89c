// Builds the package and packs it into dist/.
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { buildPackage } from './build.mjs';
import { run } from './lib/process.mjs';
import { distDir, packageDir, packageVersion } from './lib/project.mjs';
import { npm } from './tools.mjs';

/** Resolves with the path of the tarball. */
export async function packTarball() {
  await buildPackage();
  mkdirSync(distDir, { recursive: true });
  const [command, args] = npm(['pack', packageDir, '--pack-destination', distDir]);
  await run(command, args, { quiet: true });
  return join(distDir, `agent-gateway-client-${packageVersion()}.tgz`);
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  packTarball().then(
    (tarball) => console.log(tarball),
    (error) => {
      console.error(`pack: ${error.message}`);
      process.exit(1);
    },
  );
}
