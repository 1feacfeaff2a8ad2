/** Descriptors: plain data that opens the same container in another thread or process. */
import assert from 'node:assert/strict';
import { fork } from 'node:child_process';
import { appendFileSync, copyFileSync, renameSync, rmSync, utimesSync } from 'node:fs';
import { relative } from 'node:path';
import { describe, it } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import {
  type AnyContainer,
  arrayOf,
  Bundle,
  type ContainerDescriptor,
  MappedArray,
  Mapping,
  MultiMapping,
  mappingOf,
  multiMappingOf,
  NumericIdMapper,
  ObjectIdMapper,
  open,
  Pool,
  Schema,
  StringIdMapper,
  StringIdMultiMapper,
  t,
} from 'sharedbuffers';
import { native } from '#src/native/index.js';
import { scratchFolder } from './support/cli.js';
import { fixturePath } from './support/fixtures.js';

const Point = new Schema('Point', { x: t.int32, label: t.text });
const Points = mappingOf(StringIdMapper, Point);
const entries = Array.from({ length: 100 }, (_, x) => [`key ${x}`, { x, label: `ñ ${x}` }] as const);

/** What a worker or a child answers to a descriptor. */
interface Answer {
  label: string | undefined;
  size: number;
  regions: number;
}

function answer(descriptor: ContainerDescriptor): Answer {
  const points = Points.open(descriptor);
  const label = points.get('key 7')?.label;
  return { label, size: points.size, regions: native.regionCount() };
}

if (!isMainThread) {
  const { descriptor } = workerData as { descriptor: ContainerDescriptor | undefined };
  if (descriptor !== undefined) parentPort?.postMessage(answer(descriptor));
  else parentPort?.once('message', (message) => parentPort?.postMessage(answer(message)));
} else if (process.send !== undefined && process.argv[2] === 'child') {
  process.once('message', (message: ContainerDescriptor) => {
    process.send?.(answer(message), () => process.disconnect());
  });
} else {
  runTests();
}

