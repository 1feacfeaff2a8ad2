/** The native core by itself: what the layers above take for granted. */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { after, describe, it } from 'node:test';
import type { RegionHandle, SearchSpec } from '#src/native/index.js';
import { native } from '#src/native/index.js';

const folder = mkdtempSync(join(tmpdir(), 'sharedbuffers-'));
after(() => rmSync(folder, { recursive: true }));
const corrupt = { code: 'ERR_SHAREDBUFFERS_CORRUPT' };
const closed = { code: 'ERR_SHAREDBUFFERS_CLOSED' };
const invalid = { code: 'ERR_SHAREDBUFFERS_INVALID_ARGUMENT' };

describe('regions', () => {
  const path = join(folder, 'region');
  const content = Buffer.from(Array.from({ length: 200_000 }, (_, index) => index % 251));
  writeFileSync(path, content);

  it('show a part of a file and say which file it is', () => {
    const region = native.openRegion(path, 12_345, 100_000);
    const { dev, ino, mtimeNs, ctimeNs } = statSync(path, { bigint: true });
    assert.deepEqual(native.regionInfo(region), {
      size: 100_000,
      fileSize: 200_000,
      identity: `${dev}:${ino}`,
      modifiedNs: String(mtimeNs),
      changedNs: String(ctimeNs),
      kind: 'mapped',
      writable: true,
      lost: false,
    });
    const window = native.regionWindow(region, 10, 90_000);
    assert.ok(Buffer.from(window).equals(content.subarray(12_355, 12_355 + 90_000)));
    for (const [start, length] of [
      [100_001, 0],
      [0, 100_001],
      [-1, 1],
      [0.5, 1],
      [1, Number.NaN],
    ] as const) {
      assert.throws(() => native.regionWindow(region, start, length), invalid);
    }
    native.closeRegion(region);
  });

  it('detach what they handed out when they are closed', () => {
    const region = native.openRegion(path, 0, -1);
    const window = native.regionWindow(region, 0, 100);
    const read = native.createTextReader(region);
    native.closeRegion(region);
    native.closeRegion(region);
    assert.equal(window.byteLength, 0);
    assert.throws(() => read(0), closed);
    assert.throws(() => native.regionInfo(region), closed);
    assert.throws(() => native.createBytesReader(region), closed);
  });

  it('over bytes notice that these are gone', () => {
    const bytes = new Uint8Array([3, 0, 97, 98, 99]);
    const read = native.createTextReader(native.regionFromBytes(bytes));
    assert.equal(read(0), 'abc');
    structuredClone(bytes.buffer, { transfer: [bytes.buffer] });
    assert.throws(() => read(0), closed);
  });

  it('are refused where they cannot be', () => {
    assert.throws(() => native.openRegion(join(folder, 'none'), 0, -1), {
      code: 'ENOENT',
      syscall: 'open',
      message: `ENOENT: no such file or directory, open '${join(folder, 'none')}'`,
    });
    assert.throws(() => native.openRegion(folder, 0, -1), { code: 'EISDIR' });
    assert.throws(() => native.openRegion('/dev/null', 0, -1), invalid);
    assert.throws(() => native.openRegion(path, 200_001, -1), invalid);
    assert.throws(() => native.openRegion(path, 0, 200_001), invalid);
    for (const wrong of [{}, null, 5, () => 1]) {
      assert.throws(() => native.regionInfo(wrong as unknown as RegionHandle), invalid);
    }
  });
});

describe('searches', () => {
  const spec: SearchSpec & { answer: 'value' } = {
    keys: 'numeric',
    width: 8,
    tableOffset: 0,
    rowsOffset: 16,
    rowCount: 4,
    keysEnd: 16,
    answer: 'value',
  };
  const table = (...rows: [bigint, bigint][]) => {
    const bytes = Buffer.alloc(16 + rows.length * 16);
    rows.flat().forEach((number, index) => bytes.writeBigUInt64LE(number, 16 + index * 8));
    return native.regionFromBytes(bytes);
  };

  it('end on rows out of order, which may hide keys', () => {
    const find = native.createSearch(table([9n, 1n], [3n, 2n], [7n, 3n], [1n, 4n]), spec);
    for (let key = 0; key < 20; key++) {
      const value = find(key);
      assert.ok(value === undefined || value === { 9: 1, 3: 2, 7: 3, 1: 4 }[key]);
    }
  });

  it('refuse tables that do not fit, and specs that are none', () => {
    const region = table([1n, 1n], [2n, 2n]);
    assert.throws(() => native.createSearch(region, spec), corrupt);
    assert.throws(() => native.createSearch(region, { ...spec, rowCount: 2 ** 50 }), corrupt);
    assert.throws(() => native.createSearch(region, { ...spec, rowsOffset: 1e9 }), corrupt);
    assert.throws(() => native.createSearch(region, { ...spec, rowCount: -1 }), invalid);
    assert.throws(() => native.createSearch(region, { ...spec, width: 5 as 4 }), invalid);
    assert.throws(() => native.createSearch(region, {} as typeof spec), invalid);
  });
});

describe('sorting', () => {
  it('is stable, and goes by the second column where asked to', async () => {
    for (const width of [4, 8] as const) {
      const count = 5000;
      const Column = width === 4 ? Uint32Array : BigUint64Array;
      const rows = new Column(count * 2);
      for (let row = 0; row < count; row++) {
        const [key, value] = [(row * 7919) % 97, (row * 31) % 1000];
        rows[row * 2] = (width === 4 ? key : BigInt(key)) as never;
        rows[row * 2 + 1] = (width === 4 ? value : BigInt(value)) as never;
      }
      const pairs = () =>
        Array.from({ length: count }, (_, row) => [Number(rows[row * 2]), Number(rows[row * 2 + 1])]);
      const byKey = pairs().sort(([a], [b]) => (a as number) - (b as number));
      native.sortRowsSync(new Uint8Array(rows.buffer), count, 2, width, false);
      assert.deepEqual(pairs(), byKey);
      const byBoth = pairs().sort(
        ([a, c], [b, d]) => (a as number) - (b as number) || (c as number) - (d as number),
      );
      await native.sortRows(new Uint8Array(rows.buffer), count, 2, width, true);
      assert.deepEqual(pairs(), byBoth);
    }
  });
});

describe('locks', () => {
  const path = join(folder, 'lock');

  it('belong to one holder at a time', () => {
    const lock = native.lockFile(path);
    assert.ok(lock);
    assert.equal(native.lockFile(path), undefined);
    native.unlockFile(lock);
    native.unlockFile(lock);
    const again = native.lockFile(path);
    assert.ok(again);
    native.unlockFile(again);
  });

  it('go when their process is killed', async () => {
    const script = `const { native } = await import(${JSON.stringify(resolve('dist/native/index.js'))});
      native.lockFile(${JSON.stringify(path)}); process.send('locked'); setInterval(() => {}, 1000);`;
    const child: ChildProcess = spawn(process.execPath, ['--input-type=module', '-e', script], {
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    });
    await once(child, 'message');
    assert.equal(native.lockFile(path), undefined);
    child.kill('SIGKILL');
    await once(child, 'exit');
    const lock = native.lockFile(path);
    assert.ok(lock);
    native.unlockFile(lock);
  });
});
