/** What small files could make large, deep or endless: errors, soon and without much memory. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { inspect } from 'node:util';
import {
  CorruptDataError,
  equals,
  Schema,
  SharedBuffersError,
  TooLargeError,
  Tuple,
  t,
  toObject,
  tuple as tupleOf,
} from 'sharedbuffers';
import { Packer } from '#src/building/packer.js';
import { FindingList } from '#src/containers/findings.js';
import { positionOf as positionOfRecord, regionOf as regionOfRecord } from '#src/proxies/record.js';
import { Region } from '#src/region.js';
import { NdArray } from '#src/types/nd-array.js';
import { writeRtti } from '#src/types/rtti-writing.js';
import { appendPointers } from '#src/types/sequence-output.js';
import type { PointerType } from '#src/types/slot-type.js';
import { rtti } from '#src/types/typecodes.js';

const Node = new Schema('Node', {
  any: t.any.optional(),
  list: t.list().optional(),
  view: t.listView().optional(),
  dict: t.dictView().optional(),
  set: t.setView().optional(),
  next: t.self.optional(),
  other: t.self.optional(),
});

/** Time and memory that no reading of a small file may take. */
const maxSeconds = 20;
const maxMemory = 1.5 * 2 ** 30;

/** Runs what may answer or throw an error of this library, but must not take long or much. */
function bounded(what: string, run: () => unknown): unknown {
  const memory = process.memoryUsage().rss;
  const start = performance.now();
  let failure: unknown;
  try {
    run();
  } catch (error) {
    failure = error;
  }
  const seconds = (performance.now() - start) / 1000;
  assert.ok(seconds < maxSeconds, `${what} took ${seconds} s`);
  assert.ok(process.memoryUsage().rss - memory < maxMemory, `${what} took much memory`);
  if (failure !== undefined && !(failure instanceof SharedBuffersError)) throw failure;
  return failure;
}

/** Fewer than what is read by default, for tests that are to end soon. */
const maxValues = 200_000;

type NodeRecord = ReturnType<typeof Node.unpackFrom>;

const regionOf = (bytes: Uint8Array) => Region.fromBytes(bytes, { maxValues });
const recordAt = (bytes: Uint8Array, offset = 0) =>
  Node.reader.proxyAt(regionOf(bytes), offset) as unknown as NodeRecord;

/** Everything that goes through all of a record. */
function everything(bytes: Uint8Array, offset = 0, packing = true): void {
  const region = regionOf(bytes);
  const record = recordAt(bytes, offset);
  bounded('the exact form', () => Node.reader.exactAt(region, offset, 0));
  bounded('verify', () => Node.reader.verifyAt(region, offset, 0, new FindingList()));
  bounded('toObject', () => toObject(record));
  bounded('JSON', () => JSON.stringify(record));
  if (packing) bounded('packing again', () => Node.pack(record as never));
  bounded('equals', () => equals(record, recordAt(bytes.slice(), offset)));
  bounded('inspect', () => inspect(record));
}

/** Values that are written one after another; each may point to those before it. */
class Crafted {
  readonly packer = new Packer();

  value(value: unknown): number {
    return writeRtti(this.packer, value);
  }

  /** A list or tuple of values that were written. */
  pointers(targets: readonly number[], code: number = rtti.list): number {
    return appendPointers(this.packer, code, targets);
  }

  /** Each level holds the one below so many times. */
  tower(levels: number, width: number, bottom: number, code: number = rtti.list): number {
    let top = bottom;
    for (let level = 0; level < levels; level++) top = this.pointers(new Array(width).fill(top), code);
    return top;
  }

  get bytes(): Uint8Array {
    return this.packer.bytes.slice(0, this.packer.length);
  }
}

