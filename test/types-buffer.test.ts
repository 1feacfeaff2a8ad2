import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { CorruptDataError } from 'sharedbuffers';
import { buffer } from '#src/types/buffer.js';
import { assertSurvivesDamage, exactValue, packValue, readValue } from './support/values.js';

describe('buffers', () => {
  it('are read in place', () => {
    const packed = packValue(buffer, new Uint8Array([1, 2, 3]));
    assert.deepEqual(packed, new Uint8Array([3, 0, 0, 0, 0, 0, 0, 0, 1, 2, 3]));
    const view = readValue(buffer, packed);
    assert.equal(view.buffer, packed.buffer);
    assert.equal(view.byteOffset, 8);
    packed[8] = 7;
    assert.deepEqual(view, new Uint8Array([7, 2, 3]));
  });

  it('take Uint8Array and ArrayBuffer, of any length, uncompressed', () => {
    const zeros = new ArrayBuffer(2000);
    assert.equal(packValue(buffer, zeros).length, 2008);
    assert.deepEqual(readValue(buffer, packValue(buffer, zeros)), new Uint8Array(2000));
    assert.deepEqual(readValue(buffer, packValue(buffer, new Uint8Array())), new Uint8Array());
    const part = new Uint8Array([1, 2, 3, 4]).subarray(1, 3);
    assert.deepEqual(exactValue(buffer, packValue(buffer, part)), { $bytes: 'AgM=' });
    assert.deepEqual(buffer.fromExact({ $bytes: 'AgM=' }), part.slice());
  });

  it('refuse everything else', () => {
    for (const wrong of ['text', [1], new DataView(new ArrayBuffer(1)), new Uint16Array(1), null, 5]) {
      assert.throws(() => packValue(buffer, wrong as never), { code: 'ERR_SHAREDBUFFERS_INVALID_TYPE' });
    }
  });

  it('report lengths that cannot be', () => {
    const packed = packValue(buffer, new Uint8Array(3));
    for (const length of [4n, 2n ** 40n, 2n ** 63n, 2n ** 64n - 1n]) {
      new DataView(packed.buffer).setBigUint64(0, length, true);
      assert.throws(() => readValue(buffer, packed), CorruptDataError);
    }
  });

  it('survive damaged bytes', () => assertSurvivesDamage(buffer, packValue(buffer, new Uint8Array(5))));
});
