import base64 from '#wasm';
import { GatewayError } from './errors.js';

let compiled: WebAssembly.Module | undefined;

/**
 * Compiles the inlined module at the first call.
 *
 * @throws GatewayError with code `wasm_unavailable`
 */
export function compiledModule(): WebAssembly.Module {
  return (compiled ??= compile());
}

function compile(): WebAssembly.Module {
  if (typeof WebAssembly === 'undefined') {
    throw new GatewayError('wasm_unavailable', 'This environment has no WebAssembly');
  }
  try {
    return new WebAssembly.Module(Uint8Array.from(atob(base64), (char) => char.charCodeAt(0)));
  } catch (cause) {
    throw new GatewayError('wasm_unavailable', `The WebAssembly module cannot be compiled: ${cause}`, cause);
  }
}
