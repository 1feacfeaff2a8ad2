/** Uses one container of each kind from files: `node private-copy.js FOLDER`, for private-copy.test.ts. */
import { renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  ApproxStringIdMultiMapper,
  arrayOf,
  Bundle,
  type ContainerOptions,
  mapFile,
  mappingOf,
  multiMappingOf,
  NumericId32Mapper,
  NumericIdMapper,
  ObjectIdMapper,
  open,
  Pool,
  Schema,
  StringIdMapper,
  StringIdMultiMapper,
  t,
  verifySync,
} from 'sharedbuffers';

const Point = new Schema('Point', { x: t.int32, label: t.text, data: t.buffer.optional() });
const points = [0, 1, 2].map((x) => ({ x, label: `ñ ${x}`, data: Uint8Array.of(x, 7) }));
const named = points.map((point) => [point.label, point] as const);

const Points = arrayOf(Point);
const ByName = mappingOf(StringIdMapper, Point);
const AllByName = multiMappingOf(StringIdMapper, Point);

/** What one kind needs to be tried. */
interface Case {
  build(path: string): void;
  open(path: string, options: ContainerOptions): Opened;
  /** Something of it that is there. */
  read(container: Opened): unknown;
}

interface Opened {
  readonly storage: string;
  readonly descriptor: object;
  stats(): { storage: string; mappedBytes: number; privateBytes: number | undefined; size: number };
  refresh(): boolean;
  close(): void;
}

// biome-ignore lint/suspicious/noExplicitAny: what each kind has is known where it is asked
const as = (container: Opened) => container as any;

function idMapper(type: typeof NumericIdMapper | typeof StringIdMultiMapper, key: unknown): Case {
  const { buildSync } = type as unknown as { buildSync(entries: Iterable<unknown>, path: string): unknown };
  return {
    build: (path) => void buildSync.call(type, [[key, 5]], path),
    open: (path, options) => open(path, options),
    read: (container) => as(container).get(key),
  };
}

export const cases: Readonly<Record<string, Case>> = {
  array: {
    build: (path) => void Points.buildSync(points, path),
    open: (path, options) => Points.open(path, options),
    read: (container) => as(container).at(1).label,
  },
  mapping: {
    build: (path) => void ByName.buildSync(named, path),
    open: (path, options) => ByName.open(path, options),
    read: (container) => [as(container).get('ñ 2').x, ...as(container).get('ñ 2').data],
  },
  'mapping with both indexes': {
    build: (path) => void ByName.buildSync(named, path, { index: 'direct' }),
    open: (path, options) => ByName.open(path, options),
    read: (container) => [as(container).get('ñ 2').x, as(container).getMany(['ñ 1', 'none']).length],
  },
  'multi-mapping': {
    build: (path) => void AllByName.buildSync([...named, ...named], path),
    open: (path, options) => AllByName.open(path, options),
    read: (container) => as(container).get('ñ 2').length,
  },
  'numeric ids': idMapper(NumericIdMapper, 77),
  'numeric ids of 32 bits': idMapper(NumericId32Mapper as never, 77),
  'string ids': idMapper(StringIdMapper as never, 'key'),
  'object ids': idMapper(ObjectIdMapper as never, 1.5),
  'many string ids': idMapper(StringIdMultiMapper, 'key'),
  'approximate ids': idMapper(ApproxStringIdMultiMapper as never, 'key'),
  bundle: {
    build: (path) => void Bundle.buildSync([['points', { container: ByName, entries: named }]], path),
    open: (path, options) => Bundle.open(path, options),
    read: (container) => as(container).get('points').get('ñ 1').x,
  },
  'entry of a bundle': {
    build: (path) => void Bundle.buildSync([['points', { container: ByName, entries: named }]], path),
    open: (path, options) => Bundle.open(path, options).open('points', ByName),
    read: (container) => as(container).get('ñ 1').x,
  },
  pool: {
    build: (path) => {
      const pool = new Pool(Point);
      pool.add(points[0] as (typeof points)[0]);
      writeFileSync(path, pool.toBytes());
    },
    open: (path, options) => Pool.load(Point, path, options),
    read: (container) => as(container).get(0).label,
  },
};

export interface Report {
  readonly storage: string;
  readonly statsStorage: string;
  readonly mapped: boolean;
  readonly private: boolean;
  readonly [what: string]: unknown;
}

function outcomeOf(read: () => unknown): unknown {
  try {
    return read();
  } catch (error) {
    return (error as { code?: unknown }).code ?? String(error);
  }
}

/** Everything that does not depend on how the data are there, and what says how they are. */
export function use(kind: string, folder: string, options: ContainerOptions): Report {
  const { build, open: openCase, read } = cases[kind] as Case;
  const path = join(folder, kind);
  build(path);
  const container = openCase(path, options);
  const { storage, mappedBytes, privateBytes, size } = container.stats();
  const report = {
    storage: container.storage,
    statsStorage: storage,
    mapped: mappedBytes === size,
    private: privateBytes === size,
    read: outcomeOf(() => read(container)),
    findings: kind === 'pool' ? [] : verifySync(container as never).findings,
    descriptor: outcomeOf(() => {
      const again =
        kind === 'pool'
          ? Pool.load(Point, container.descriptor as never, options)
          : open(container.descriptor as never, options);
      const found = read(again as unknown as Opened);
      (again as unknown as Opened).close();
      return found;
    }),
    refreshed: outcomeOf(() => {
      build(`${path}.new`);
      renameSync(`${path}.new`, path);
      return container.refresh();
    }),
    readAgain: outcomeOf(() => read(container)),
  };
  container.close();
  return { ...report, closed: outcomeOf(() => read(container)) };
}

/** The same of `mapFile`. */
export function useFile(folder: string, options: { copy?: boolean }): Report {
  const path = join(folder, 'file');
  writeFileSync(path, 'content');
  const bytes = mapFile(path, options);
  const { storage } = bytes;
  const text = Buffer.from(bytes).toString();
  bytes.close();
  return {
    storage,
    statsStorage: storage,
    mapped: storage === 'mapped',
    private: storage === 'private',
    text,
    closed: bytes.length,
  };
}

export function useAll(folder: string, options: { copy?: boolean }): Record<string, Report> {
  const reports = Object.keys(cases).map((kind) => [kind, use(kind, folder, options)] as const);
  return { ...Object.fromEntries(reports), 'mapped file': useFile(folder, options) };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  process.send?.(useAll(process.argv[2] as string, {}));
  process.disconnect();
}
