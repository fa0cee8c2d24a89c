import { fileURLToPath } from 'node:url';
import { defineConfig, loadEnv, type UserConfigFnObject } from 'vite';
import { contentSecurityPolicy } from './policy.ts';

/** The configuration of a page beside `configUrl`, which uses this entry of the package. */
export function pageConfig(configUrl: string, entry: 'openclaw' | 'run'): UserConfigFnObject {
  const root = fileURLToPath(new URL('.', configUrl));
  return defineConfig(({ command, mode }) => ({
    root,
    // Relative paths: the built page can be served from any directory.
    base: './',
    plugins: [contentSecurityPolicy(command === 'serve', loadEnv(mode, root).VITE_GATEWAY_URL)],
    resolve: {
      alias: {
        // In a project of your own this is `npm install agent-gateway-client` and no alias.
        [`agent-gateway-client/${entry}`]: fileURLToPath(new URL(`../../pkg/${entry}.mjs`, import.meta.url)),
      },
    },
    // A data: URL would need an exception in the policy.
    build: { target: 'es2023', assetsInlineLimit: 0 },
  }));
}
