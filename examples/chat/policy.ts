import type { Plugin } from 'vite';

/** Puts the page's policy into its head: no inline script or style, sockets only to a gateway. */
export function contentSecurityPolicy(serve: boolean, gatewayUrl: string | undefined): Plugin {
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
  return [origin.replace(/^ws/, 'http'), origin.replace(/^http/, 'ws')];
}
