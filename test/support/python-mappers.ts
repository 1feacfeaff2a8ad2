/** Id mappers and mappings built here and read by the Python library: of any size, with all sorts of keys. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Float, float, Schema, Tuple, t, tuple } from 'sharedbuffers';
import { build, type Plan } from '#src/building/build.js';
import type { IdMapperKind } from '#src/containers/id-mapper-kinds.js';
import { native } from '#src/native/index.js';
import { collidingTexts } from './collisions.js';

const script = fileURLToPath(new URL('../../../test/python/read_mappers.py', import.meta.url));
const Entry = new Schema('Entry', { n: t.int64, s: t.text });
const lookupCount = 500;

interface Answer {
  readonly error?: string;
  readonly count: number;
  readonly values?: number;
  readonly sha256: string;
  readonly lookups: (string | string[] | null)[];
}

function askPython(job: object): Answer {
  const python = process.env.SHAREDBUFFERS_PYTHON;
  assert.ok(python, 'SHAREDBUFFERS_PYTHON names the Python that has the library');
  const { status, stdout, stderr } = spawnSync(python, [script], {
    input: `${JSON.stringify(job)}\n`,
    encoding: 'utf8',
    maxBuffer: 1 << 28,
    env: { ...process.env, PYTHONIOENCODING: 'utf8' },
  });
  assert.equal(status, 0, stderr);
  const answer = JSON.parse(stdout) as Answer;
  assert.equal(answer.error, undefined);
  return answer;
}

const colliding = collidingTexts(2).flat();

/** Keys that are alike in nothing, of every sort that the id mapper takes. */
function keyOf({ keys, width }: IdMapperKind, n: number): unknown {
  switch (keys) {
    case 'numeric':
      if (n === 0) return width === 8 ? 2n ** 64n - 1n : 2 ** 32 - 1;
      return width === 8
        ? BigInt.asUintN(64, BigInt(n) * 0x9e3779b97f4a7c15n)
        : Math.imul(n, 0x9e3779b1) >>> 0;
    case 'object':
      return objectKey(n);
    default:
      return textKey(n);
  }
}

function textKey(n: number): string {
  if (n === 0) return '';
  if (n === 5) return 'long ✓'.repeat(10_000).slice(0, 70_000);
  if (n >= 10 && n < 14) return colliding[n - 10] as string;
  return n % 50 === 7 ? `${'clé ✓ 🚀 '.repeat((n % 400) + 1)}${n}` : `some ${n}`;
}

/** Texts and bytes of the same content have the same hash. */
const objectForms: readonly ((n: number) => unknown)[] = [
  (n) => textKey(n),
  (n) => Buffer.from(textKey(n - 1)),
  (n) => n,
  (n) => -n,
  (n) => n + 0.5,
  (n) => float(n),
  (n) => 2n ** 63n + BigInt(n),
  (n) => tuple(n, textKey(n), null),
  (n) => tuple(tuple(float(n + 0.25)), Buffer.from([n % 256]), n),
  (n) => new Set([n]),
  (n) => new Set([`a ${n}`, `b ${n}`]),
  (n) => tuple(true, n),
];
const singleKeys: readonly unknown[] = [
  null,
  true,
  0,
  tuple(),
  new Set(),
  Number.POSITIVE_INFINITY,
  Buffer.alloc(70_000, 1),
];

function objectKey(n: number): unknown {
  if (n < singleKeys.length) return singleKeys[n];
  return (objectForms[n % objectForms.length] as (n: number) => unknown)(n + 100);
}

function tag(key: unknown): unknown[] {
  if (key === null) return ['none'];
  if (typeof key === 'boolean') return ['bool', key];
  if (typeof key === 'string') return ['text', key];
  if (key instanceof Uint8Array) return ['bytes', Buffer.from(key).toString('hex')];
  if (key instanceof Tuple) return ['tuple', ...key.map(tag)];
  if (key instanceof Set) {
    const members = [...key].map(tag).map((member) => [JSON.stringify(member), member] as const);
    return ['set', ...members.sort(([a], [b]) => (a < b ? -1 : 1)).map(([, member]) => member)];
  }
  const isFloat = key instanceof Float || (typeof key === 'number' && !Number.isInteger(key));
  return isFloat ? ['float', hexFloat(Number(key))] : ['int', String(key)];
}

