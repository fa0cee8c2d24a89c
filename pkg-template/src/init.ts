import { compile, initOnce, type InitInput } from './loader-slim.js';

export type { InitInput } from './loader-slim.js';

/**
 * Loads the WebAssembly module; call it before the first client is made.
 *
 * Without an argument the file beside this script is loaded. Later calls do nothing, a failed call may be repeated.
 *
 * @throws GatewayError with code `wasm_unavailable` or `wasm_load_failed`
 */
export function init(input?: InitInput | Promise<InitInput>): Promise<void> {
  return initOnce(() => compile(input ?? new URL(WASM_FILE, import.meta.url)));
}
