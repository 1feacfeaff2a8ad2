/** Changes to files: anywhere, and where the format has lengths, counts, offsets and pointers. */
import { type Field, findSections, sealSections } from './fields.js';
import type { Random } from './random.js';

/** One change: at a position so many bytes are replaced by others. Positions are those after the changes before. */
export interface Edit {
  readonly at: number;
  readonly remove: number;
  readonly insert: Uint8Array;
}

export interface Mutated {
  readonly bytes: Uint8Array;
  readonly edits: readonly Edit[];
  /** Whether the checksums of sections are made right again at the end. */
  readonly sealed: boolean;
}

/** Nothing is made larger than this. */
const mostBytes = 4 * 2 ** 20;

export function apply(original: Uint8Array, edits: readonly Edit[], sealed: boolean): Uint8Array {
  let bytes = Uint8Array.from(original);
  for (const { at, remove, insert } of edits) {
    const start = Math.min(at, bytes.length);
    const end = Math.min(start + remove, bytes.length);
    if (end - start === insert.length) {
      bytes.set(insert, start);
    } else {
      const changed = new Uint8Array(bytes.length - (end - start) + insert.length);
      changed.set(bytes.subarray(0, start));
      changed.set(insert, start);
      changed.set(bytes.subarray(end), start + insert.length);
      bytes = changed;
    }
  }
  if (sealed) sealSections(bytes);
  return bytes;
}

type Mutation = (bytes: Uint8Array, fields: readonly Field[], random: Random, other: Uint8Array) => Edit;

const edit = (at: number, remove: number, insert: Uint8Array | readonly number[]): Edit => ({
  at,
  remove,
  insert: Uint8Array.from(insert),
});

const interestingBytes = [0, 1, 2, 7, 8, 0x0f, 0x10, 0x20, 0x7e, 0x7f, 0x80, 0xfe, 0xff];
/** Codes of values and items, among them some that are none. */
const codes = [...'BbHhIiQqdfTtmMzZLlUusSDnVvwWxXgFEeJKpPo'].map((letter) => letter.charCodeAt(0));

function flipBits(bytes: Uint8Array, random: Random): Edit {
  const at = random.below(bytes.length);
  return edit(at, 1, [(bytes[at] ?? 0) ^ (1 << random.below(8))]);
}

function setByte(bytes: Uint8Array, random: Random): Edit {
  const value = random.oneIn(3) ? random.pick(codes) : random.pick(interestingBytes);
  return edit(random.below(bytes.length), 1, [value]);
}

/** A run of bytes of one value, or of random ones. */
function setRun(bytes: Uint8Array, random: Random): Edit {
  const length = 1 + random.below(16);
  const at = random.below(bytes.length);
  const run = random.oneIn(2)
    ? random.bytes(length)
    : new Uint8Array(length).fill(random.pick(interestingBytes));
  return edit(at, length, run);
}

function truncate(bytes: Uint8Array, fields: readonly Field[], random: Random): Edit {
  const field = random.oneIn(3) && fields.length > 0 ? random.pick(fields) : undefined;
  const at = field === undefined ? random.below(bytes.length) : field.at + random.below(field.width + 1);
  return edit(at, bytes.length, []);
}

function extend(bytes: Uint8Array, random: Random): Edit {
  const length = 1 + random.below(random.oneIn(4) ? 4096 : 64);
  const more = random.oneIn(2)
    ? random.bytes(length)
    : new Uint8Array(length).fill(random.pick(interestingBytes));
  return edit(random.oneIn(2) ? bytes.length : random.below(bytes.length), 0, more);
}

function blockLength(bytes: Uint8Array, random: Random): number {
  return 1 + random.below(Math.min(bytes.length, random.pick([4, 8, 16, 64, 256, 4096])));
}

function splice(bytes: Uint8Array, random: Random, other: Uint8Array): Edit {
  const length = blockLength(other, random);
  const from = random.below(other.length - length + 1);
  const at = random.below(bytes.length);
  return edit(at, random.oneIn(2) ? length : blockLength(bytes, random), other.subarray(from, from + length));
}

function removeBlock(bytes: Uint8Array, random: Random): Edit {
  return edit(random.below(bytes.length), blockLength(bytes, random), []);
}

function repeatBlock(bytes: Uint8Array, random: Random): Edit {
  const length = blockLength(bytes, random);
  const from = random.below(bytes.length - length + 1);
  const to = random.below(bytes.length);
  return edit(to, random.oneIn(2) ? length : 0, bytes.subarray(from, from + length));
}

function littleEndian(value: bigint, width: number): Uint8Array {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setBigUint64(0, BigInt.asUintN(64, value), true);
  return bytes.subarray(0, width);
}

