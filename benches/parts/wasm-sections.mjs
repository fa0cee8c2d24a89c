const HEADER_BYTES = 8;
const NAMES = [
  'custom',
  'type',
  'import',
  'function',
  'table',
  'memory',
  'global',
  'export',
  'start',
  'element',
  'code',
  'data',
  'data count',
  'tag',
];

/** The sections of a WebAssembly module in their order: `{ name, bytes }`. */
export function wasmSections(module) {
  const sections = [];
  let at = HEADER_BYTES;
  while (at < module.length) {
    const id = module[at];
    const { value: length, end } = unsignedLeb(module, at + 1);
    const bytes = module.subarray(end, end + length);
    sections.push({
      name: id === 0 ? `custom: ${customName(bytes)}` : (NAMES[id] ?? `section ${id}`),
      bytes,
    });
    at = end + length;
  }
  return sections;
}

function customName(bytes) {
  const { value: length, end } = unsignedLeb(bytes, 0);
  return bytes.subarray(end, end + length).toString('utf8');
}

function unsignedLeb(bytes, start) {
  let value = 0;
  for (let at = start, factor = 1; ; at++, factor *= 128) {
    value += (bytes[at] & 127) * factor;
    if (bytes[at] < 128) return { value, end: at + 1 };
  }
}
