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

/** What calls a Rust closure for JavaScript. Those that are in use are exported; the others come with js-sys. */
const CLOSURES = [/^wasm_bindgen::convert::closures::.*::invoke/];

/**
 * Takes out what no call in a browser reaches, though a table still names it, so that the optimiser can drop it.
 *
 * A panic becomes a trap at once, which it is in the end anyhow: its message is never made.
 *
 * @param {Uint8Array} bytes a module with names
 * @returns {Uint8Array}
 * @throws Error where code that is no panic formats text: it would trap
 */
export function withoutUnreachable(bytes) {
  binaryen.setDebugInfo(true);
  const module = binaryen.readBinary(bytes);
  const exported = new Set(
    times(module.getNumExports(), (index) => binaryen.getExportInfo(module.getExportByIndex(index)).value),
  );
  for (const reference of times(module.getNumFunctions(), (index) => module.getFunctionByIndex(index))) {
    const { name, module: imported } = binaryen.getFunctionInfo(reference);
    const matches = (pattern) => pattern.test(name);
    const unused =
      [...PANICS, ...FORMATTING].some(matches) || (CLOSURES.some(matches) && !exported.has(name));
    if (unused && !imported) binaryen.Function.setBody(reference, module.unreachable());
  }
  refuseFormatting(module.emitText());
  return module.emitBinary();
}

/** Where a panic happened: files of this crate, of others and of the standard library. */
const SOURCE_FILES = /(?:\/rustc\/[0-9a-f]{40}|index\.crates\.io-[0-9a-f]+|src)\/[\w./-]+?\.rs/g;

/** Blanks the names of source files: only the messages of panics held them. No length changes. */
export function withoutSourceFiles(bytes) {
  const text = Buffer.from(bytes).toString('latin1');
  const blanked = text.replace(SOURCE_FILES, (name) => '\0'.repeat(name.length));
  return Buffer.from(blanked, 'latin1');
}

const times = (count, make) => Array.from({ length: count }, (_, index) => make(index));

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