const interestingNumbers = [
  0n,
  1n,
  2n,
  8n,
  15n,
  16n,
  0x7fn,
  0x80n,
  0xffn,
  0x7fffn,
  0x8000n,
  0xffffn,
  2n ** 24n - 1n,
  2n ** 31n - 1n,
  2n ** 31n,
  2n ** 32n - 1n,
  2n ** 32n,
  2n ** 40n,
  2n ** 53n - 1n,
  2n ** 53n,
  2n ** 61n,
  2n ** 63n - 1n,
  2n ** 63n,
  2n ** 64n - 1n,
];

function numberAt(bytes: Uint8Array, { at, width }: Field): bigint {
  let value = 0n;
  for (let index = Math.min(width, bytes.length - at) - 1; index >= 0; index--) {
    value = (value << 8n) | BigInt(bytes[at + index] ?? 0);
  }
  return value;
}

/** Lengths, counts, offsets, pointers: small changes, absurd ones, and those of others. */
function setField(bytes: Uint8Array, fields: readonly Field[], random: Random): Edit {
  const field = fields.length > 0 ? random.pick(fields) : { at: random.below(bytes.length), width: 8 };
  const { at, width } = field;
  const value = numberAt(bytes, field);
  const size = BigInt(bytes.length);
  const choices = [
    () => value + BigInt(random.below(17) - 8),
    () => value + BigInt(8 * (random.below(9) - 4)),
    () => random.pick(interestingNumbers),
    () => size + BigInt(random.below(17) - 8),
    // As a pointer that counts from its own place, or from the start.
    () => BigInt(random.below(bytes.length)) - BigInt(at),
    () => BigInt(random.below(bytes.length)),
    () => -BigInt(random.below(64)),
    () => value * 2n,
    () => value / 2n,
    () => value << BigInt(8 * random.below(8)),
    () => numberAt(bytes, fields.length > 0 ? random.pick(fields) : field),
  ];
  return edit(at, width, littleEndian(random.pick(choices)(), width));
}

function swapFields(bytes: Uint8Array, fields: readonly Field[], random: Random): Edit {
  if (fields.length === 0) return flipBits(bytes, random);
  const to = random.pick(fields);
  const from = random.pick(fields);
  return edit(to.at, to.width, littleEndian(numberAt(bytes, from), to.width));
}

/** Somewhere in a section or in its descriptor; checksums are made right afterwards. */
function changeSection(bytes: Uint8Array, random: Random): Edit | undefined {
  const sections = findSections(bytes);
  if (sections.length === 0) return undefined;
  const { descriptor, start } = random.pick(sections);
  if (random.oneIn(2)) {
    const field = { at: descriptor + 8 * random.below(8), width: random.pick([4, 8]) };
    return setField(bytes, [field], random);
  }
  const at = start + random.below(descriptor - start);
  return random.oneIn(2)
    ? edit(at, 1, [random.pick(interestingBytes)])
    : setField(bytes, [{ at, width: random.pick([1, 2, 4, 8]) }], random);
}

const mutations: readonly [weight: number, Mutation][] = [
  [4, (bytes, _fields, random) => flipBits(bytes, random)],
  [4, (bytes, _fields, random) => setByte(bytes, random)],
  [2, (bytes, _fields, random) => setRun(bytes, random)],
  [1, (bytes, fields, random) => truncate(bytes, fields, random)],
  [1, (bytes, _fields, random) => extend(bytes, random)],
  [2, (bytes, _fields, random, other) => splice(bytes, random, other)],
  [1, (bytes, _fields, random) => removeBlock(bytes, random)],
  [2, (bytes, _fields, random) => repeatBlock(bytes, random)],
  [10, (bytes, fields, random) => setField(bytes, fields, random)],
  [2, (bytes, fields, random) => swapFields(bytes, fields, random)],
  [3, (bytes, fields, random) => changeSection(bytes, random) ?? setField(bytes, fields, random)],
];
const choices = mutations.flatMap(([weight, mutation]) => new Array<Mutation>(weight).fill(mutation));

/** @param other what parts of other files come from */
export function mutate(
  original: Uint8Array,
  fields: readonly Field[],
  other: Uint8Array,
  random: Random,
): Mutated {
  const edits: Edit[] = [];
  let bytes = original;
  const count = 1 + random.below(random.oneIn(4) ? 8 : 2);
  while (edits.length < count && bytes.length > 0) {
    const change = random.pick(choices)(bytes, fields, random, other);
    if (bytes.length + change.insert.length > mostBytes) break;
    edits.push(change);
    bytes = apply(bytes, [change], false);
  }
  const sealed = random.below(4) !== 0;
  if (sealed) sealSections(bytes);
  return { bytes, edits, sealed };
}
