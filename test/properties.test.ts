/** What holds for records of all schemas. fast-check prints the seed of what fails; SEED sets it. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { inspect, isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import { arrayOf, OutOfRangeError, type Schema, SharedBuffersError, Tuple, toObject } from 'sharedbuffers';
import { Packer } from '#src/building/packer.js';
import { writeRecord } from '#src/building/record-writer.js';
import { FindingList } from '#src/containers/findings.js';
import { canonicalTagged } from '#src/exact/canonical.js';
import type { Tagged } from '#src/exact/tagged.js';
import { Region } from '#src/region.js';
import { isDictLike, isSetLike } from '#src/types/equality.js';
import { registerStructs, type World, worlds } from './support/arbitrary-schemas.js';
import { withoutFloats } from './support/without-floats.js';

if (process.env.SEED !== undefined) fc.configureGlobal({ seed: Number(process.env.SEED) });

/** One record, with its schemas known by their typecodes while it is looked at. */
function forAll(check: (schema: Schema, record: Tagged, seed: number) => void, numRuns = 200): void {
  const property = fc.property(worlds(1, 'both'), fc.nat(2 ** 31), (world: World, seed) => {
    const unregister = registerStructs(world);
    try {
      check(world.root.schema, world.records[0] as Tagged, seed);
    } finally {
      unregister();
    }
  });
  fc.assert(property, { numRuns });
}

const pack = (schema: Schema, record: Tagged) => schema.pack(schema.fromExact(record));

function exactAt(schema: Schema, bytes: Uint8Array, offset = 0): Tagged {
  return schema.reader.exactAt(Region.fromBytes(bytes), offset, 0);
}

function findingsOf(schema: Schema, bytes: Uint8Array): string[] {
  const findings = new FindingList();
  schema.reader.verifyAt(Region.fromBytes(bytes), 0, 0, findings);
  return findings.list.map(({ message }) => message);
}

function assertSame(found: Tagged, expected: Tagged): void {
  if (canonicalTagged(found) !== canonicalTagged(expected)) assert.deepEqual(found, expected);
}

/** The record with one slot, or something within that slot, that cannot be packed. */
function spoiled(record: Record<string, unknown>, choice: number): Record<string, unknown> | undefined {
  const slots = Object.keys(record).filter((name) => record[name] !== null);
  const name = slots[choice % slots.length];
  return name === undefined ? undefined : { ...record, [name]: spoil(record[name], choice >>> 8) };
}

/** Puts it behind what can be packed, so that much is written before it is met. */
function spoil(value: unknown, choice: number): unknown {
  const bad = Symbol('bad');
  if (value instanceof Tuple) return Tuple.from([...value.slice(0, -1), bad]);
  if (Array.isArray(value)) return [...value, bad];
  if (value instanceof Set) return new Set([...value, bad]);
  if (value instanceof Map) return new Map([...value, ['a key of its own', bad]]);
  const isRecord =
    typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype;
  return (isRecord && spoiled(value as Record<string, unknown>, choice)) || bad;
}

/** A packer that has room for so many bytes until its buffer must grow. */
function packerWithRoom(room: number): Packer {
  const packer = new Packer(1024);
  packer.length = packer.bytes.length - room;
  packer.base = -packer.length;
  return packer;
}

