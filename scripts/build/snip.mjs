import binaryen from 'binaryen';

/** Where a panic ends up: what makes its message, which nothing in a browser shows, and what would unwind. */
const PANICS = [
  /panicking::/,
  /::panic_already_(mutably_)?borrowed$/,
  /::(unwrap|expect|assert)_failed$/,
  /::slice_index_fail$/,
  /::slice_error_fail(_rt)?$/,
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
/** A `core::panic::Location`: the address and the length of the file's name, line and column. */
const LOCATION_BYTES = 16;

/** What the standard library says when it panics. */
const MESSAGES = new RegExp(
  [
    "slice index starts at |' but ends at ",
    'index out of bounds: the len is | but the index is ',
    'range (?:start|end) index | out of range for slice of length ',
    String.raw`(?:insertion|removal) index \(is |\) should be <=? len \(is `,
    String.raw`called \`(?:Result|Option)::unwrap\(\)\` on an? \`(?:Err|None)\` value`,
    'internal error: entered unreachable code(?:: empty internal node)?',
    'RefCell already (?:mutably )?borrowed|capacity overflow',
  ].join('|'),
  'g',
);

/** Blanks what only a panic reads: where it happened, and what is said of it. No length changes. */
export function withoutPanicData(bytes) {
  const blanked = Buffer.from(bytes);
  const module = binaryen.readBinary(blanked);
  const segments = times(module.getNumDataSegments(), (index) => {
    const { offset, data } = module.getDataSegmentInfo(module.getDataSegmentByIndex(index));
    return { offset, data: Buffer.from(data) };
  });
  const locations = segments.flatMap(locationsOf);
  for (const { data } of segments) {
    const place = blanked.indexOf(data);
    const kept = withoutTexts(data);
    for (const location of locations) {
      // The zeros at its end may be no part of the segment.
      for (const at of placesOf(location, data)) kept.fill(0, at, Math.min(at + LOCATION_BYTES, kept.length));
    }
    blanked.set(kept, place);
  }
  return blanked;
}

function withoutTexts(data) {
  const zeros = (text) => '\0'.repeat(text.length);
  return Buffer.from(data.toString('latin1').replace(SOURCE_FILES, zeros).replace(MESSAGES, zeros), 'latin1');
}

/** How the locations in each file of a segment begin. */
function locationsOf({ offset, data }) {
  const names = [...data.toString('latin1').matchAll(SOURCE_FILES)];
  return names.map(({ 0: name, index }) => Buffer.from(Uint32Array.of(offset + index, name.length).buffer));
}

function* placesOf(pattern, data) {
  for (let at = data.indexOf(pattern); at >= 0; at = data.indexOf(pattern, at + 1)) yield at;
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
