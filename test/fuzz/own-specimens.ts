/** Builds of this library, of every kind and with every type of slot. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  arrayOf,
  Bundle,
  DateTime,
  mappingOf,
  multiMappingOf,
  NdArray,
  NumericIdMapper,
  PlainDate,
  Pool,
  Schema,
  StringIdMapper,
  t,
  tuple,
} from 'sharedbuffers';
import { idMapperClasses } from '#src/containers/id-mappers.js';
import { limitsOf, openAny, openerOf, type Specimen, useOpeners } from './opening.js';
import { useRecord } from './use-values.js';

const Part = new Schema('Part', { id: t.uint32, label: t.text.optional(), weight: t.float32.optional() });
const Tagged = new Schema('Tagged', { tag: t.text, part: Part.optional() });
// No typecodes that the fixtures use.
Part.register(0xf0);
Tagged.register(0xf1);

/** A slot of every type. */
const Everything = new Schema(
  'Everything',
  {
    bool: t.bool.optional(),
    int8: t.int8.optional(),
    uint16: t.uint16.optional(),
    int32: t.int32.optional(),
    int: t.int.optional(),
    uint64: t.uint64.optional(),
    float32: t.float32.optional(),
    float64: t.float64.optional(),
    text: t.text.optional(),
    bytes: t.bytes.optional(),
    buffer: t.buffer.optional(),
    list: t.list().optional(),
    numbers: t.list(t.uint16).optional(),
    tuple: t.tuple(t.int32, t.text).optional(),
    set: t.set(t.text).optional(),
    dict: t.dict(t.text, t.float64).optional(),
    listView: t.listView().optional(),
    parts: t.listView(Part).optional(),
    tupleView: t.tupleView().optional(),
    bitmap: t.setView(t.uint8).optional(),
    setView: t.setView().optional(),
    dictView: t.dictView().optional(),
    ndarray: t.ndarray.optional(),
    datetime: t.datetime.optional(),
    zoned: t.datetime.zoned.optional(),
    date: t.date.optional(),
    decimal: t.decimal.optional(),
    any: t.any.optional(),
    other: t.any.optional(),
    part: Part.optional(),
    self: t.self.optional(),
  },
  { userData: { source: 'fuzz', numbers: [1, 2.5, null] } },
);

const compressible = 'the same words again and again, '.repeat(30);
const instant = new Date('2026-11-27T08:00:00.123Z');

const everything = {
  bool: true,
  int8: -5,
  uint16: 60_000,
  int32: -70_000,
  int: 2 ** 40,
  uint64: 2n ** 63n,
  float32: 1.5,
  float64: -0.1,
  text: compressible,
  bytes: Buffer.alloc(700, 'abc'),
  buffer: Uint8Array.of(1, 2, 3),
  list: [1, 'two', [3, null], new Map([['k', 1.5]])],
  numbers: [1, 2, 3, 60_000],
  tuple: [7, 'seven'] as [number, string],
  set: new Set(['a', 'b', 'c']),
  dict: { x: 1, y: 2.5 },
  listView: ['x', 1, [2, 3], tuple(4, 'five'), new Set([6])],
  parts: [{ id: 1, label: 'one' }, { id: 2 }],
  tupleView: ['t', 1.25, null],
  bitmap: new Set([1, 3, 100]),
  setView: new Set<unknown>(['m', tuple(1, 2), 5, Uint8Array.of(9)]),
  dictView: new Map<unknown, unknown>([
    ['k', [1, 2]],
    [tuple(1, 'a'), 'v'],
    [3, null],
  ]),
  ndarray: NdArray.from([1, 2, 3, 4, 5, 6], '<f4', [2, 3]),
  datetime: instant,
  zoned: new DateTime(1_764_230_400_000_000n, 90),
  date: new PlainDate(2026, 11, 27),
  decimal: '-12345678901234567890.0123456789',
  any: new Map<unknown, unknown>([
    ['list', [1, 2, 3]],
    ['when', instant],
    ['array', NdArray.from(['x', 'yz'], '<U2')],
  ]),
  other: tuple(1, new Set(['q']), new PlainDate(2020, 1, 2)),
  part: { id: 3, label: 'three' },
  self: { text: 'within', self: { int8: 1 } },
};

const partOf = (id: number) => ({ id, label: `part ${id}`, weight: id / 4 });

function keysFor(name: string, count: number): unknown[] {
  const kind = idMapperClasses.get(name)?.kind;
  return Array.from({ length: count }, (_, index) => {
    if (kind?.keys === 'numeric') return index * index * 3;
    if (kind?.keys !== 'object') return `key ${index}`;
    return [`key ${index}`, index, tuple(index, 'x'), index + 0.5, Uint8Array.of(index)][index % 5];
  });
}

