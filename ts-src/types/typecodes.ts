/**
 * The codes that say of what type a value is. Two name spaces share the letters: `rtti` stands before values of
 * dynamic type, `item` before the items of sequences. See docs/format.md, "Dynamic values" and "Sequences".
 */

const codeOf = (letter: string): number => letter.charCodeAt(0);

export const rtti = {
  uint8: codeOf('B'),
  int8: codeOf('b'),
  uint16: codeOf('H'),
  int16: codeOf('h'),
  uint32: codeOf('I'),
  int32: codeOf('i'),
  uint64: codeOf('Q'),
  int64: codeOf('q'),
  float32: codeOf('f'),
  float64: codeOf('d'),
  bool: codeOf('T'),
  bytes: codeOf('s'),
  text: codeOf('u'),
  list: codeOf('e'),
  tuple: codeOf('t'),
  set: codeOf('Z'),
  dict: codeOf('m'),
  listView: codeOf('E'),
  tupleView: codeOf('W'),
  setView: codeOf('z'),
  dictView: codeOf('M'),
} as const;

export const item = {
  uint8: codeOf('B'),
  int8: codeOf('b'),
  uint16: codeOf('H'),
  int16: codeOf('h'),
  uint32: codeOf('I'),
  int32: codeOf('i'),
  uint64: codeOf('Q'),
  int64: codeOf('q'),
  float32: codeOf('f'),
  float64: codeOf('d'),
  pointer32: codeOf('T'),
  pointer64: codeOf('t'),
  bitmap56: codeOf('m'),
  bitmap120: codeOf('M'),
} as const;

/** All codes that the format itself gives a meaning. */
export const builtinCodes: ReadonlySet<number> = new Set([...'BbHhIiQqdfTsueEtWmMZzvVFnr'].map(codeOf));

/** How a code looks in a message: `'S' (0x53)`. */
export function showCode(code: number): string {
  const hex = `0x${code.toString(16).padStart(2, '0')}`;
  return code > 0x20 && code < 0x7f ? `'${String.fromCharCode(code)}' (${hex})` : hex;
}

/** Bytes of one item by code, 0 for codes that are none. */
export const itemSizes = new Uint8Array(256);
for (const code of [item.int8, item.uint8]) itemSizes[code] = 1;
for (const code of [item.int16, item.uint16]) itemSizes[code] = 2;
for (const code of [item.int32, item.uint32, item.float32, item.pointer32]) itemSizes[code] = 4;
for (const code of [item.int64, item.uint64, item.float64, item.pointer64]) itemSizes[code] = 8;

/** 1 for the codes whose lengths have 24 bits. */
export const hasShortHeader = new Uint8Array(256);
for (const code of [item.int8, item.uint8, item.int16, item.uint16, item.int32, item.uint32]) {
  hasShortHeader[code] = 1;
}