/** As Python's `float.hex` writes it. */
function hexFloat(value: number): string {
  if (!Number.isFinite(value)) return value > 0 ? 'inf' : '-inf';
  const view = new DataView(new ArrayBuffer(8));
  view.setFloat64(0, value);
  const bits = view.getBigUint64(0);
  const digits = (bits & (2n ** 52n - 1n)).toString(16).padStart(13, '0');
  const exponent = Number((bits >> 52n) & 0x7ffn) - 1023;
  return `${value < 0 ? '-' : ''}0x1.${digits}p${exponent < 0 ? '' : '+'}${exponent}`;
}

/** A key as the script writes it among the rows. */
function keyOut({ keys, width }: IdMapperKind, key: unknown): string {
  if (keys === 'object') return JSON.stringify(tag(key));
  if (keys === 'approx') {
    const bytes = Buffer.from(key as string);
    return String(width === 4 ? native.hash32(bytes) : native.hash64(bytes));
  }
  return keys === 'string' ? Buffer.from(key as string).toString('hex') : String(key);
}

/** A key as the script takes it to look it up. */
function keyIn(kind: IdMapperKind, key: unknown): string {
  return kind.keys === 'approx' ? Buffer.from(key as string).toString('hex') : keyOut(kind, key);
}

/** Python cannot look up what holds a set of several strings: nor can anybody, by its hash. */
function canBeLookedUp(key: unknown): boolean {
  return !(key instanceof Set && key.size > 1);
}

/** Keys of multi id mappers: every third entry has the key of the one before. */
function keyNumber(kind: IdMapperKind, n: number): number {
  return kind.multi && n % 3 === 2 ? n - 1 : n;
}

/** Builds it, has Python read it, and compares everything. */
export async function checkWithPython(
  kind: IdMapperKind,
  planKind: 'id-mapper' | 'mapping',
  count: number,
  folder: string,
): Promise<void> {
  const file = join(folder, 'file');
  const isMapping = planKind === 'mapping';
  const valueText = (n: number) => (isMapping ? `${n - 5} record ${n}` : String(n * 7));
  const plan: Plan = isMapping
    ? { kind: kind.multi ? 'multi-mapping' : 'mapping', idMapper: kind, schema: Entry }
    : { kind: 'id-mapper', idMapper: kind };
  function* entries() {
    for (let n = 0; n < count; n++) {
      yield [keyOf(kind, keyNumber(kind, n)), isMapping ? { n: n - 5, s: `record ${n}` } : n * 7];
    }
  }
  await build(plan, entries(), file);
  const numbers = lookupNumbers(kind, count);
  const absent = kind.keys === 'numeric' ? [12345] : ['absent', '✓'];
  const answer = askPython({
    file,
    kind: planKind,
    idMapper: kind.name,
    lookups: [...numbers.map((n) => keyOf(kind, n)), ...absent].map((key) => keyIn(kind, key)),
  });
  assert.equal(answer.count, count);
  if (isMapping) assert.equal(answer.values, count);
  assert.equal(answer.sha256, digest(kind, count, valueText));
  const expected = numbers.map(valuesFound(kind, count, valueText));
  assert.deepEqual(answer.lookups, [...expected, ...absent.map(() => null)]);
}

/** What each entry is found with: the others with its key or, to approximate id mappers, with its hash. */
function valuesFound(
  kind: IdMapperKind,
  count: number,
  valueText: (n: number) => string,
): (n: number) => unknown {
  if (!kind.multi) return valueText;
  const groupOf = (n: number) =>
    kind.keys === 'approx' ? keyOut(kind, keyOf(kind, keyNumber(kind, n))) : String(keyNumber(kind, n));
  const groups = new Map<string, string[]>();
  for (let n = 0; n < count; n++) {
    const group = groupOf(n);
    const values = groups.get(group) ?? [];
    values.push(valueText(n));
    groups.set(group, values);
  }
  return (n) => groups.get(groupOf(n));
}

/** The first entries, with the odd keys, and some of the others. */
function lookupNumbers(kind: IdMapperKind, count: number): number[] {
  const step = Math.max(1, Math.floor(count / lookupCount));
  return Array.from({ length: count }, (_, n) => n)
    .filter((n) => n < 100 || n % step === 0)
    .filter((n) => keyNumber(kind, n) === n && canBeLookedUp(keyOf(kind, n)));
}

function digest(kind: IdMapperKind, count: number, valueText: (n: number) => string): string {
  const lines: Buffer[] = [];
  for (let n = 0; n < count; n++) {
    lines.push(Buffer.from(`${keyOut(kind, keyOf(kind, keyNumber(kind, n)))}\t${valueText(n)}\n`));
  }
  const hash = createHash('sha256');
  for (const line of lines.sort(Buffer.compare)) hash.update(line);
  return hash.digest('hex');
}
