import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { Schema, t } from 'sharedbuffers';
import { type BuildOptions, build, type Plan } from '#src/building/build.js';
import { idMapperKinds } from '#src/containers/id-mapper-kinds.js';

const script = fileURLToPath(new URL('../../../test/python/read_back.py', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'sharedbuffers-building-'));
after(() => rmSync(folder, { recursive: true }));

interface Job {
  file: string;
  kind: string;
  idMapper?: string;
  slots: string[];
  lookups?: string[];
}

interface Answer {
  error?: string;
  count: number;
  values?: number;
  entries: [string, unknown][];
  lookups: unknown[];
}

function python(job: Job): Answer {
  const executable = process.env.SHAREDBUFFERS_PYTHON;
  assert.ok(executable, 'SHAREDBUFFERS_PYTHON names the Python that has the library');
  const { status, stdout, stderr } = spawnSync(executable, [script], {
    input: `${JSON.stringify(job)}\n`,
    encoding: 'utf8',
    maxBuffer: 1 << 28,
    env: { ...process.env, TZ: 'UTC', PYTHONIOENCODING: 'utf8' },
  });
  assert.equal(status, 0, stderr);
  const answer = JSON.parse(stdout) as Answer;
  assert.equal(answer.error, undefined);
  return answer;
}

const Inner = new Schema('Inner', { n: t.uint64, s: t.text.optional() });
const Outer = new Schema('Outer', { n: t.int32, f: t.float64, s: t.text, inner: Inner.optional() });
const Unaligned = new Schema('Unaligned', { n: t.int8, s: t.text }, { alignment: 1 });
const WidelyAligned = new Schema('WidelyAligned', { n: t.int64, s: t.text }, { alignment: 32 });
const slots = ['n', 'f', 's', 'inner'];

const outer = (n: number) => ({
  n: n - 5,
  f: n + 0.5,
  s: n % 100 === 3 ? `many of these ${'✓é-'.repeat(300)}` : `record ${n}`,
  ...(n % 3 === 0 && { inner: { n: 2n ** 64n - 1n - BigInt(n), s: n % 2 ? `in ${n}` : null } }),
});
const outerOut = (n: number) => {
  const { inner, ...rest } = outer(n) as ReturnType<typeof outer> & {
    inner?: { n: bigint; s: string | null };
  };
  return {
    ...rest,
    n: String(rest.n),
    inner: inner === undefined ? null : { n: String(inner.n), s: inner.s },
  };
};

/** Python shows a slot that is missing from a record as None where the class of its proxy has the slot. */
function withoutNone(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  const kept = Object.entries(value).filter(([, inner]) => inner !== null);
  return Object.fromEntries(kept.map(([key, inner]) => [key, withoutNone(inner)]));
}

/** The others are in mappers.test.ts. */
const simpleKinds = [
  idMapperKinds.NumericIdMapper,
  idMapperKinds.NumericId32Mapper,
  idMapperKinds.StringIdMapper,
  idMapperKinds.StringId32Mapper,
];

const hex = (key: string | Uint8Array) => Buffer.from(key as string).toString('hex');
const sorted = (entries: [string, unknown][]) =>
  [...entries].sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));

/** Keys that are alike in nothing. */
function keyOf(keys: string, width: 4 | 8, n: number): string | number | bigint {
  if (keys === 'numeric') {
    if (n === 0) return width === 8 ? 2n ** 64n - 1n : 2 ** 32 - 1;
    return width === 8 ? BigInt.asUintN(64, BigInt(n) * 0x9e3779b97f4a7c15n) : Math.imul(n, 0x9e3779b1) >>> 0;
  }
  if (n === 0) return '';
  if (n % 50 === 7) return 'clé ✓ 🚀 '.repeat((n % 400) + 1) + n;
  return `key ${n}`;
}
const keyOut = (key: string | number | bigint) => (typeof key === 'string' ? hex(key) : String(key));

async function roundTrip(plan: Plan, entries: Iterable<unknown>, job: Partial<Job>, options?: BuildOptions) {
  const file = join(folder, 'file');
  await build(plan, entries, file, options);
  return python({ file, kind: plan.kind, slots, ...job });
}

