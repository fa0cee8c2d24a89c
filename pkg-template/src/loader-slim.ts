import { addKinds, GatewayError } from './errors.js';

addKinds({
  not_initialized: {
    retryable: false,
    remediation:
      'Call `await init()` of the same entry before the first client is created, or import the entry that is not slim, which needs no initialisation.',
  },
  wasm_load_failed: {
    retryable: true,
    remediation: `Serve ${WASM_FILE.slice(2)} under the URL in the message, or give init() the bytes, a Response or a URL. Then call init() again.`,
  },
});

/** Where the module comes from. A string or a URL is fetched; a relative string is resolved against the page. */
export type InitInput = BufferSource | Response | URL | WebAssembly.Module | string;

let compiled: WebAssembly.Module | undefined;
let pending: Promise<void> | undefined;

/** The module that `init` loaded. */
export function compiledModule(): WebAssembly.Module {
  if (compiled) return compiled;
  throw new GatewayError('not_initialized', 'The WebAssembly module is not loaded yet');
}

/** Loads the module once; calls while loading share one attempt, a failed attempt is forgotten. */
export function initOnce(load: () => Promise<WebAssembly.Module>): Promise<void> {
  if (compiled) return Promise.resolve();
  pending ??= load()
    .then((module) => {
      compiled = module;
    })
    .finally(() => {
      pending = undefined;
    });
  return pending;
}

/**
 * Compiles a module from any input.
 *
 * @throws GatewayError with code `wasm_unavailable` or `wasm_load_failed`
 */
export async function compile(input: InitInput | Promise<InitInput>): Promise<WebAssembly.Module> {
  if (typeof WebAssembly === 'undefined') {
    throw new GatewayError('wasm_unavailable', 'This environment has no WebAssembly');
  }
  const source = await input;
  if (source instanceof WebAssembly.Module) return source;
  if (typeof source === 'string' || source instanceof URL) return compileResponse(await request(source));
  if (typeof Response !== 'undefined' && source instanceof Response) return compileResponse(source);
  return compileBytes(source as BufferSource);
}

async function request(url: URL | string): Promise<Response> {
  try {
    return await fetch(url);
  } catch (cause) {
    throw new GatewayError('wasm_load_failed', `${url} cannot be fetched: ${cause}`, cause);
  }
}

async function compileResponse(response: Response): Promise<WebAssembly.Module> {
  if (!response.ok) {
    throw new GatewayError('wasm_load_failed', `${response.url} was answered with status ${response.status}`);
  }
  // Streaming compilation insists on the MIME type; many static servers do not know it.
  const streams =
    typeof WebAssembly.compileStreaming === 'function' &&
    response.headers.get('content-type')?.split(';')[0].trim() === 'application/wasm';
  if (!streams) return compileBytes(await bytesOf(response), response.url);
  try {
    return await WebAssembly.compileStreaming(response);
  } catch (cause) {
    throw compileFailure(cause, response.url);
  }
}

async function bytesOf(response: Response): Promise<ArrayBuffer> {
  try {
    return await response.arrayBuffer();
  } catch (cause) {
    throw new GatewayError('wasm_load_failed', `${response.url} cannot be read: ${cause}`, cause);
  }
}

async function compileBytes(bytes: BufferSource, origin = 'The given input'): Promise<WebAssembly.Module> {
  try {
    return await WebAssembly.compile(bytes);
  } catch (cause) {
    throw compileFailure(cause, origin);
  }
}

function compileFailure(cause: unknown, origin: string): GatewayError {
  const refusedByPolicy = /unsafe-eval|Content Security Policy|blocked by CSP/i.test(String(cause));
  if (refusedByPolicy) {
    return new GatewayError('wasm_unavailable', `The page's policy forbids WebAssembly: ${cause}`, cause);
  }
  return new GatewayError('wasm_load_failed', `${origin} is not the WebAssembly module: ${cause}`, cause);
}