/** A record with one slot that points to a value; 8 bytes of typecode are stepped over where the slot knows its type. */
function recordOf(slot: 'any' | 'list' | 'view' | 'set' | 'dict', crafted: Crafted, target: number) {
  const placed = Node.pack({
    [slot]: slot === 'any' ? 0 : slot === 'dict' ? {} : slot === 'set' ? new Set() : [],
  });
  const offset = Math.ceil(crafted.packer.length / 8) * 8;
  const bytes = new Uint8Array(offset + placed.length);
  bytes.set(crafted.bytes);
  bytes.set(placed, offset);
  const pointer = target + (slot === 'any' ? 0 : 8) - offset;
  new DataView(bytes.buffer).setBigInt64(offset + Node.layout.headerBytes, BigInt(pointer), true);
  return { bytes, offset };
}

function assertTooLarge(what: string, run: () => unknown): void {
  assert.ok(bounded(what, run) instanceof TooLargeError, `${what} must be refused`);
}

describe('values that are packed', () => {
  it('may not nest too deeply', () => {
    let array: unknown = [];
    let record: object = {};
    let map: unknown = 1;
    for (let depth = 0; depth < 100_000; depth++) {
      array = [array];
      record = { next: record };
      map = new Map([['in', map]]);
    }
    for (const value of [{ any: array }, { list: array }, { any: map }, record]) {
      assertTooLarge('deep', () => Node.pack(value as never));
    }
    let key: unknown = 1;
    for (let depth = 0; depth < 100_000; depth++) key = tupleOf(key);
    assertTooLarge('a deep key', () => Node.pack({ dict: new Map([[key, 1]]) }));
  });

  it('may not hold themselves', () => {
    const array: unknown[] = [];
    array.push(array);
    const map = new Map<string, unknown>();
    map.set('in', map);
    for (const any of [array, map]) assertTooLarge('a cycle', () => Node.pack({ any }));
    const record: { next?: object } = {};
    record.next = record;
    // records are known by what they are before their slots are packed, so these may
    assert.equal(Node.unpackFrom(Node.pack(record)).next?.next?.next?.any, undefined);
  });

  it('are packed once, however often they are held', () => {
    let array: unknown[] = [1, 'x'];
    for (let level = 0; level < 200; level++) array = [array, array];
    const bytes = Node.pack({ any: array });
    assert.ok(bytes.length < 20_000);
    everything(bytes);
    let record: object = { any: 'x' };
    for (let level = 0; level < 200; level++) record = { next: record, other: record };
    everything(Node.pack(record), 0, false);
  });

  it('are packed once again from what was read', () => {
    let record: object = { any: 'x' };
    for (let level = 0; level < 14; level++) record = { next: record, other: record };
    const bytes = Node.pack(record);
    assert.equal(Node.pack(Node.unpackFrom(bytes) as never).length, bytes.length);
  });

  it('are hashed within a budget', () => {
    let key: unknown = tupleOf(1);
    for (let level = 0; level < 200; level++) key = tupleOf(key, key);
    assertTooLarge('hashing', () => Node.pack({ dict: new Map([[key, 1]]) }));
  });
});

