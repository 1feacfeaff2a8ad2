/** Opening looks at headers alone, however large the file is. */
import assert from 'node:assert/strict';
import {
  closeSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import {
  arrayOf,
  Bundle,
  mappingOf,
  multiMappingOf,
  NumericIdMapper,
  open,
  Schema,
  StringIdMapper,
  t,
} from 'sharedbuffers';

const Point = new Schema('Point', { x: t.int32, label: t.text, values: t.list(t.float64) });
const folder = mkdtempSync(join(tmpdir(), 'sharedbuffers-opening-'));
after(() => rmSync(folder, { recursive: true }));

function* points(count: number) {
  for (let x = 0; x < count; x++) yield { x, label: `point ${x}`, values: [x, 0.5, 1 / (x + 1)] };
}

function* entries<Key>(count: number, key: (x: number) => Key) {
  for (const point of points(count)) yield [key(point.x), point] as const;
}

const builds: Readonly<Record<string, (path: string, count: number) => unknown>> = {
  array: (path, count) => arrayOf(Point).buildSync(points(count), path),
  mapping: (path, count) =>
    mappingOf(StringIdMapper, Point).buildSync(
      entries(count, (x) => `key ${x}`),
      path,
    ),
  'mapping with a direct table': (path, count) =>
    mappingOf(NumericIdMapper, Point).buildSync(
      entries(count, (x) => x * 3),
      path,
      { index: 'direct' },
    ),
  'multi-mapping': (path, count) =>
    multiMappingOf(StringIdMapper, Point).buildSync(
      entries(count, (x) => `key ${x >> 1}`),
      path,
    ),
  'id mapper': (path, count) =>
    StringIdMapper.buildSync(
      Array.from({ length: count * 4 }, (_, x) => [`key ${x}`, x] as const),
      path,
    ),
  bundle: (path, count) =>
    Bundle.buildSync([['points', { container: arrayOf(Point), entries: points(count) }]], path),
};

/** Bytes of pages of a file that this process has touched, or that came along with those. */
function touchedBytes(path: string): number {
  const maps = readFileSync('/proc/self/smaps', 'utf8').split(/^(?=[0-9a-f]+-[0-9a-f]+ )/m);
  const touched = maps
    .filter((map) => map.slice(0, map.indexOf('\n')).endsWith(path))
    .map((map) => Number(/^Rss: +(\d+) kB/m.exec(map)?.[1]) * 1024);
  assert.ok(touched.length > 0, `${path} is mapped`);
  return touched.reduce((sum, bytes) => sum + bytes, 0);
}

/** What is written in large pieces may be in huge pages, of which every one that is touched is mapped whole. */
function rewriteInSmallPages(path: string): void {
  const bytes = readFileSync(path);
  rmSync(path);
  const file = openSync(path, 'w');
  for (let start = 0; start < bytes.length; start += 4096)
    writeSync(file, bytes, start, Math.min(4096, bytes.length - start));
  closeSync(file);
}

describe('opening a large file', () => {
  const path = join(folder, 'large');
  mappingOf(StringIdMapper, Point).buildSync(
    entries(100_000, (x) => `key ${x}`),
    path,
  );
  const { size } = statSync(path);

  /** Bytes that the engine counts as memory to collect garbage for. */
  function counted(work: () => unknown): number {
    const before = process.memoryUsage().external;
    work();
    return process.memoryUsage().external - before;
  }

  it('and looking a few keys up in it are nothing that the engine would collect garbage for', () => {
    assert.ok(size > 2 ** 23, `${size} bytes`);
    const points = mappingOf(StringIdMapper, Point).open(path);
    points.close();
    let opened: typeof points | undefined;
    const opening = counted(() => {
      opened = mappingOf(StringIdMapper, Point).open(path);
      assert.ok(opened.has('key 77') && !opened.has('none'));
      assert.equal(opened.column('x').length, 100_000);
      opened.stats();
      assert.equal(opened.get('key 77')?.x, 77);
      assert.equal(opened.get('key 99999')?.label, 'point 99999');
      assert.equal(opened.records.at(50_000)?.x, 50_000);
    });
    assert.ok(opening < 2 ** 21, `${opening} bytes`);
    const reading = counted(() => assert.equal(opened?.get('key 77')?.values[1], 0.5));
    // A collection may end in between what was there before.
    assert.ok(reading > size / 2, 'the window in which lists are read is that of the whole file');
    opened?.close();
  });

  it('shows the whole of it after some lookups, so that those to come find their window at once', () => {
    const points = mappingOf(StringIdMapper, Point).open(path);
    const reading = counted(() => {
      for (let turn = 0; turn < 40; turn++) assert.equal(points.get(`key ${turn}`)?.x, turn);
    });
    assert.ok(reading > size / 2, `${reading} bytes`);
    points.close();
  });

  it('reads the same through small windows as through that of the whole', () => {
    const count = 100_000;
    const file = join(folder, 'large array');
    const Points = arrayOf(Point);
    Points.buildSync(points(count), file);
    const whole = Points.open(file, { copy: true });
    const label = (index: number) => [whole.at(index)?.label, whole.at(index)?.x];
    const indexBytes = 8;
    const recordBytes = statSync(file).size / count - indexBytes;
    // A window has 64 KiB and begins within the page of what was read first: all about its end, where records and texts
    // lie across it, and about both ends of the file.
    const inWindow = Math.floor(2 ** 16 / recordBytes);
    for (const index of [0, count - 1, ...Array.from({ length: 300 }, (_, n) => (n * 331) % count)]) {
      const opened = Points.open(file);
      const first = opened.at(index);
      assert.deepEqual([first?.label, first?.x], label(index));
      for (let back = index % 17; back < 102; back += 17) {
        const other = Math.min(index + inWindow - back + 20, count - 1);
        assert.deepEqual([opened.at(other)?.label, opened.at(other)?.x], label(other));
      }
      assert.equal(first?.values[0], whole.at(index)?.x);
      assert.equal(first?.x, whole.at(index)?.x);
      opened.close();
      assert.throws(() => first?.x, { code: 'ERR_SHAREDBUFFERS_CLOSED' });
    }
    whole.close();
  });

  it('finds what leaves the file through small windows, too', () => {
    const bytes = readFileSync(path);
    const damaged = join(folder, 'damaged');
    const { records } = mappingOf(StringIdMapper, Point).open(path);
    const { offset, indexOffset, reader } = records.source;
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    const positionOf = (number: number) => offset + Number(view.getBigUint64(indexOffset + number * 8, true));
    const label = reader.slots.find(({ name }) => name === 'label')?.place?.fullOffset as number;
    // Records whose first byte, header, or fields are the last that there are; and texts.
    const lasts = [1, 2, 3, 9];
    for (const [number, last] of lasts.entries()) {
      view.setBigUint64(indexOffset + number * 8, BigInt(bytes.length - last - offset), true);
      const text = positionOf(100 + number);
      view.setBigInt64(text + label, BigInt(bytes.length - last - text), true);
    }
    records.close();
    writeFileSync(damaged, bytes);
    const outcome = (read: () => unknown) => {
      try {
        return read();
      } catch (error) {
        const { code, message } = error as Error & { code?: string };
        return [code, message];
      }
    };
    const whole = mappingOf(StringIdMapper, Point).open(damaged, { copy: true });
    for (const number of lasts.keys()) {
      const small = mappingOf(StringIdMapper, Point).open(damaged);
      for (const read of [
        (points: typeof small) => points.records.at(number)?.x,
        (points: typeof small) => points.records.at(number)?.label,
        (points: typeof small) => points.records.at(100 + number)?.label,
      ]) {
        assert.deepEqual(
          outcome(() => read(small)),
          outcome(() => read(whole)),
        );
      }
      small.close();
    }
    const [code] = outcome(() => whole.records.at(0)?.x) as string[];
    assert.equal(code, 'ERR_SHAREDBUFFERS_CORRUPT');
    whole.close();
  });
});

describe('opening', {
  skip: process.platform !== 'linux' && 'only Linux says which pages were touched',
}, () => {
  for (const [kind, build] of Object.entries(builds)) {
    it(`touches few pages of a ${kind}, as many of a large one as of a small one`, async () => {
      const touched: number[] = [];
      for (const count of [10_000, 80_000]) {
        const path = join(folder, `${kind} ${count}`);
        build(path, count);
        rewriteInSmallPages(path);
        // What the build had mapped goes in the event loop.
        for (let turn = 0; turn < 20; turn++) await setImmediate();
        using container = open(path);
        touched.push(touchedBytes(path));
        assert.equal(container.closed, false);
      }
      const [small = 0, large = 0] = touched;
      // The system maps the pages around each that is touched: up to 64 KiB, or what of that is in the file and in memory.
      assert.ok(large > 0 && large <= 512 * 1024, `${large} bytes`);
      assert.ok(large <= small + 256 * 1024, `${small} and ${large} bytes`);
    });
  }
});
