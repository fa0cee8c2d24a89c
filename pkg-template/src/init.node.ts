import { readFile } from 'node:fs/promises';
import { compile, initOnce, type InitInput } from './loader-slim.js';

/** The same as in a browser, except that the file is read from the disk. */
export function init(input?: InitInput | Promise<InitInput>): Promise<void> {
  return initOnce(() => compile(input ?? readFile(new URL(WASM_FILE, import.meta.url))));
}
