import assert from 'node:assert/strict';
import { closeSync, ftruncateSync, mkdtempSync, openSync, rmSync, truncateSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { arrayOf, Bundle, mappingOf, NumericIdMapper, open, Schema, StringIdMapper, t } from 'sharedbuffers';
import { Region } from '#src/region.js';

const Point = new Schema('Point', { x: t.int32, label: t.text });
const Points = mappingOf(StringIdMapper, Point);

const folder = mkdtempSync(join(tmpdir(), 'sharedbuffers-stats-'));
after(() => rmSync(folder, { recursive: true }));

const entries = Array.from({ length: 20_000 }, (_, x) => [`key ${x}`, { x, label: `point ${x}` }] as const);
const path = join(folder, 'points.map');
Points.buildSync(entries, path);

const isLinux = process.platform === 'linux';

describe('stats()', () => {
  it('of a mapping: what is mapped, what of it is in memory, and that nothing is private', () => {
    using points = Points.open(path);
    for (const [, point] of points) point.x;
    const { residentBytes, privateBytes, ...rest } = points.stats();
    const size = points.stats().size;
    assert.deepEqual(rest, {
      storage: 'mapped',
      path,
      size,
      mappedBytes: size,
      estimated: false,
      lost: false,
    });
    if (!isLinux) return;
    assert.ok(
      residentBytes !== undefined && residentBytes > size / 2 && residentBytes <= size,
      `${residentBytes}`,
    );
    assert.equal(privateBytes, 0);
  });

  it('counts pages that somebody wrote to as private', { skip: !isLinux }, () => {
    const region = Region.openFile(path);
    const bytes = region.bytesAt(0, region.size, 'everything');
    bytes[10_000] = 1;
    bytes[50_000] = 1;
    const { privateBytes } = region.stats();
    assert.ok(
      privateBytes !== undefined && privateBytes > 4096 && privateBytes < 2 * 70_000,
      `${privateBytes}`,
    );
    region.close();
  });

  it('of a private copy, and of bytes', () => {
    const copy = Points.open(path, { copy: true });
    const { size } = copy.stats();
    const own = { size, mappedBytes: 0, estimated: false, lost: false };
    assert.deepEqual(copy.stats(), {
      ...own,
      storage: 'private',
      path,
      residentBytes: size,
      privateBytes: size,
    });
    const inMemory = Points.from(Points.buildSync(entries));
    assert.deepEqual(inMemory.stats(), {
      ...own,
      storage: 'bytes',
      path: undefined,
      residentBytes: 0,
      privateBytes: 0,
    });
    copy.close();
    assert.throws(() => copy.stats(), { code: 'ERR_SHAREDBUFFERS_CLOSED' });
  });

  it('of every kind of container', () => {
    const kinds = {
      array: (to: string) => arrayOf(Point).buildSync([{ x: 1, label: 'a' }], to),
      mapper: (to: string) => NumericIdMapper.buildSync([[1, 2]], to),
      bundle: (to: string) => Bundle.buildSync([['points.map', Points.from(Points.buildSync(entries))]], to),
    };
    for (const [kind, build] of Object.entries(kinds)) {
      const file = join(folder, kind);
      build(file);
      using container = open(file);
      const { storage, path: from, lost } = container.stats();
      assert.deepEqual({ storage, from, lost }, { storage: 'mapped', from: file, lost: false });
    }
  });

  it('estimates for a large file, in a bounded time', { skip: !isLinux }, () => {
    const large = join(folder, 'large');
    const file = openSync(large, 'w');
    ftruncateSync(file, 2 ** 40);
    closeSync(file);
    const region = Region.openFile(large);
    const { mappedBytes, residentBytes, privateBytes, estimated } = region.stats();
    assert.deepEqual(
      { mappedBytes, privateBytes, estimated },
      { mappedBytes: 2 ** 40, privateBytes: 0, estimated: true },
    );
    assert.ok(residentBytes !== undefined && residentBytes < 2 ** 30, 'nobody has read from it');
    region.close();
  });

  it('and refresh() tell of a file that was cut short', { skip: process.platform === 'win32' }, () => {
    const cut = join(folder, 'cut.map');
    Points.buildSync(entries, cut);
    using points = Points.open(cut);
    truncateSync(cut, 0);
    assert.equal(points.stats().lost, false, 'nobody has read yet');
    assert.throws(() => points.get('key 1'), { code: 'ERR_SHAREDBUFFERS_FILE_CHANGED' });
    assert.equal(points.stats().lost, true);
    assert.throws(() => points.refresh(), { code: 'ERR_SHAREDBUFFERS_FILE_CHANGED' });
    rmSync(cut);
    Points.buildSync(entries.slice(0, 10), cut);
    assert.equal(points.refresh(), true);
    assert.equal(points.stats().lost, false);
    assert.equal(points.get('key 1')?.x, 1);
  });
});