type Building = { buildSync(entries: Iterable<unknown>, options?: object): Uint8Array };

function container(
  name: string,
  kind: string,
  type: unknown,
  entries: Iterable<unknown>,
  options?: object,
): Specimen {
  const bytes = (type as Building).buildSync(entries, options);
  return { name, kind, bytes, use: useOpeners([openerOf(type), openAny], {}) };
}

function keyedSpecimens(name: string, count: number): Specimen[] {
  const type = idMapperClasses.get(name) as never;
  const keys = keysFor(name, count);
  const made = [
    container(
      `own-${name}-${count}`,
      'id-mapper',
      type,
      keys.map((key, index) => [key, index]),
    ),
  ];
  const { multi } = (type as { kind: { multi: boolean } }).kind;
  const mapping = multi ? multiMappingOf(type, Part) : mappingOf(type, Part);
  const pairs = keys.map((key, index) => [key, partOf(index)]);
  const entries = multi ? [...pairs, ...pairs.slice(0, 4).map(([key]) => [key, partOf(77)])] : pairs;
  made.push(container(`own-map-${name}-${count}`, 'mapping', mapping, entries));
  const index = { index: 'direct' };
  made.push(container(`own-direct-map-${name}-${count}`, 'mapping', mapping, entries, index));
  return made;
}

function bundleSpecimen(): Specimen {
  const folder = mkdtempSync(join(tmpdir(), 'sharedbuffers-fuzz-'));
  try {
    const path = join(folder, 'bundle.zip');
    const parts = arrayOf(Part).buildSync([1, 2].map(partOf));
    const names = mappingOf(StringIdMapper, Part).buildSync([['a', partOf(1)]]);
    const sources = {
      parts,
      names,
      text: Buffer.from('no container'),
      ids: NumericIdMapper.buildSync([[5, 6]]),
    };
    Bundle.buildSync(Object.entries(sources), path);
    return {
      name: 'own-bundle',
      kind: 'zip-bundle',
      bytes: readFileSync(path),
      use: useOpeners([openAny], {}),
    };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function poolSpecimen(): Specimen {
  const pool = new Pool(Everything);
  const positions = [everything, { int8: 3 }, { text: 'last' }].map((record) => pool.add(record as never));
  return {
    name: 'own-pool',
    kind: 'pool-dump',
    bytes: pool.toBytes(),
    use(bytes, attempts, circumstances) {
      const loaded = attempts.try('load', () => Pool.load(Everything, bytes, limitsOf(circumstances)));
      for (const position of positions) {
        const record = loaded && attempts.try('get', () => loaded.get(position));
        if (record !== undefined) useRecord(record, attempts);
      }
    },
  };
}

/** Records with one slot each, for which a small change is more likely to hit something that matters. */
function slotSpecimens(): Specimen[] {
  return Object.entries(everything).map(([slot, value]) => {
    const bytes = Everything.pack({ [slot]: value } as never);
    return {
      name: `own-slot-${slot}`,
      kind: 'packed-object',
      bytes,
      use(changed, attempts, circumstances) {
        const limits = limitsOf(circumstances);
        const record = attempts.try('a record', () => recordIn(changed, limits));
        if (record !== undefined) useRecord(record, attempts);
      },
    };
  });
}

function recordIn(bytes: Uint8Array, limits: object): object {
  return Pool.load(Everything, bytes, limits).get(0);
}

export function ownSpecimens(): Specimen[] {
  const Holders = new Schema('Holder', { any: t.any, members: t.listView(Tagged) });
  const holder = (id: number) => ({
    any: Tagged.of({ tag: `t${id}`, part: partOf(id) }),
    members: [{ tag: 'm', part: partOf(id) }],
  });
  const named = [...idMapperClasses.keys()];
  return [
    container('own-array-everything', 'array', arrayOf(Everything), [everything, { int8: 1 }, everything]),
    container('own-array-parts', 'array', arrayOf(Part), [1, 2, 3, 4, 5, 6].map(partOf)),
    container('own-array-empty', 'array', arrayOf(Part), []),
    container('own-array-shared', 'array', arrayOf(Everything), [everything, everything], { dedupe: true }),
    container('own-array-typecodes', 'array', arrayOf(Holders), [1, 2, 3].map(holder)),
    container('own-map-everything', 'mapping', mappingOf(StringIdMapper, Everything), [
      ['a', everything],
      ['b', { text: 'x' }],
    ]),
    ...named.flatMap((name) => keyedSpecimens(name, 12)),
    ...named.flatMap((name) => keyedSpecimens(name, 150)),
    bundleSpecimen(),
    poolSpecimen(),
    ...slotSpecimens(),
  ];
}