describe('files', () => {
  it('may not nest too deeply', () => {
    for (const code of [rtti.list, rtti.tuple, rtti.listView, rtti.tupleView]) {
      const crafted = new Crafted();
      const top = crafted.tower(100_000, 1, crafted.value('x'), code);
      const region = Region.fromBytes(crafted.bytes);
      assertTooLarge('the exact form', () => t.any.readExact(region, top, 0));
      for (const slot of ['any', 'list', 'view'] as const) {
        const { bytes, offset } = recordOf(slot, crafted, top);
        everything(bytes, offset);
        assertTooLarge(slot, () => Node.reader.exactAt(regionOf(bytes), offset, 0));
        assertTooLarge(slot, () => toObject(recordAt(bytes, offset)));
        assertTooLarge(slot, () => JSON.stringify(recordAt(bytes, offset)));
      }
    }
  });

  it('may not have records that nest too deeply, or hold themselves', () => {
    const placed = Node.pack({ next: {} });
    const { headerBytes } = Node.layout;
    const size = headerBytes + 8;
    const deep = new Uint8Array(size * 100_000);
    const view = new DataView(deep.buffer);
    for (let offset = 0; offset < deep.length; offset += size) {
      deep.set(placed.subarray(0, headerBytes), offset);
      view.setBigInt64(offset + headerBytes, BigInt(offset + size < deep.length ? size : 0), true);
    }
    const cyclic = placed.slice();
    new DataView(cyclic.buffer).setBigInt64(headerBytes, 0n, true);
    assert.equal(Node.unpackFrom(cyclic).next?.next?.next?.any, undefined);
    for (const bytes of [deep, cyclic]) {
      everything(bytes);
      assertTooLarge('the exact form', () => Node.reader.exactAt(Region.fromBytes(bytes), 0, 0));
      assertTooLarge('toObject', () => toObject(recordAt(bytes)));
      assertTooLarge('JSON', () => JSON.stringify(recordAt(bytes)));
    }
  });

  it('may not have collections that hold themselves', () => {
    for (const code of [rtti.list, rtti.tuple, rtti.listView, rtti.tupleView]) {
      const crafted = new Crafted();
      const top = crafted.pointers([0, 0, 0], code);
      const view = new DataView(crafted.packer.bytes.buffer, crafted.packer.bytes.byteOffset);
      // back to its own typecode, from the header behind that
      for (let item = 0; item < 3; item++) view.setInt32(top + 16 + item * 4, -8, true);
      for (const slot of ['any', 'list', 'view'] as const) {
        const { bytes, offset } = recordOf(slot, crafted, top);
        everything(bytes, offset);
        assertTooLarge(slot, () => Node.reader.exactAt(regionOf(bytes), offset, 0));
        assertTooLarge(slot, () => JSON.stringify(recordAt(bytes, offset)));
      }
    }
    for (const code of [rtti.set, rtti.setView]) {
      const itself = new Crafted();
      const top = itself.pointers([0], code);
      new DataView(itself.packer.bytes.buffer, itself.packer.bytes.byteOffset).setInt32(top + 16, -8, true);
      const { bytes, offset } = recordOf('set', itself, top);
      everything(bytes, offset);
      const set = () => recordAt(bytes, offset).set as NonNullable<NodeRecord['set']>;
      bounded('has', () => set().has([...set()][0]));
      for (const name of ['union', 'difference', 'symmetricDifference', 'isSubsetOf', 'equals'] as const) {
        bounded(name, () => set()[name](set() as never));
      }
    }
    const crafted = new Crafted();
    const dict = crafted.value(new Map([['key', [[], 'x']]]));
    // every four bytes in turn point back to the dict, whatever they are
    for (let at = 0; at + 4 <= crafted.packer.length; at++) {
      const damaged = new Crafted();
      damaged.packer.bytes.set(crafted.bytes);
      damaged.packer.length = crafted.packer.length;
      damaged.packer.view.setInt32(at, dict - at, true);
      for (const slot of ['any', 'dict'] as const) {
        const record = recordOf(slot, damaged, dict);
        everything(record.bytes, record.offset);
      }
    }
  });

  it('may not count more than they hold', () => {
    const types: PointerType<unknown, never>[] = [
      t.list(),
      t.tuple(),
      t.set(),
      t.dict(),
      t.listView(),
      t.tupleView(),
      t.setView(),
      t.dictView(),
      t.buffer,
      t.bytes,
      t.text,
      t.ndarray,
      t.decimal,
    ] as never;
    const counts = [
      5n,
      2n ** 8n,
      2n ** 24n - 1n,
      2n ** 31n,
      2n ** 32n,
      2n ** 53n,
      2n ** 55n,
      2n ** 63n,
      2n ** 64n - 1n,
    ];
    for (const type of types) {
      for (const code of [...'BbHhIiQqdfTtmM'].map((letter) => BigInt(letter.charCodeAt(0)))) {
        for (const count of counts) {
          const bytes = new Uint8Array(100);
          const view = new DataView(bytes.buffer);
          const claims = [
            () => view.setBigUint64(0, BigInt.asUintN(64, code | (count << 8n)), true),
            // the very long form, of which the length follows
            () => view.setBigUint64(4, count, true),
            () => view.setBigUint64(8, count, true),
            () => view.setBigUint64(16, count, true),
            () => view.setBigUint64(24, count, true),
          ];
          for (const claim of claims) {
            claim();
            const region = Region.fromBytes(bytes.slice());
            bounded(type.name, () => type.readExact(region, 0, 0));
            bounded(type.name, () => type.read(region, 0, 0));
            bounded(type.name, () => type.verify(region, 0, 0, new FindingList()));
          }
        }
      }
    }
    const long = new Uint8Array(64);
    new DataView(long.buffer).setUint32(0, 0xffffff42, true);
    for (const count of [53n, 2n ** 32n, 2n ** 53n, 2n ** 64n - 1n]) {
      new DataView(long.buffer).setBigUint64(4, count, true);
      assert.throws(() => t.list().read(Region.fromBytes(long.slice()), 0, 0), CorruptDataError);
      assert.throws(() => t.listView().read(Region.fromBytes(long.slice()), 0, 0), CorruptDataError);
    }
  });
});

