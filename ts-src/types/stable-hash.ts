/**
 * The hash that object id tables and sets are sorted by: 64 bits, the same for all values that Python holds equal,
 * on every machine. See docs/format.md, "The stable hash".
 */
import { describe, InvalidTypeError } from '../errors.js';
import { native } from '../native/index.js';
import { countSteps, enterOperation, leaveOperation, operate } from './budget.js';
import { isSetLike, isTupleLike } from './equality.js';
import { Float } from './float.js';

const tupleSeed = 1626619511096549620n;
const setSeed = 8212431769940327799n;
const allBits = 2n ** 64n - 1n;
const scale = 0xffffffffffff;
/** What hashing a member takes, in steps: bigints are slow. */
const stepsPerHash = 8;

/**
 * The hash of a value; integers are taken modulo 2^64.
 * @throws InvalidTypeError for what has no such hash: lists, dicts, dates, decimals, records
 */
export function stableHash(value: unknown): bigint {
  const hash = hashOf(value);
  return hash === 0n ? 1n : hash;
}

function hashOf(value: unknown): bigint {
  switch (typeof value) {
    case 'string':
      return textHash(value);
    case 'number':
      return floatHash(value);
    case 'bigint':
      return BigInt.asUintN(64, value);
    case 'boolean':
      return value ? 1n : 0n;
    case 'object':
      return value === null ? 1n : objectHash(value);
    default:
      throw unhashable(value);
  }
}

/** Dicts of many records tend to have the same keys: the hashes of short ones are remembered. */
const textHashes = new Map<string, bigint>();
const rememberedHashes = 4096;
const rememberedLength = 64;

function textHash(value: string): bigint {
  const known = textHashes.get(value);
  if (known !== undefined) return known;
  const hash = native.hash64(Buffer.from(value, 'utf8'));
  if (value.length <= rememberedLength) {
    if (textHashes.size >= rememberedHashes) textHashes.clear();
    textHashes.set(value, hash);
  }
  return hash;
}

function objectHash(value: object): bigint {
  if (value instanceof Uint8Array) return native.hash64(value);
  if (value instanceof Float) return floatHash(value.value);
  if (isTupleLike(value)) return membersHash(tupleSeed, value);
  // The order is found by hashing the members, so that this can go as deep as what follows.
  if (isSetLike(value)) return operate(() => membersHash(setSeed, setOrder(value)));
  throw unhashable(value);
}

function membersHash(seed: bigint, members: Iterable<unknown>): bigint {
  let hash = seed;
  enterOperation();
  try {
    for (const member of members) {
      countSteps(stepsPerHash);
      hash = mix(hash, stableHash(member));
    }
  } finally {
    leaveOperation();
  }
  return hash;
}

/**
 * The order in which the members of a set are hashed. In Python that is the order in which a set happens to iterate:
 * ascending for small integers, as here; nothing can be relied upon for others.
 */
function setOrder(set: ReadonlySet<unknown>): unknown[] {
  const members = [...set];
  if (members.every((member) => typeof member === 'number' || typeof member === 'bigint')) {
    return (members as (number | bigint)[]).sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
  }
  const hashed = members.map((member) => ({ member, hash: stableHash(member) }));
  return hashed.sort((a, b) => (a.hash < b.hash ? -1 : a.hash > b.hash ? 1 : 0)).map(({ member }) => member);
}

/** Whether the hash depends on the order in which a set within the value iterated where it was stored. */
export function hasUnreliableHash(value: unknown): boolean {
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return false;
  if (isSetLike(value) && value.size > 1) return true;
  if (!isSetLike(value) && !isTupleLike(value)) return false;
  enterOperation();
  try {
    for (const member of value) if (hasUnreliableHash(member)) return true;
    return false;
  } finally {
    leaveOperation();
  }
}

function mix(a: bigint, b: bigint): bigint {
  return (((a << 5n) & allBits) | (a >> 59n)) ^ b;
}

/** Integral floats hash as the integers that they equal; that covers the plain numbers that stand for integers too. */
function floatHash(value: number): bigint {
  if (Number.isInteger(value) && value >= -(2 ** 63) && value < 2 ** 63)
    return BigInt.asUintN(64, BigInt(value));
  if (Number.isNaN(value)) return mix(0n, BigInt(2 * scale));
  if (!Number.isFinite(value)) return mix(0n, BigInt.asUintN(64, BigInt(Math.sign(value) * scale)));
  const { mantissa, exponent } = splitFloat(value);
  const high = BigInt(exponent < 0 ? exponent + 0xffff : exponent);
  return mix(high, BigInt.asUintN(64, BigInt(Math.trunc(mantissa * scale))));
}

const floatView = new DataView(new ArrayBuffer(8));

/** The float as `mantissa * 2 ** exponent` with a mantissa from 0.5 to 1, as C's `frexp` has it. */
function splitFloat(value: number): { mantissa: number; exponent: number } {
  const isSubnormal = Math.abs(value) < 2 ** -1022;
  floatView.setFloat64(0, isSubnormal ? value * 2 ** 54 : value);
  const high = floatView.getUint32(0);
  const exponent = ((high >>> 20) & 0x7ff) - 1022 - (isSubnormal ? 54 : 0);
  floatView.setUint32(0, (high & 0x800fffff) | (1022 << 20));
  return { mantissa: floatView.getFloat64(0), exponent };
}

function unhashable(value: unknown): Error {
  const advice = Array.isArray(value) ? '; tuple(…) makes one of an array' : '';
  return new InvalidTypeError(
    `${describe(value)} cannot be a key of a dict or a member of a set: only text, bytes, numbers, booleans, null, ` +
      `tuples and sets of these can${advice}`,
  );
}
