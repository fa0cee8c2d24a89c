import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as esbuild from 'esbuild';
import * as vite from 'vite';
import webpack from 'webpack';

/**
 * Each without plugins and without settings for this package. A bundle is written as `main.js`, an ECMAScript module
 * unless it is marked as a `classic` script.
 */
export const bundlers = [
  { name: 'esbuild', entries: ['default'], bundle: bundleWithEsbuild },
  { name: 'webpack', entries: ['default', 'slim'], bundle: bundleWithWebpack, classic: true },
  { name: 'Vite build', entries: ['default', 'slim', 'slim-url'], bundle: bundleWithVite },
  { name: 'Vite development server', entries: ['default', 'slim', 'slim-url'], serve: serveWithVite },
];

function bundleWithEsbuild({ entry, output }) {
  return esbuild.build({
    bundle: true,
    entryPoints: [entry],
    format: 'esm',
    logLevel: 'error',
    minify: true,
    outfile: join(output, 'main.js'),
  });
}

function bundleWithWebpack({ folder, entry, output }) {
  const compiler = webpack({
    context: folder,
    entry,
    mode: 'production',
    output: { filename: 'main.js', path: output },
  });
  return new Promise((resolve, reject) => {
    compiler.run((error, stats) => {
      const problem = error ?? (stats.hasErrors() ? new Error(stats.toString('errors-only')) : undefined);
      compiler.close(() => (problem ? reject(problem) : resolve()));
    });
  });
}

function bundleWithVite({ folder, entry, output }) {
  return vite.build({
    root: folder,
    configFile: false,
    logLevel: 'error',
    base: './',
    build: {
      emptyOutDir: false,
      outDir: output,
      rollupOptions: { input: entry, output: { entryFileNames: 'main.js' } },
    },
  });
}

async function serveWithVite({ folder }, html) {
  writeFileSync(join(folder, 'index.html'), html);
  const server = await vite.createServer({
    root: folder,
    configFile: false,
    logLevel: 'error',
    server: { host: '127.0.0.1', port: 0 },
  });
  await server.listen();
  const { port } = server.httpServer.address();
  return { url: `http://127.0.0.1:${port}/`, close: () => server.close() };
}
