import { fileURLToPath } from 'node:url';
import { defineConfig, loadEnv } from 'vite';
import { contentSecurityPolicy } from './policy.ts';

const root = fileURLToPath(new URL('.', import.meta.url));

export default defineConfig(({ command, mode }) => ({
  root,
  // Relative paths: the built page can be served from any directory.
  base: './',
  plugins: [contentSecurityPolicy(command === 'serve', loadEnv(mode, root).VITE_GATEWAY_URL)],
  resolve: {
    alias: {
      // In a project of your own this is `npm install agent-gateway-client` and no alias.
      'agent-gateway-client/run': fileURLToPath(new URL('../../pkg/run.mjs', import.meta.url)),
    },
  },
  // A data: URL would need an exception in the policy below.
  build: { target: 'es2023', assetsInlineLimit: 0 },
}));