describe('values that are held over and over', () => {
  const bottoms: Record<string, unknown> = {
    integers: Uint32Array.from({ length: 4000 }, (_, index) => index),
    list: Array.from({ length: 4000 }, (_, index) => index),
    'mixed list': ['x', 1.5, null, ...new Array(1000).fill('y')],
    bitmap: new Set(Array.from({ length: 119 }, (_, index) => index + 1)),
    set: new Set(Array.from({ length: 4000 }, (_, index) => index * 3)),
    texts: new Set(Array.from({ length: 1000 }, (_, index) => `t${index}`)),
    dict: new Map(Array.from({ length: 1000 }, (_, index) => [`k${index}`, index])),
    text: 'many of these '.repeat(40_000),
    noise: Buffer.from(Uint8Array.from({ length: 500_000 }, (_, index) => (index * index) >>> 5)),
    decimal: '',
    ndarray: new NdArray(new Uint16Array(100_000)),
    'unaligned ndarray': NdArray.from(new Array(50_000).fill(1.5), '>f4'),
  };

  for (const [name, bottom] of Object.entries(bottoms)) {
    it(`are read within the budget: ${name}`, () => {
      const crafted = new Crafted();
      const value = name === 'decimal' ? crafted.value(decimalOf(100_000)) : crafted.value(bottom);
      // one level that holds fewer pointers than a collection may have values
      const flat = crafted.pointers(new Array(2000).fill(value));
      const tower = crafted.tower(40, 10, value);
      for (const top of [flat, tower]) {
        const region = regionOf(crafted.bytes);
        assertTooLarge('the exact form', () => t.any.readExact(region, top, 0));
        bounded('reading', () => t.any.read(region, top, 0));
        bounded('verify', () => t.any.verify(region, top, 0, new FindingList()));
        const { bytes, offset } = recordOf('view', crafted, top);
        const record = recordAt(bytes, offset);
        bounded('packing again', () => Node.pack(record as never));
        bounded('includes', () => record.view?.includes('absent'));
        bounded('equals', () => record.view?.equals(recordAt(bytes.slice(), offset).view as never));
      }
    });
  }

  it('are hashed within a budget', () => {
    const crafted = new Crafted();
    const tower = crafted.tower(60, 2, crafted.value(1), rtti.tuple);
    const members = crafted.pointers([tower, tower], rtti.set);
    const { bytes, offset } = recordOf('set', crafted, members);
    const record = recordAt(bytes, offset);
    everything(bytes, offset);
    bounded('has', () => record.set?.has(tupleOf(1, 2)));
    bounded('has itself', () => record.set?.has([...(record.set ?? [])][0]));
    bounded('union', () => record.set?.union(record.set));
    bounded('equals', () => record.set?.equals(recordAt(bytes.slice(), offset).set as never));
  });
});

