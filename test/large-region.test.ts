import assert from 'node:assert/strict';
import { closeSync, mkdtempSync, openSync, rmSync, truncateSync, writeSync } from 'node:fs';
import { tmpdir, totalmem } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { arrayOf, mappingOf, NumericIdMapper, Schema, t, toObject } from 'sharedbuffers';

const GiB = 2 ** 30;
const Item = new Schema('Item', { label: t.text, number: t.int64, next: t.self.optional() });

const arrayOffset = 4096;
/** Larger than the machine's memory, and than any one buffer of Node 20. */
const fileSize = Math.ceil((totalmem() * 1.25) / GiB + 12) * GiB;
const indexOffset = 10 * GiB + 3;
/** On both sides of 4 and 8 GiB, across them, across the edges of windows, and near the end. */
const positions = [
  56 + 64,
  2 * GiB - 10,
  3 * GiB - 20 - arrayOffset,
  4 * GiB - 100,
  4 * GiB - 12 - arrayOffset,
  4 * GiB + 100,
  5 * GiB - 9,
  6 * GiB - 10,
  8 * GiB - 100,
  8 * GiB - 13 - arrayOffset,
  8 * GiB + 40,
  fileSize - GiB,
];

const folder = mkdtempSync(join(tmpdir(), 'sharedbuffers-'));
after(() => rmSync(folder, { recursive: true }));
const path = join(folder, 'sparse.map');

function u64(...numbers: number[]): Buffer {
  const bytes = Buffer.alloc(numbers.length * 8);
  numbers.forEach((number, index) => bytes.writeBigInt64LE(BigInt(number), index * 8));
  return bytes;
}

/** The stored schema, taken out of an array that was built of it. */
function pickle(): Buffer {
  const built = Buffer.from(arrayOf(Item).buildSync([]));
  const offset = Number(built.readBigUint64LE(40));
  return built.subarray(offset, offset + Number(built.readBigUint64LE(48)));
}

/** A mapping by hand: record `n` has its text at another record's place, and points to record `n + 1`. */
function writeSparse(): void {
  const file = openSync(path, 'w');
  const put = (bytes: Uint8Array, position: number) => writeSync(file, bytes, 0, bytes.length, position);
  put(u64(positions.length, 16), 0);
  positions.forEach((_, number) => put(u64(number * 10, number), 16 + number * 16));
  const schema = pickle();
  const total = fileSize - 8 - arrayOffset;
  put(
    u64(total, indexOffset, positions.length, 2, 2, indexOffset + positions.length * 8, schema.length),
    arrayOffset,
  );
  const textOf = (number: number) => (positions[positions.length - 1 - number] as number) + 40;
  positions.forEach((position, number) => {
    const next = positions[(number + 1) % positions.length] as number;
    const text = Buffer.from(`label ñ ${number}`);
    put(
      Buffer.concat([u64(7), u64(textOf(number) - position, next - position, -number)]),
      arrayOffset + position,
    );
    put(Buffer.concat([Buffer.of(text.length, 0), text]), arrayOffset + textOf(number));
    put(u64(position), arrayOffset + indexOffset + number * 8);
  });
  put(schema, arrayOffset + indexOffset + positions.length * 8);
  put(u64(arrayOffset), fileSize - 8);
  closeSync(file);
  truncateSync(path, fileSize);
}

describe(`a file of ${fileSize / GiB} GiB, more than the memory of the machine`, () => {
  writeSparse();

  it('is opened, searched and read at positions on both sides of 4 and 8 GiB', () => {
    using items = mappingOf(NumericIdMapper, Item).open(path);
    assert.equal(items.size, positions.length);
    positions.forEach((_, number) => {
      const item = items.get(number * 10);
      assert.equal(item?.label, `label ñ ${number}`);
      assert.equal(item?.number, BigInt(-number));
      assert.equal(item?.next?.number, BigInt(-((number + 1) % positions.length)));
      assert.equal(item?.next?.next?.label, `label ñ ${(number + 2) % positions.length}`);
    });
    assert.equal(items.get(5), undefined);
  });

  it('is iterated', () => {
    using items = mappingOf(NumericIdMapper, Item).open(path);
    assert.deepEqual(
      [...items.keys()],
      positions.map((_, number) => number * 10),
    );
    assert.deepEqual(
      [...items.values()].map((item) => item.number),
      positions.map((_, number) => BigInt(-number)),
    );
    const numbers = positions.map((_, number) => BigInt(-number));
    assert.deepEqual(
      Array.from(items.cursor(), ({ number }) => number),
      numbers,
    );
    assert.equal(items.cursor().moveTo(9)?.label, 'label ñ 9');
    assert.deepEqual(items.column('number'), BigInt64Array.from(numbers));
    assert.deepEqual(
      items.records.column('label'),
      positions.map((_, number) => `label ñ ${number}`),
    );
    assert.throws(() => toObject(items.get(0) as object), { code: 'ERR_SHAREDBUFFERS_TOO_LARGE' });
  });

  it('cannot be copied where it is larger than a buffer', { timeout: 60_000 }, () => {
    if (Number(process.versions.node.split('.')[0]) >= 22) return;
    assert.throws(() => mappingOf(NumericIdMapper, Item).open(path, { copy: true }), {
      code: 'ERR_SHAREDBUFFERS_TOO_LARGE',
    });
  });

  it('has a part beyond 4 GiB that is opened alone', () => {
    const folderPart = join(folder, 'part');
    const bytes = arrayOf(Item).buildSync([{ label: 'far', number: 1 }]);
    const file = openSync(folderPart, 'w');
    writeSync(file, bytes, 0, bytes.length, 5 * GiB + 77);
    closeSync(file);
    using items = arrayOf(Item).open(folderPart, { offset: 5 * GiB + 77 });
    assert.equal(items.at(0)?.label, 'far');
  });
});
