import { fileURLToPath } from 'node:url';
import { defineConfig, loadEnv, type Plugin } from 'vite';

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

/** Puts the page's policy into its head: no inline script or style, sockets only to a gateway. */
function contentSecurityPolicy(serve: boolean, gatewayUrl: string | undefined): Plugin {
  const local = ['http://127.0.0.1:*', 'ws://127.0.0.1:*', 'http://localhost:*', 'ws://localhost:*'];
  const policy = {
    'default-src': ["'self'"],
    'script-src': ["'self'", "'wasm-unsafe-eval'"],
    // The development server, unlike the build, hands out styles as inline elements and waits for its own restart in
    // a worker.
    'style-src': ["'self'", ...(serve ? ["'unsafe-inline'"] : [])],
    'worker-src': ["'self'", ...(serve ? ['blob:'] : [])],
    'connect-src': ["'self'", ...local, ...gatewayOrigins(gatewayUrl)],
    'object-src': ["'none'"],
    'base-uri': ["'none'"],
    'form-action': ["'none'"],
  };
  const content = Object.entries(policy)
    .map(([directive, sources]) => `${directive} ${sources.join(' ')}`)
    .join('; ');
  return {
    name: 'content-security-policy',
    transformIndexHtml: () => [
      {
        tag: 'meta',
        attrs: { 'http-equiv': 'Content-Security-Policy', content },
        injectTo: 'head-prepend',
      },
    ],
  };
}

function gatewayOrigins(gatewayUrl: string | undefined): string[] {
  if (!gatewayUrl) return [];
  const { origin } = new URL(gatewayUrl);
  return [origin, origin.replace(/^http/, 'ws')];
}
