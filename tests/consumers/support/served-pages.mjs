import { after } from 'node:test';
import { fileURLToPath } from 'node:url';
import { launchBrowser } from './browser.mjs';
import { createProject } from './project.mjs';
import { serveFolder } from './static-server.mjs';

const SUPPORT = fileURLToPath(new URL('.', import.meta.url));

/**
 * Serves a project with these files, the packed package and this folder as `/support/`, and starts a browser for it.
 * Both end with the tests of the file.
 */
export async function servePages(files, startBrowser = launchBrowser) {
  const project = await createProject({ copies: { support: SUPPORT }, files });
  const browser = await startBrowser();
  const server = await serveFolder(project.folder);
  after(async () => {
    await server.close();
    await browser.close();
    project.remove();
  });
  return { browser, server };
}