function runTests(): void {
  const { path } = scratchFolder();
  const file = path('points.map');
  Points.buildSync(entries, file);
  const self = new URL(import.meta.url);

  const codeOf = (run: () => unknown): unknown => {
    try {
      run();
    } catch (error) {
      return (error as { code?: unknown }).code;
    }
    return undefined;
  };

  /** Mappings are given back some turns of the event loop after their containers are closed. */
  const noRegions = async () => {
    for (let turn = 0; native.regionCount() > 0 && turn < 100; turn++) await setImmediate();
    assert.equal(native.regionCount(), 0);
  };

  describe('a descriptor', () => {
    it('is strings and numbers, the same after JSON', () => {
      using points = Points.open(relative(process.cwd(), file), { maxDepth: 10 });
      const { descriptor } = points;
      for (const value of Object.values(descriptor)) assert.match(typeof value, /^(string|number)$/);
      assert.deepEqual(JSON.parse(JSON.stringify(descriptor)), descriptor);
      assert.deepEqual(structuredClone(descriptor), descriptor);
      assert.equal(descriptor.path, file);
      assert.equal(descriptor.kind, 'mapping');
      assert.equal(descriptor.idMapper, 'StringIdMapper');
      assert.equal(descriptor.maxDepth, 10);
      using again = Points.open(descriptor);
      assert.deepEqual(again.descriptor, descriptor);
      assert.equal(again.get('key 99')?.x, 99);
    });

    it('shares the mapping within a process', async () => {
      await noRegions();
      using points = Points.open(file);
      using again = Points.open(points.descriptor);
      using any = open(points.descriptor);
      assert.ok(any instanceof Mapping);
      assert.equal(again.size, 100);
      assert.equal(native.regionCount(), 1);
    });

    it('crosses to workers as workerData and as a message', async () => {
      await noRegions();
      using points = Points.open(file);
      const { descriptor } = points;
      const answers = await Promise.all(
        [descriptor, undefined].map(
          (data) =>
            new Promise<Answer>((resolve, reject) => {
              const worker = new Worker(self, { workerData: { descriptor: data } });
              if (data === undefined) worker.postMessage(descriptor);
              worker.once('message', resolve).once('error', reject);
            }),
        ),
      );
      for (const found of answers) assert.deepEqual(found, { label: 'ñ 7', size: 100, regions: 1 });
    });

    for (const serialization of ['json', 'advanced'] as const) {
      it(`crosses to forked processes (${serialization})`, async () => {
        using points = Points.open(file);
        const child = fork(self, ['child'], { serialization, execArgv: [] });
        child.send(points.descriptor);
        const found = await new Promise<Answer>((resolve, reject) => {
          child.once('message', (message) => resolve(message as Answer)).once('error', reject);
        });
        assert.deepEqual(found, { label: 'ñ 7', size: 100, regions: 1 });
      });
    }

    it('names every kind of container', async () => {
      const reopen = <C extends AnyContainer>(container: C): AnyContainer => {
        using _ = container;
        return open(JSON.parse(JSON.stringify(container.descriptor)));
      };
      const records = entries.map(([, record]) => record);
      const Records = arrayOf(Point);
      await Records.build(records, path('array'));
      using array = reopen(Records.open(path('array')));
      assert.ok(array instanceof MappedArray && array.length === 100);
      const Multi = multiMappingOf(StringIdMultiMapper, Point);
      await Multi.build(entries, path('multi'));
      using multi = reopen(Multi.open(path('multi')));
      assert.ok(multi instanceof MultiMapping && multi.get('key 3').length === 1);
      // Read as the simple form, and so described.
      using simple = reopen(Points.open(path('multi')));
      assert.ok(simple instanceof Mapping && simple.size === 100);
      await ObjectIdMapper.build([[null, 5]], path('ids'));
      using ids = reopen(ObjectIdMapper.open(path('ids')));
      assert.ok(ids instanceof ObjectIdMapper && ids.get(null) === 5);
    });

    it('names bundles and the containers in them', async () => {
      await Bundle.build([['points', file]], path('bundle.zip'));
      using bundle = Bundle.open(path('bundle.zip'));
      using again = open(bundle.descriptor);
      assert.ok(again instanceof Bundle && again.has('points'));
      const entry = bundle.open('points', Points);
      using points = Points.open(entry.descriptor);
      assert.equal(points.get('key 5')?.label, 'ñ 5');
      assert.deepEqual(
        { offset: points.descriptor.offset, size: points.descriptor.size },
        bundle.placeOf('points'),
      );
    });

    it('names pools, for their schema to read', () => {
      const pool = new Pool(Point);
      const position = pool.add({ x: 1, label: 'one' });
      pool.dumpSync(path('pool'));
      using loaded = Pool.load(Point, path('pool'));
      using again = Pool.load(Point, loaded.descriptor);
      assert.equal(again.get(position).label, 'one');
      assert.throws(() => open(loaded.descriptor), /Pool\.load\(schema, descriptor\)/);
      assert.equal(
        codeOf(() => Points.open(loaded.descriptor)),
        'ERR_SHAREDBUFFERS_WRONG_KIND',
      );
    });

    it('tells what files from Python are, which do not say so', () => {
      const Numbers = mappingOf(NumericIdMapper);
      using numbers = Numbers.open(fixturePath('map-user-data.bin'));
      assert.equal(
        codeOf(() => open(numbers.descriptor.path)),
        'ERR_SHAREDBUFFERS_NOT_SELF_DESCRIBED',
      );
      using again = open(numbers.descriptor);
      assert.ok(again instanceof Mapping);
      assert.equal(again.size, numbers.size);
    });

    it('is refused by classes of another kind', () => {
      using points = Points.open(file);
      const { descriptor } = points;
      const Numbers = mappingOf(NumericIdMapper, Point);
      for (const openWrongly of [
        () => arrayOf(Point).open(descriptor),
        () => StringIdMapper.open(descriptor),
        () => Numbers.open(descriptor),
        () => Pool.load(Point, descriptor),
      ]) {
        assert.equal(codeOf(openWrongly), 'ERR_SHAREDBUFFERS_WRONG_KIND');
      }
    });

    it('is not there for bytes, for parts of others, and after closing', () => {
      const points = Points.open(file);
      const parts = [Points.from(Points.buildSync(entries)), points.records, points.idMapper];
      for (const part of parts) {
        assert.throws(() => part.descriptor, { name: 'InvalidTypeError', message: /opened from a file/ });
      }
      points.close();
      assert.equal(
        codeOf(() => points.descriptor),
        'ERR_SHAREDBUFFERS_CLOSED',
      );
    });

    it('describes a private copy too', () => {
      using copy = Points.open(file, { copy: true });
      assert.equal(copy.descriptor.storage, 'private');
      using again = Points.open(copy.descriptor);
      assert.equal(again.table.region.storage, 'private');
      assert.equal(again.get('key 1')?.x, 1);
    });
  });

  describe('a descriptor of a file that has changed', () => {
    const changed = 'ERR_SHAREDBUFFERS_FILE_CHANGED';
    const name = path('changing.map');
    const describeFresh = (): ContainerDescriptor => {
      rmSync(name, { force: true });
      copyFileSync(file, name);
      using points = Points.open(name);
      return points.descriptor;
    };

    it('is refused where the file was replaced', () => {
      const descriptor = describeFresh();
      copyFileSync(file, path('other.map'));
      // The same size and, as far as that goes, the same time.
      utimesSync(path('other.map'), 1e9, 1e9);
      utimesSync(name, 1e9, 1e9);
      using points = Points.open(name);
      renameSync(path('other.map'), name);
      for (const each of [descriptor, points.descriptor]) {
        assert.throws(() => Points.open(each), { code: changed, message: /changing\.map was/ });
        assert.equal(
          codeOf(() => open(each)),
          changed,
        );
      }
    });

    it('is refused where the file was written to, or touched', () => {
      const grown = describeFresh();
      appendFileSync(name, 'more');
      assert.throws(() => Points.open(grown), { code: changed, message: /written to in place/ });
      const touched = describeFresh();
      utimesSync(name, 1e9, 1e9);
      assert.equal(
        codeOf(() => Points.open(touched)),
        changed,
      );
    });

    it('says with the system’s words that there is none any more', () => {
      const descriptor = describeFresh();
      rmSync(name);
      assert.equal(
        codeOf(() => Points.open(descriptor)),
        'ENOENT',
      );
    });

    it('leaves no mapping behind', async () => {
      const descriptor = describeFresh();
      utimesSync(name, 1e9, 1e9);
      for (let round = 0; round < 100; round++) codeOf(() => Points.open(descriptor));
      await noRegions();
    });
  });

  describe('what somebody sent as a descriptor', () => {
    using points = Points.open(file);
    const good: { [field: string]: unknown } = { ...points.descriptor };

    for (const [field, values] of Object.entries({
      sharedbuffers: [undefined, 2, '1'],
      kind: [undefined, 'object', 7, '__proto__'],
      idMapper: [7, {}],
      path: [undefined, '', 'relative', 7, '/a\0b', ['/a']],
      device: [undefined, 7, 'x', '', '1'.repeat(100)],
      inode: [null, 7],
      fileSize: [undefined, -1, 1.5, '7', Number.NaN],
      modifiedNs: [0, 'now'],
      offset: [undefined, -1, 2 ** 60],
      size: [-1, '7'],
      maxDepth: ['deep', -1],
      maxValues: [0.5],
      storage: ['mapped', true],
    })) {
      it(`is an error where ${field} is wrong`, () => {
        for (const value of values) {
          const sent = { ...good, [field]: value } as never;
          const error = { name: 'InvalidTypeError', code: 'ERR_SHAREDBUFFERS_INVALID_TYPE' };
          assert.throws(() => Points.open(sent), error);
          assert.throws(() => open(sent), error);
        }
      });
    }

    it('is an error where it is something else', () => {
      for (const value of [null, undefined, {}, [], 7, new Map(), new Date()]) {
        assert.throws(() => Points.open(value as never), { name: 'InvalidTypeError' });
        assert.throws(() => open(value as never), { name: 'InvalidTypeError' });
      }
      assert.throws(() => Points.open(Points.buildSync(entries) as never), { name: 'InvalidTypeError' });
    });

    it('cannot name an id mapper that there is not', () => {
      for (const idMapper of ['NoSuchMapper', 'constructor']) {
        assert.throws(() => Points.open({ ...good, idMapper } as never), /NoSuchMapper|constructor/);
      }
    });

    it('does not go with a second offset or size', () => {
      assert.throws(() => Points.open(good as never, { offset: 0 }), /offset and size/);
    });
  });
}
