/** Malformed LZ4 blocks: nothing but errors of this library comes of them, soon and without much memory. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { CorruptDataError, SharedBuffersError } from 'sharedbuffers';
import { native } from '#src/native/index.js';
import { bytes, text } from '#src/types/text.js';
import { noise, realText, sizes, variants } from './support/compressible.js';
import { randomNumbers } from './support/random.js';
import { readValue } from './support/values.js';

const seed = Number(process.env.SEED ?? Date.now() % 1_000_000);
const prose = new Uint8Array(Buffer.from(realText(100_000)));

/** A block with the size that it claims to yield before it. */
function stored(size: number, ...block: number[]): Uint8Array {
  const result = new Uint8Array(4 + block.length);
  new DataView(result.buffer).setUint32(0, size, true);
  result.set(block, 4);
  return result;
}

/** What a slot holds: the header with the mark of compressed ones, then the block. */
function asSlot(block: Uint8Array): Uint8Array {
  const result = new Uint8Array(10 + block.length);
  const view = new DataView(result.buffer);
  view.setUint16(0, 0xffff, true);
  view.setUint32(2, block.length, true);
  result.set(block, 10);
  return result;
}

/** Reads as `decompress`, bytes and text; answers the bytes where they are some. */
function attempt(block: Uint8Array): Uint8Array | undefined {
  let result: Uint8Array | undefined;
  const slot = asSlot(block);
  for (const read of [
    () => native.decompress(block),
    () => readValue(bytes, slot),
    () => void readValue(text, slot),
  ]) {
    try {
      result = read() ?? result;
    } catch (error) {
      if (!(error instanceof SharedBuffersError)) throw error;
    }
  }
  return result;
}

function assertRefused(block: Uint8Array): void {
  assert.throws(() => native.decompress(block), CorruptDataError);
  assert.throws(() => readValue(bytes, asSlot(block)), CorruptDataError);
  assert.throws(() => readValue(text, asSlot(block)), CorruptDataError);
}

const sizeOf = (block: Uint8Array) => new DataView(block.buffer, block.byteOffset).getUint32(0, true);

describe(`LZ4 blocks (SEED=${seed})`, () => {
  it('yield what was compressed', () => {
    for (const size of sizes(randomNumbers(seed))) {
      for (const input of variants(size, prose)) {
        const block = native.compress(input);
        if (block === undefined) continue;
        assert.ok(block.length < input.length - Math.floor(input.length / 3));
        assert.equal(sizeOf(block), size);
        assert.ok(Buffer.compare(native.decompress(block), input) === 0, `${size} bytes`);
        assert.ok(Buffer.compare(readValue(bytes, asSlot(block)), input) === 0, `${size} bytes`);
      }
    }
  });

  it('are refused where they are cut off anywhere', () => {
    for (const input of [...variants(1500, prose), new Uint8Array(70_000)]) {
      const block = native.compress(input);
      if (block === undefined) continue;
      for (let length = 0; length < block.length; length++) assertRefused(block.slice(0, length));
    }
  });

  it('are refused where they claim another size', () => {
    for (const input of variants(5000, prose)) {
      const block = native.compress(input);
      if (block === undefined) continue;
      for (const size of [0, 1, 4999, 5001, 10_000, 2 ** 31 - 1, 2 ** 31, 2 ** 32 - 1]) {
        const wrong = block.slice();
        new DataView(wrong.buffer).setUint32(0, size, true);
        assertRefused(wrong);
      }
    }
  });

  it('are refused for each rule that they break', () => {
    // a literal 'a', then a match of 4 at the distance, then the end: a block ends with literals
    const matchAt = (distance: number) => [0x10, 0x61, distance & 0xff, distance >> 8, 0x10, 0x62];
    assert.deepEqual([...native.decompress(stored(6, ...matchAt(1)))], [...Buffer.from('aaaaab')]);
    assertRefused(stored(6, ...matchAt(0)));
    assertRefused(stored(6, ...matchAt(2)));
    assertRefused(stored(6, ...matchAt(0xffff)));
    assertRefused(stored(1));
    assertRefused(stored(5, 0x10, 0x61, 1, 0));
    assertRefused(stored(2, 0x10, 0x61, 0x10, 0x62));
    assertRefused(stored(16, 0xf0));
    assertRefused(stored(300, 0xf0, 0xff, 0xff));
    assertRefused(stored(2 ** 32 - 1, 0xf0, ...new Array(1000).fill(0xff)));
    assertRefused(stored(20, 0x1f, 0x61, 1, 0, ...new Array(1000).fill(0xff)));
  });

  it('claim a huge size in vain', () => {
    const before = process.memoryUsage().rss;
    const start = performance.now();
    for (let round = 0; round < 1000; round++) {
      assertRefused(stored(2 ** 32 - 1 - round, 0x1f, 0x61, 1, 0, 0xff, 0xff, 0, 0x10, 0x62));
    }
    assert.ok(performance.now() - start < 2000);
    assert.ok(process.memoryUsage().rss - before < 2 ** 28);
  });

  it('yield as much as they claim, or an error, when bytes of them are changed', () => {
    const random = randomNumbers(seed);
    for (const input of variants(3000, prose)) {
      const block = native.compress(input);
      if (block === undefined) continue;
      for (let round = 0; round < 3000; round++) {
        const damaged: Uint8Array = block.slice();
        for (let count = random(3); count >= 0; count--) damaged[random(damaged.length)] = random(256);
        const found = attempt(damaged);
        if (found !== undefined) assert.equal(found.length, sizeOf(damaged));
      }
    }
  });

  it('yield as much as they claim, or an error, when they are noise', () => {
    for (let round = 0; round < 3000; round++) {
      const block = noise(4 + (round % 60), seed + round);
      block[2] = 0;
      block[3] = 0;
      const found = attempt(block);
      if (found !== undefined) assert.equal(found.length, sizeOf(block));
    }
  });
});
