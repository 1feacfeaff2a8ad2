/**
 * What stays behind of a million openings and ten million lookups, and whether the size of what is mapped makes the
 * garbage collector work. Options: `--cycles=N`, `--lookups=N`, `--without-collector`.
 */
import assert from 'node:assert/strict';
import { closeSync, ftruncateSync, mkdtempSync, openSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { constants, PerformanceObserver } from 'node:perf_hooks';
import { setImmediate } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import {
  mapFile,
  mappingOf,
  multiMappingOf,
  NumericIdMultiMapper,
  Schema,
  StringIdMapper,
  t,
} from 'sharedbuffers';
import { native } from '#src/native/index.js';

const { values } = parseArgs({
  options: {
    cycles: { type: 'string', default: '1000000' },
    lookups: { type: 'string', default: '10000000' },
    'without-collector': { type: 'boolean', default: false },
  },
});

const Point = new Schema('Point', {
  x: t.int32,
  label: t.text,
  tags: t.list(t.int32),
  view: t.listView(t.int32),
});
const Points = mappingOf(StringIdMapper, Point);
const Groups = multiMappingOf(NumericIdMultiMapper, Point);
const count = 1000;
const points = Array.from({ length: count }, (_, x) => ({ x, label: `point ${x}`, tags: [x, 1], view: [x] }));
const folder = mkdtempSync(join(tmpdir(), 'sharedbuffers-leaks-'));
const path = join(folder, 'points.map');
Points.buildSync(
  points.map((point) => [`key ${point.x}`, point] as const),
  path,
  { index: 'direct' },
);
const groupsPath = join(folder, 'groups.map');
Groups.buildSync(
  points.map((point) => [point.x >> 1, point] as const),
  groupsPath,
);

const mebibyte = 2 ** 20;

/** After everything that nobody needs is gone. */
async function measure() {
  for (let turn = 0; turn < 5; turn++) {
    globalThis.gc?.();
    await setImmediate();
  }
  const { rss, heapUsed, external } = process.memoryUsage();
  const handles = process.platform === 'linux' ? readdirSync('/proc/self/fd').length : 0;
  return { rss, heapUsed, external, handles, regions: native.regionCount(), blocks: native.blockCount() };
}
type Measures = Awaited<ReturnType<typeof measure>>;

function show(what: string, before: Measures, after: Measures): void {
  const inMebibytes = (key: 'rss' | 'heapUsed' | 'external') =>
    `${key} ${(before[key] / mebibyte).toFixed(1)} -> ${(after[key] / mebibyte).toFixed(1)} MiB`;
  console.log(
    `${what}: ${inMebibytes('rss')}, ${inMebibytes('heapUsed')}, ${inMebibytes('external')}, ` +
      `files ${before.handles} -> ${after.handles}, regions ${before.regions} -> ${after.regions}, ` +
      `native blocks ${before.blocks} -> ${after.blocks}`,
  );
  assert.equal(after.regions, before.regions);
  assert.equal(after.handles, before.handles);
  // What was measured before may have been waiting still to be collected.
  assert.ok(after.blocks <= before.blocks, 'native blocks stay');
  for (const key of ['heapUsed', 'external'] as const) {
    assert.ok(after[key] - before[key] < 2 * mebibyte, `${key} grows`);
  }
  assert.ok(after.rss - before.rss < 64 * mebibyte, 'the process grows');
}

async function openAndClose(count: number): Promise<void> {
  for (let cycle = 0; cycle < count; cycle++) {
    const points = Points.open(path);
    points.get('key 7')?.label;
    points.close();
    // Detached buffers let go of their mapping in the event loop.
    if (cycle % 1000 === 0) await setImmediate();
  }
}

/** In every form that there is, absent keys and errors among them, a thousand at a time. */
function lookUp(total: number): void {
  using named = Points.open(path);
  using groups = Groups.open(groupsPath);
  const keys = points.map(({ x }) => `key ${x}`);
  const cursor = named.cursor();
  const forms: readonly (() => number)[] = [
    () => keys.reduce((sum, key) => sum + (named.get(key)?.x ?? 0), 0),
    () => keys.reduce((sum, key) => sum + (named.get(key)?.label.length ?? 0), 0),
    () => keys.reduce((sum, key) => sum + (named.get(key)?.tags[0] ?? 0), 0),
    () => keys.reduce((sum, key) => sum + (named.get(key)?.view.at(0) ?? 0), 0),
    () => keys.reduce((sum, key) => sum + (named.get(key, cursor)?.x ?? 0), 0),
    () => keys.reduce((sum, key) => sum + Number(named.has(key)) + Number(named.has(`no ${key}`)), 0),
    () => named.getMany(keys).length,
    () => keys.reduce((sum, _, x) => sum + groups.get(x >> 1).length + (groups.getFirst(x)?.x ?? 0), 0),
    () => keys.reduce((sum, _, x) => sum + groups.count(x) + [...groups.getIter(x)].length, 0),
    () =>
      points.reduce(
        (sum, _, x) => sum + refused(() => Object.assign(named.records.at(x) as object, { x: 1 })),
        0,
      ),
  ];
  const expected = forms.map((form) => form());
  for (let done = 0; done < total; done += count) {
    const form = (done / count) % forms.length;
    assert.equal(forms[form]?.(), expected[form]);
  }
}

function refused(read: () => unknown): number {
  try {
    read();
    return 0;
  } catch {
    return 1;
  }
}

/** Major collections while the heap turns over, with so many bytes mapped. */
async function majorCollections(mapped: number): Promise<number> {
  const large = join(folder, 'large');
  const file = openSync(large, 'w');
  ftruncateSync(file, mapped);
  closeSync(file);
  const bytes = mapped > 0 ? mapFile(large) : undefined;
  await measure();
  let collections = 0;
  const observer = new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) {
      const { detail } = entry as unknown as { detail: unknown };
      if ((detail as { kind: number }).kind === constants.NODE_PERFORMANCE_GC_MAJOR) collections++;
    }
  });
  observer.observe({ entryTypes: ['gc'] });
  const kept: object[] = [];
  for (let n = 0; n < 5_000_000; n++) {
    kept[n % 200_000] = { n, text: `n ${n}` };
    if (n % 100_000 === 0) await setImmediate();
  }
  await setImmediate();
  observer.disconnect();
  bytes?.close();
  return collections;
}

try {
  await openAndClose(Math.min(20_000, Number(values.cycles)));
  const start = await measure();
  await openAndClose(Number(values.cycles));
  show(`${values.cycles} times opened, read and closed`, start, await measure());
  lookUp(Math.min(100_000, Number(values.lookups)));
  const before = await measure();
  lookUp(Number(values.lookups));
  show(`${values.lookups} lookups`, before, await measure());
  if (!values['without-collector']) {
    // The first round warms up.
    await majorCollections(0);
    console.log(
      `major collections: ${await majorCollections(0)} with nothing mapped, ${await majorCollections(3 * 2 ** 30)} with 3 GiB`,
    );
  }
} finally {
  rmSync(folder, { recursive: true });
}
