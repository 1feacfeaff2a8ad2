/** Bundles and pools, exchanged with the Python library. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import {
  arrayOf,
  Bundle,
  mappingOf,
  NumericId32Mapper,
  Pool,
  Schema,
  StringIdMapper,
  t,
  toObject,
} from 'sharedbuffers';
import { runNow } from '#src/building/steps.js';
import { openWorkspace } from '#src/building/workspace.js';
import { BundleWriter } from '#src/containers/bundle-writer.js';

const script = fileURLToPath(new URL('../../../test/python/bundles.py', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'sharedbuffers-python-'));
after(() => rmSync(folder, { recursive: true }));
const at = (name: string) => join(folder, name);

function python<T>(job: { do: string; [key: string]: unknown }): T {
  const executable = process.env.SHAREDBUFFERS_PYTHON;
  assert.ok(executable, 'SHAREDBUFFERS_PYTHON names the Python that has the library');
  const { status, stdout, stderr } = spawnSync(executable, [script], {
    input: `${JSON.stringify(job)}\n`,
    encoding: 'utf8',
    maxBuffer: 1 << 28,
    env: { ...process.env, TZ: 'UTC', PYTHONIOENCODING: 'utf8' },
  });
  assert.equal(status, 0, stderr);
  const answer = JSON.parse(stdout) as T & { error?: string };
  assert.equal(answer.error, undefined);
  return answer;
}

const Thing = new Schema('Thing', {
  n: t.int,
  s: t.text,
  l: t.list(t.any).optional(),
  o: t.any.optional(),
});
class Things extends arrayOf(Thing) {}
class ByName extends mappingOf(StringIdMapper, Thing) {}

const thing = (n: number) => ({
  n,
  s: `thing ${n} ✓`,
  ...(n % 2 === 0 && { l: [n, `item ${n}`, 'an item of all'] }),
  ...(n % 3 === 0 && { o: { key: [n, 'an item of all'] } }),
});
const things = Array.from({ length: 300 }, (_, n) => thing(n));
const named = things.map((each) => [`clé ${each.n}`, each] as const);
const ids = things.map(({ n }) => [n * 3, n] as const);
const byKey = (pairs: readonly (readonly [string | number, unknown])[]) =>
  [...pairs].sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));

describe('Python reads bundles', () => {
  const path = at('ours.zip');

  it('of every kind of container', async () => {
    await Bundle.build(
      [
        ['things', { container: Things, entries: things }],
        ['by/nom é', { container: ByName, entries: named }],
        ['ids', NumericId32Mapper.buildSync(ids)],
      ],
      path,
    );
    const read = python<Record<string, unknown>>({
      do: 'read bundle',
      file: path,
      entries: [
        { name: 'things', kind: 'array' },
        { name: 'by/nom é', kind: 'mapping', idMapper: 'StringIdMapper' },
        { name: 'ids', kind: 'id-mapper', idMapper: 'NumericId32Mapper' },
      ],
    });
    assert.deepEqual(
      read.things,
      things.map((each, index) => [index, each]),
    );
    assert.deepEqual(byKey(read['by/nom é'] as typeof named), byKey(named));
    assert.deepEqual(byKey(read.ids as typeof ids), byKey(ids));
  });

  it('and finds nothing wrong with them', () => {
    const expected = { names: ['things', 'by/nom é', 'ids'], bad: null };
    const { names, bad } = python<{ names: string[]; bad: null }>({ do: 'test zip', file: path });
    assert.deepEqual({ names, bad }, expected);
  });

  it('of many entries', () => {
    const entries = Array.from({ length: 70_000 }, (_, n) => [`${n}`, Buffer.from(`content ${n}`)] as const);
    Bundle.buildSync(entries, at('many.zip'));
    const { names, bad } = python<{ names: string[]; bad: null }>({ do: 'test zip', file: at('many.zip') });
    assert.deepEqual([names.length, names.at(-1), bad], [70_000, '69999', null]);
  });

  it('beyond 4 GiB', () => {
    const workspace = runNow(openWorkspace(at('large.zip'), undefined));
    const writer = new BundleWriter(workspace);
    // Zeros take no place on disk; nor does it take time to sum them up, so the checksum is wrong.
    runNow(
      writer.add('large', function* (append) {
        yield* workspace.output.skip(2 ** 32 + 5);
        yield* append(Buffer.from('the end'));
      }),
    );
    runNow(writer.add('things', (append) => append(Things.buildSync(things))));
    runNow(writer.finish());
    runNow(workspace.complete());
    runNow(workspace.publish());
    const file = at('large.zip');
    const { sizes } = python<{ sizes: number[] }>({ do: 'test zip', file, listOnly: true });
    assert.equal(sizes[0], 2 ** 32 + 12);
    const entries = [{ name: 'things', kind: 'array' }];
    const read = python<Record<string, unknown[]>>({ do: 'read bundle', file, entries });
    assert.equal(read.things?.length, 300);
  });
});

describe('bundles of Python', () => {
  it('are read', () => {
    writeFileSync(at('things.array'), Things.buildSync(things));
    writeFileSync(at('names.map'), ByName.buildSync(named));
    const parts = [
      ['things', at('things.array')],
      ['par nom é', at('names.map')],
    ];
    python({ do: 'write bundle', file: at('theirs.zip'), parts });
    using bundle = Bundle.open(at('theirs.zip'));
    assert.deepEqual([...bundle.names()], ['things', 'par nom é']);
    assert.equal(bundle.open('things', Things).length, 300);
    assert.deepEqual(bundle.open('par nom é', ByName).get('clé 6')?.l, thing(6).l);
    assert.ok(bundle.isIntact('things') && bundle.isIntact('par nom é'));
  });
});

describe('pools', () => {
  const sizes = [4096, 65_536];

  for (const sectionSize of sizes) {
    for (const preloaded of [false, true]) {
      const title = `of ${sectionSize} bytes a section${preloaded ? ', with something preloaded' : ''}`;

      it(`are read by Python, ${title}`, async () => {
        const pool = new Pool(Thing, { sectionSize });
        if (preloaded) pool.preload(thing(6));
        const positions = things.map((each) => pool.add(each));
        await pool.dump(at('ours.pool'));
        const { records } = python<{ records: unknown[] }>({
          do: 'read pool',
          file: at('ours.pool'),
          positions,
        });
        assert.deepEqual(records, things);
      });

      it(`of Python are read, ${title}`, () => {
        const { positions, sections } = python<{ positions: number[]; sections: number }>({
          do: 'write pool',
          file: at('theirs.pool'),
          records: things,
          sectionSize,
          preload: preloaded ? [thing(6)] : [],
        });
        assert.equal(sections > 1, sectionSize === 4096);
        using pool = Pool.load(Thing, at('theirs.pool'));
        for (const [n, position] of positions.entries()) {
          const { o, ...rest } = toObject(pool.get(position)) as ReturnType<typeof thing>;
          const read = o instanceof Map ? { ...rest, o: Object.fromEntries(o) } : rest;
          assert.deepEqual(read, thing(n));
        }
      });
    }
  }
});