describe('records of any schema', () => {
  it('read as they were packed, and have nothing that verify finds', () => {
    forAll((schema, record) => {
      const bytes = pack(schema, record);
      assertSame(exactAt(schema, bytes), record);
      assert.deepEqual(findingsOf(schema, bytes), []);
    }, 400);
  });

  it('are packed as the same bytes from their exact form', () => {
    forAll((schema, record) => {
      const bytes = pack(schema, record);
      assert.deepEqual(pack(schema, exactAt(schema, bytes)), bytes);
    });
  });

  it('are packed into any place of a buffer, or not at all', () => {
    forAll((schema, record, seed) => {
      const value = schema.fromExact(record);
      const bytes = schema.pack(value);
      const offset = seed % 40;
      const buffer = new Uint8Array(offset + bytes.length + 5).fill(0xaa);
      assert.equal(schema.packInto(value, buffer, offset), bytes.length);
      assert.deepEqual(buffer.subarray(offset, offset + bytes.length), bytes);
      assert.ok(buffer.subarray(0, offset).every((byte) => byte === 0xaa));
      assert.ok(buffer.subarray(offset + bytes.length).every((byte) => byte === 0xaa));
      assertSame(exactAt(schema, buffer, offset), record);
      const small = new Uint8Array(offset + bytes.length - 1).fill(0xaa);
      assert.throws(() => schema.packInto(value, small, offset), OutOfRangeError);
      assert.ok(small.every((byte) => byte === 0xaa));
    });
  });

  it('are packed again from what was read', () => {
    forAll((schema, record) => {
      const again = schema.pack(schema.unpackFrom(pack(schema, record)) as never);
      const found = withoutFloats(exactAt(schema, again));
      assert.deepEqual(found, withoutFloats(record));
      // numbers have found their kind now: another round changes nothing
      const oncemore = schema.pack(schema.unpackFrom(again) as never);
      assertSame(exactAt(schema, oncemore), exactAt(schema, again));
    });
  });

  it('are shown as plain objects, as JSON and by console.log', () => {
    forAll((schema, record) => {
      const bytes = pack(schema, record);
      const proxy = schema.unpackFrom(bytes);
      const plain = toObject(proxy);
      const { fields } = record as { fields: Record<string, Tagged> };
      assert.deepEqual(new Set(Object.keys(plain)), new Set(Object.keys(fields)));
      assert.ok(isDeepStrictEqual(plain, toObject(schema.unpackFrom(bytes.slice()))));
      assert.doesNotThrow(() => JSON.parse(JSON.stringify(proxy)));
      assert.equal(typeof inspect(proxy, { depth: 20 }), 'string');
    });
  });

  it('find every member of their sets and every key of their dicts', () => {
    forAll((schema, record) => {
      const proxy = schema.unpackFrom(pack(schema, record));
      for (const { name } of schema.slots) {
        const value = (proxy as Record<string, unknown>)[name];
        if (typeof value !== 'object' || value === null) continue;
        if (isSetLike(value)) for (const member of value) assert.ok(value.has(member));
        if (isDictLike(value))
          for (const key of value.keys()) assert.notEqual(value.get(key as never), undefined);
      }
    });
  });

  it('are packed alike wherever the buffer must grow', () => {
    forAll((schema, record, seed) => {
      const value = schema.fromExact(record);
      const bytes = schema.pack(value);
      const end = Math.min(bytes.length, 1024);
      // every place in short records, some in long ones
      const step = end <= 200 ? 1 : 1 + (seed % 13) + (end >> 6);
      for (let room = 0; room <= end; room += step) {
        const packer = packerWithRoom(room);
        const start = packer.length;
        assert.equal(writeRecord(packer, schema, value), 0);
        assert.ok(
          Buffer.compare(packer.bytes.subarray(start, packer.length), bytes) === 0,
          `room for ${room}`,
        );
      }
    }, 150);
  });

  it('leave no trace where they fail', () => {
    forAll((schema, record, seed) => {
      const value = schema.fromExact(record);
      const bad = spoiled(value as Record<string, unknown>, seed);
      fc.pre(bad !== undefined);
      const bytes = schema.pack(value);
      assert.throws(() => schema.pack(bad as never), SharedBuffersError);
      assert.deepEqual(schema.pack(value), bytes);
      const end = Math.min(bytes.length, 1024);
      const step = end <= 100 ? 1 : 1 + (end >> 5);
      for (let room = 0; room <= end; room += step) {
        const packer = packerWithRoom(room);
        const start = packer.length;
        assert.throws(() => writeRecord(packer, schema, bad), SharedBuffersError);
        packer.rollback(start);
        writeRecord(packer, schema, value);
        assert.ok(
          Buffer.compare(packer.bytes.subarray(start, packer.length), bytes) === 0,
          `room for ${room}`,
        );
      }
      assert.throws(() => arrayOf(schema).buildSync([value, bad as never]), /\b1\b/);
    }, 150);
  });

  it('answer values or errors of this library where their bytes are damaged', () => {
    forAll((schema, record, seed) => {
      const bytes = pack(schema, record);
      fc.pre(bytes.length < 4000);
      for (let round = 0; round < 20; round++) {
        const damaged = bytes.slice(0, round % 4 === 0 ? seed % (bytes.length + 1) : bytes.length);
        if (damaged.length > 0) damaged[(seed * (round + 1)) % damaged.length] = (seed >>> round) & 0xff;
        for (const read of [
          () => exactAt(schema, damaged),
          () => findingsOf(schema, damaged),
          () => toObject(schema.unpackFrom(damaged)),
          () => JSON.stringify(schema.unpackFrom(damaged)),
          () => schema.pack(schema.unpackFrom(damaged) as never),
        ]) {
          try {
            read();
          } catch (error) {
            if (!(error instanceof SharedBuffersError)) throw error;
          }
        }
      }
    }, 300);
  });
});
