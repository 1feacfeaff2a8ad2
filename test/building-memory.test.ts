/** Builds into memory, which V8 does not know of. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { arrayOf, mappingOf, Schema, StringIdMapper, t } from 'sharedbuffers';
import { FileSpool, MemorySpool, type Spool } from '#src/building/spool.js';
import { runNow, type Steps } from '#src/building/steps.js';
import { native } from '#src/native/index.js';
import { randomBytes } from './support/random.js';

const mebibyte = 2 ** 20;

/** A spool with bytes that were appended in pieces of many sizes. */
function filled(bytes: Uint8Array): MemorySpool {
  const spool = new MemorySpool();
  for (
    let position = 0, size = 1;
    position < bytes.length;
    position += size, size = ((size * 7) % 900_000) + 1
  ) {
    runNow(spool.append(bytes.subarray(position, position + size)));
  }
  return spool;
}

describe('a spool in memory', () => {
  const bytes = randomBytes(9 * mebibyte, 5);

  it('has its bytes where they were appended', () => {
    const spool = filled(bytes);
    assert.equal(spool.size, bytes.length);
    for (const [start, end] of [
      [0, 0],
      [0, 10],
      [5 * mebibyte - 3, 6 * mebibyte],
      [bytes.length - 1, bytes.length],
      [bytes.length, bytes.length],
    ] as const) {
      const target = new Uint8Array(end - start);
      runNow(spool.read(target, start));
      assert.ok(Buffer.from(target).equals(bytes.subarray(start, end)), `${start} to ${end}`);
    }
    const region = spool.openRegion();
    assert.equal(region.size, bytes.length);
    assert.ok(Buffer.from(region.bytesAt(0, bytes.length, 'all')).equals(bytes));
    region.close();
  });

  it('takes others in their place, and refuses them anywhere else', () => {
    const spool = filled(bytes);
    const other = randomBytes(3 * mebibyte, 6);
    runNow(spool.replace(3 * mebibyte + 5, other));
    const expected = Buffer.from(bytes);
    expected.set(other, 3 * mebibyte + 5);
    assert.throws(() => runNow(spool.replace(bytes.length - 1, new Uint8Array(2))), RangeError);
    assert.throws(() => runNow(spool.read(new Uint8Array(1), bytes.length)), RangeError);
    assert.ok(expected.equals(runNow(spool.take())));
    assert.equal(spool.size, 0);
    assert.equal(runNow(spool.take()).length, 0);
  });

  it('moves to another one, or into a file', () => {
    const spool = filled(bytes.subarray(0, 5 * mebibyte));
    runNow(filled(bytes.subarray(5 * mebibyte)).moveTo(spool));
    assert.ok(Buffer.from(bytes).equals(runNow(filled(bytes).take())));
    const written: Uint8Array[] = [];
    const target = Object.create(FileSpool.prototype, {
      append: {
        *value(part: Uint8Array): Steps<void> {
          written.push(new Uint8Array(part));
        },
      },
    }) as Spool;
    runNow(spool.moveTo(target));
    assert.equal(spool.size, 0);
    assert.ok(Buffer.concat(written).equals(bytes));
  });

  it('is no place for what is none', () => {
    const handle = native.createMemory();
    assert.throws(() => native.appendMemory({} as never, bytes), /expected the handle of a memory/);
    assert.throws(() => native.appendMemory(handle, 'text' as never), /bytes/);
    assert.throws(() => native.readMemory(handle, -1, bytes), RangeError);
    assert.throws(() => native.readMemory(handle, 1, new Uint8Array(0)), RangeError);
    assert.throws(() => native.shiftMemory(handle, new Uint8Array(1)), /1 bytes at 0 are not among the 0/);
    assert.throws(() => native.moveMemory(handle, handle), /cannot be moved to itself/);
    native.freeMemory(handle);
    native.freeMemory(handle);
  });
});

describe('what a build holds in memory', () => {
  const Blob = new Schema('Blob', { data: t.buffer });
  const data = randomBytes(mebibyte, 8);

  function* blobs(count: number, failAtEnd: boolean) {
    for (let number = 0; number < count; number++) yield { data };
    if (failAtEnd) yield {} as { data: Uint8Array };
  }

  it('is given back where it fails', async () => {
    const Blobs = arrayOf(Blob);
    const ByName = mappingOf(StringIdMapper, Blob);
    function* named(count: number) {
      for (const record of blobs(count, true)) yield ['one', record] as const;
    }
    const failing = async () => {
      assert.throws(() => Blobs.buildSync(blobs(32, true)), /record 32: Blob.data/);
      await assert.rejects(ByName.build(named(32)), /record 32 .*Blob.data/);
    };
    await failing();
    const before = process.memoryUsage().rss;
    for (let round = 0; round < 10; round++) await failing();
    const held = process.memoryUsage().rss - before;
    assert.ok(held < 200 * mebibyte, `${held} bytes of 20 failed builds of 32 MiB are still held`);
  });

  it('is the result alone in the end', () => {
    const built = arrayOf(Blob).buildSync(blobs(40, false));
    assert.equal(arrayOf(Blob).from(built).length, 40);
    assert.ok(Buffer.from(arrayOf(Blob).from(built).at(39)?.data as Uint8Array).equals(data));
  });
});
