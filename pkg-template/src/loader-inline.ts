import { frequent, letters, text } from '#wasm';
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

/** The bytes of the module; how they are written is told in `wasm.d.ts`. */
function bytes(): Uint8Array<ArrayBuffer> {
  const others = Array.from({ length: 256 }, (_, byte) => byte).filter((byte) => !frequent.includes(byte));
  const order = [...frequent, ...others];
  const places = new Uint8Array(128);
  for (let place = 0; place < letters.length; place++) places[letters.charCodeAt(place)] = place;

  const module = new Uint8Array(text.length);
  let length = 0;
  let pair = 0;
  for (let index = 0; index < text.length; index++) {
    const place = places[text.charCodeAt(index)];
    if (!pair && place >= frequent.length) {
      pair = frequent.length + (place - frequent.length) * letters.length;
    } else {
      module[length++] = order[pair + place];
      pair = 0;
    }
  }
  return module.subarray(0, length);
}