describe('Python reads', () => {
  for (const count of [0, 1, 2, 1000, 100_000]) {
    const numbers = Array.from({ length: count }, (_, n) => n);

    it(`an array of ${count}`, async () => {
      const answer = await roundTrip({ kind: 'array', schema: Outer }, numbers.map(outer), {});
      assert.equal(answer.count, count);
      const read = answer.entries.map(([, value]) => withoutNone(value));
      assert.deepEqual(
        read,
        numbers.map((n) => withoutNone(outerOut(n))),
      );
    });

    for (const kind of simpleKinds) {
      const keys = numbers.map((n) => keyOf(kind.keys, kind.width, n));
      const lookups = keys.map(keyOut);
      const absent = kind.keys === 'numeric' ? ['12345'] : [hex('absent'), hex('✓')];
      const job = { idMapper: kind.name, lookups: [...lookups, ...absent] };

      it(`a ${kind.name} of ${count}`, async () => {
        const answer = await roundTrip(
          { kind: 'id-mapper', idMapper: kind },
          keys.map((key, n) => [key, n * 7]),
          job,
        );
        assert.equal(answer.count, count);
        assert.deepEqual(sorted(answer.entries), sorted(lookups.map((key, n) => [key, String(n * 7)])));
        assert.deepEqual(answer.lookups, [...numbers.map((n) => String(n * 7)), ...absent.map(() => null)]);
      });

      it(`a mapping with a ${kind.name} of ${count}`, async () => {
        const answer = await roundTrip(
          { kind: 'mapping', schema: Outer, idMapper: kind },
          keys.map((key, n) => [key, outer(n)]),
          job,
        );
        assert.deepEqual([answer.count, answer.values], [count, count]);
        const entries = sorted(answer.entries).map(([key, value]) => [key, withoutNone(value)]);
        assert.deepEqual(
          entries,
          sorted(numbers.map((n) => [lookups[n] as string, withoutNone(outerOut(n))])),
        );
        assert.deepEqual(answer.lookups.slice(0, count).map(withoutNone), [
          ...numbers.map((n) => withoutNone(outerOut(n))),
        ]);
        assert.deepEqual(
          answer.lookups.slice(count),
          absent.map(() => null),
        );
      });
    }
  }

  it('records of other alignments', async () => {
    const entries = Array.from({ length: 50 }, (_, n) => ({ n, s: 'x'.repeat(n * 40) }));
    for (const schema of [Unaligned, WidelyAligned]) {
      const expected = entries.map(({ n, s }) => ({ n: String(n), s }));
      const array = await roundTrip({ kind: 'array', schema }, entries, { slots: ['n', 's'] });
      assert.deepEqual(
        array.entries.map(([, value]) => value),
        expected,
      );
      const mapping = await roundTrip(
        { kind: 'mapping', schema, idMapper: idMapperKinds.NumericId32Mapper },
        entries.map((entry) => [entry.n, entry]),
        { slots: ['n', 's'], idMapper: 'NumericId32Mapper' },
      );
      assert.deepEqual(
        mapping.entries.map(([, value]) => value),
        expected,
      );
    }
  });

  it('keys of every length up to 70000 bytes', async () => {
    const around = (length: number) => [-2, -1, 0, 1, 2].map((more) => length + more);
    const lengths = new Set([
      ...Array.from({ length: 1100 }, (_, length) => length),
      ...[0x7fff, 0x8000, 0xffff, 70_000].flatMap(around),
      ...Array.from({ length: 200 }, (_, index) => 1100 + index * 344),
    ]);
    const noise = Buffer.from(
      Array.from({ length: 71_000 }, (_, index) => (Math.imul(index, 0x9e3779b1) >>> 13) & 0xff),
    );
    const keys = [...lengths].flatMap((length) => [
      Buffer.alloc(length, 'a'),
      ...(length > 4 ? [noise.subarray(length % 97, (length % 97) + length)] : []),
    ]);
    const lookups = keys.map(hex);
    for (const kind of [idMapperKinds.StringIdMapper, idMapperKinds.StringId32Mapper]) {
      const answer = await roundTrip(
        { kind: 'id-mapper', idMapper: kind },
        keys.map((key, n) => [key, n]),
        { idMapper: kind.name, lookups },
      );
      assert.deepEqual(
        answer.lookups,
        keys.map((_, n) => String(n)),
      );
      assert.deepEqual(sorted(answer.entries), sorted(lookups.map((key, n) => [key, String(n)])));
    }
  });

  it('equal keys that were kept, and finds the first', async () => {
    for (const [name, key] of [
      ['StringIdMapper', 'twice'],
      ['NumericIdMapper', 5],
    ] as const) {
      const answer = await roundTrip(
        { kind: 'id-mapper', idMapper: idMapperKinds[name] },
        [1, 2, 3].map((value) => [key, value]),
        { idMapper: name, lookups: [keyOut(key)] },
        { duplicates: 'keep' },
      );
      assert.equal(answer.count, 3);
      assert.deepEqual(answer.lookups, ['1']);
    }
  });
});
