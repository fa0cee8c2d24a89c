import binaryen from 'binaryen';

/** Where a panic ends up: what makes its message, which nothing in a browser shows, and what would unwind. */
const PANICS = [
  /panicking::/,
  /::panic_already_(mutably_)?borrowed$/,
  /::(unwrap|expect|assert)_failed$/,
  /::slice_index_fail$/,
  /::raw_vec::(handle_error|capacity_overflow)$/,
  /alloc_error_h(andler|ook)$/,
  /::handle_alloc_error$/,
  /::rust_(begin_unwind|oom)$/,
  /::__rust_start_panic$/,
];
/** What writes values as text. In this module only panics do. */
const FORMATTING = [/\bfmt::/, /::_fmt$/, /::do_count_chars$/];

/**
 * Makes every panic a trap at once, as an abort is in the end, and lets the optimiser drop the making of its message.
 *
 * @param {Uint8Array} bytes a module with names
 * @returns {Uint8Array}
 * @throws Error where code that is no panic formats text: it would trap
 */
export function withoutPanicMessages(bytes) {
  binaryen.setDebugInfo(true);
  const module = binaryen.readBinary(bytes);
  const functions = Array.from({ length: module.getNumFunctions() }, (_, index) =>
    module.getFunctionByIndex(index),
  );
  for (const reference of functions) {
    const { name, module: imported } = binaryen.getFunctionInfo(reference);
    if (!imported && [...PANICS, ...FORMATTING].some((pattern) => pattern.test(name)))
      binaryen.Function.setBody(reference, module.unreachable());
  }
  refuseFormatting(module.emitText());
  return module.emitBinary();
}

function refuseFormatting(text) {
  let caller;
  for (const line of text.split('\n')) {
    caller = nameAfter(' (func ', line) ?? caller;
    const callee = nameAfter('(call ', line.trim());
    if (callee && FORMATTING.some((pattern) => pattern.test(callee)))
      throw new Error(`${caller} calls ${callee}, which the build takes out`);
  }
}

/** The name that a line of WebAssembly text mentions, plain or in quotes. */
function nameAfter(keyword, line) {
  if (!line.startsWith(`${keyword}$`)) return undefined;
  return /^"([^"]*)"|^\S+/.exec(line.slice(keyword.length + 1))?.[0];
}
