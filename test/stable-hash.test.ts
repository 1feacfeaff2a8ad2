import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { float, InvalidTypeError, tuple } from 'sharedbuffers';
import { hasUnreliableHash, stableHash } from '#src/types/stable-hash.js';

const hex = (value: unknown) => stableHash(value).toString(16).padStart(16, '0');

/** What Python's library computes. */
const known: [value: unknown, hash: string][] = [
  [null, '0000000000000001'],
  [0, '0000000000000001'],
  [-1, 'ffffffffffffffff'],
  [0.5, '00007fffffffffff'],
  [1.5, '0000bfffffffffdf'],
  [-0.5, 'ffff800000000001'],
  [0.1, '0000ccccccd3334c'],
  [1e300, '0000bf21e4407f0c'],
  [1e-300, '0000ab70fe0844fa'],
  [1e19, '00008ac7230481e7'],
  [5e-324, '00007fffffe0863f'],
  [Number.POSITIVE_INFINITY, '0000ffffffffffff'],
  [Number.NEGATIVE_INFINITY, 'ffff000000000001'],
  [Number.NaN, '0001fffffffffffe'],
  ['a', 'd24ec4f1a98c6e5b'],
  ['', 'ef46db3751d8e999'],
  [tuple(), '1692e9d3bfa120f4'],
  [tuple(1), 'd25d3a77f4241e83'],
  [tuple('a', 1), '027fd0cbb50e1b21'],
  [new Set(), '71f86b2ef56cfd77'],
  [new Set([1]), '3f0d65dead9faeef'],
];

describe('the stable hash', () => {
  it('is the one of Python', () => {
    for (const [value, hash] of known) assert.equal(hex(value), hash, String(value));
  });

  it('is one for values that are one key', () => {
    for (const one of [1, 1n, true, float(1)]) assert.equal(hex(one), '0000000000000001');
    for (const zero of [0, -0, 0n, false, float(-0), null]) assert.equal(hex(zero), '0000000000000001');
    assert.equal(hex(Buffer.from('a')), hex('a'));
    assert.equal(hex(2n ** 64n - 1n), hex(-1));
    assert.equal(hex(2 ** 60), hex(2n ** 60n));
    assert.equal(hex(tuple(1, new Set([2]))), hex(tuple(true, new Set([float(2)]))));
    assert.equal(hex(-(2 ** 63)), hex(-(2n ** 63n)));
    assert.notEqual(hex(2 ** 63), hex(2n ** 63n));
  });

  it('hashes text as UTF-8, however often', () => {
    const text = 'é'.repeat(40);
    assert.equal(hex(text), hex(Buffer.from(text)));
    assert.equal(hex(text), hex(text));
    assert.equal(hex('x'.repeat(1000)), hex(Buffer.alloc(1000, 'x')));
  });

  it('refuses what cannot be a key', () => {
    for (const value of [[1], new Map(), {}, new Date(), undefined, Symbol('x'), tuple([1]), new Set([{}])]) {
      assert.throws(() => stableHash(value), InvalidTypeError);
    }
    assert.throws(() => stableHash([1]), /tuple\(…\)/);
  });

  it('knows where sets make it depend on an order', () => {
    assert.equal(hasUnreliableHash(tuple(1, new Set(['a']))), false);
    assert.equal(hasUnreliableHash(tuple(1, new Set(['a', 'b']))), true);
    assert.equal(hasUnreliableHash('ab'), false);
  });
});