describe('a file of a few KiB, under the limits that nobody changed', () => {
  /** A view over many pointers to one value, with as many bytes as that takes. */
  function many(
    value: unknown,
    count: number,
    code: number = rtti.list,
    slot: 'view' | 'set' | 'any' = 'view',
  ) {
    const crafted = new Crafted();
    const { bytes, offset } = recordOf(
      slot,
      crafted,
      crafted.pointers(new Array(count).fill(crafted.value(value)), code),
    );
    assert.ok(bytes.length < 40_000, `${bytes.length} bytes`);
    return (options?: { maxValues: number }) =>
      Node.reader.proxyAt(Region.fromBytes(bytes.slice(), options), offset) as unknown as NodeRecord;
  }

  const shared = {
    list: Array.from({ length: 1000 }, (_, index) => `item ${index}`),
    tuple: tupleOf(...Array.from({ length: 2000 }, (_, index) => index)),
    text: 'the same '.repeat(100_000),
  };

  for (const [name, value] of Object.entries(shared)) {
    it(`pays for all that one operation reads from one budget: ${name}`, () => {
      const open = many(value, 500);
      assertTooLarge('includes', () => open().view?.includes('absent'));
      assertTooLarge('indexOf', () => open().view?.indexOf('absent'));
      assertTooLarge('equals', () => open().view?.equals(open().view as never));
      assertTooLarge('toArray', () => open().view?.toArray());
      assertTooLarge('toObject', () => toObject(open()));
      assertTooLarge('JSON', () => JSON.stringify(open()));
      assertTooLarge('the slot', () => many(value, 500, rtti.list, 'any')().any);
      assert.match(inspect(open()), /more than \d+ values/);
      // One at a time each is fine.
      assert.deepEqual(open().view?.at(499), value);
      const everything = { maxValues: 40_000_000 };
      assert.equal(open(everything).view?.includes('absent'), false);
    });
  }

  it('compares and hashes members of sets from one budget', () => {
    const open = many(shared.tuple, 500, rtti.set, 'set');
    const set = () => open().set as NonNullable<NodeRecord['set']>;
    assertTooLarge('union', () => set().union(set()));
    assertTooLarge('isSubsetOf', () => set().isSubsetOf(set()));
    assertTooLarge('equals', () => set().equals(set()));
    assertTooLarge('intersection', () => set().intersection(new Set([1])));
    bounded('has', () => set().has(shared.tuple));
  });

  it('checks what is shared once, and no more than there can be', () => {
    for (const value of Object.values(shared)) {
      const findings = new FindingList();
      const record = many(value, 500)();
      bounded('verify', () =>
        Node.reader.verifyAt(regionOfRecord(record as never), positionOfRecord(record as never), 0, findings),
      );
      assert.deepEqual(findings.list, []);
    }
  });

  it('has room for what its bytes account for', () => {
    const numbers = Array.from({ length: 300_000 }, (_, index) => index);
    const texts = Array.from({ length: 100_000 }, (_, index) => `text ${index}`);
    const packed = () => Node.unpackFrom(Node.pack({ view: numbers, list: texts, any: Tuple.from(numbers) }));
    const record = packed();
    assert.equal(record.view?.includes(299_999), true);
    assert.equal(record.view?.equals(numbers), true);
    assert.equal(record.list?.length, 100_000);
    assert.ok(equals(record, packed()));
    assert.deepEqual(toObject(record).view, numbers);
  });
});

function decimalOf(digits: number) {
  return t.decimal.fromExact({ $decimal: '7'.repeat(digits) });
}
