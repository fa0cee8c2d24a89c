import hex from '#wasm';
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
    return new WebAssembly.Module(bytes());
  } catch (cause) {
    throw new GatewayError('wasm_unavailable', `The WebAssembly module cannot be compiled: ${cause}`, cause);
  }
}

function bytes(): Uint8Array<ArrayBuffer> {
  const module = new Uint8Array(hex.length / 2);
  for (let index = 0; index < module.length; index++) {
    module[index] = parseInt(hex.slice(index * 2, index * 2 + 2), 16);
  }
  return module;
}
