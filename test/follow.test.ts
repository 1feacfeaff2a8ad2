/** Files that are replaced while they are read: `refresh`, `follow`, `onChange`, and what becomes of old readers. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import {
  appendFileSync,
  copyFileSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { dirname, resolve } from 'node:path';
import { after, describe, it } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import {
  arrayOf,
  Bundle,
  type ChangeEvent,
  mappingOf,
  multiMappingOf,
  open,
  Pool,
  Schema,
  StringIdMapper,
  StringIdMultiMapper,
  t,
} from 'sharedbuffers';
import { native } from '#src/native/index.js';
import { scratchFolder } from './support/cli.js';

const Point = new Schema('Point', { x: t.int32, label: t.text, bytes: t.buffer });
const Points = mappingOf(StringIdMapper, Point);
type Points = InstanceType<typeof Points>;

const count = 50;
const { path } = scratchFolder();

/** The entries of a generation: every field tells which. */
function entriesOf(generation: number) {
  return Array.from({ length: count }, (_, n) => {
    const x = generation * 1000 + n;
    return [
      `key ${n}`,
      { x, label: `generation ${generation}`, bytes: new Uint8Array([generation]) },
    ] as const;
  });
}

const build = (name: string, generation: number) => Points.buildSync(entriesOf(generation), path(name));

/** A file that is there as soon as it has its name. */
function rename(content: string | Uint8Array, name: string): void {
  writeFileSync(path(`${name}.new`), content);
  renameSync(path(`${name}.new`), path(name));
}

function codeOf(run: () => unknown): unknown {
  try {
    run();
  } catch (error) {
    return (error as { code?: unknown }).code;
  }
  return undefined;
}

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

/**
 * Garbage is collected, and mappings are given back, some turns of the event loop later. Each test closes what it
 * opens, so that there are none between them.
 */
async function regionsReach(wanted: number): Promise<void> {
  for (let turn = 0; native.regionCount() !== wanted && turn < 200; turn++) {
    if (turn % 10 === 0) collectGarbage();
    await setImmediate();
  }
  assert.equal(native.regionCount(), wanted);
}

describe('refresh', () => {
  it('answers whether it switched', () => {
    build('answers', 1);
    using points = Points.open(path('answers'));
    assert.equal(points.refresh(), false);
    build('answers', 2);
    assert.equal(points.get('key 3')?.x, 1003);
    assert.equal(points.refresh(), true);
    assert.equal(points.get('key 3')?.x, 2003);
    assert.equal(points.refresh(), false);
  });

  it('leaves those who read the file before to finish on it', () => {
    build('readers', 1);
    using points = Points.open(path('readers'));
    const record = points.get('key 7');
    const view = record?.bytes;
    const entries = points.entries();
    entries.next();
    const { records, idMapper } = points;
    const inArray = records[Symbol.iterator]();
    build('readers', 2);
    assert.ok(points.refresh());
    assert.equal(record?.x, 1007);
    assert.equal(record?.label, 'generation 1');
    assert.deepEqual([...(view ?? [])], [1]);
    for (const [key, { x, label }] of entries) {
      assert.equal(label, 'generation 1');
      assert.equal(x, 1000 + Number(key.slice(4)));
    }
    for (const { label } of inArray) assert.equal(label, 'generation 1');
    assert.equal(records.at(0)?.label, 'generation 1');
    assert.equal(records.at(Number(idMapper.get('key 9')))?.x, 1009);
    assert.equal(points.records.at(0)?.label, 'generation 2');
  });

  it('gives a file back when the last of its readers is gone', async () => {
    await regionsReach(0);
    build('collected', 0);
    using points = Points.open(path('collected'));
    const kept = points.get('key 1');
    for (let generation = 1; generation <= 5; generation++) {
      build('collected', generation);
      assert.ok(points.refresh());
      assert.equal(points.get('key 1')?.x, generation * 1000 + 1);
    }
    await regionsReach(2);
    assert.equal(kept?.label, 'generation 0');
  });

  it('has close() take the replaced files from their readers too', async () => {
    await regionsReach(0);
    build('closing', 1);
    const points = Points.open(path('closing'));
    const old = points.get('key 1');
    build('closing', 2);
    points.refresh();
    const record = points.get('key 1');
    points.close();
    for (const each of [old, record]) {
      assert.throws(() => each?.x, { code: 'ERR_SHAREDBUFFERS_CLOSED' });
      assert.throws(() => each?.label, { code: 'ERR_SHAREDBUFFERS_CLOSED' });
    }
    assert.equal(
      codeOf(() => points.refresh()),
      'ERR_SHAREDBUFFERS_CLOSED',
    );
    await regionsReach(0);
  });

  it('goes on with the same classes of proxies, and the same cursor, where the schema is the same', () => {
    build('alike', 1);
    const Names = mappingOf(StringIdMapper, new Schema('Point', { label: t.text }));
    using any = open(path('alike')) as Points;
    using names = Names.open(path('alike'));
    const classOf = (record: object | undefined) => Object.getPrototypeOf(record);
    const before = [any.get('key 1'), names.get('key 1')].map(classOf);
    const cursor = any.cursor();
    assert.equal(any.get('key 1', cursor)?.x, 1001);
    build('alike', 2);
    assert.ok(any.refresh() && names.refresh());
    assert.deepEqual([any.get('key 1'), names.get('key 1')].map(classOf), before);
    assert.equal(names.get('key 1')?.label, 'generation 2');
    assert.equal(any.get('key 1', cursor)?.x, 2001);
  });

  it('shows the slots of the new file where no schema was given', () => {
    build('evolving', 1);
    using any = open(path('evolving')) as Points;
    const Wider = new Schema('Point', { x: t.int64, more: t.list(t.text) });
    mappingOf(StringIdMapper, Wider).buildSync([['key 1', { x: 5n, more: ['a'] }]], path('evolving'));
    assert.ok(any.refresh());
    assert.deepEqual(JSON.parse(JSON.stringify(any.get('key 1'))), { x: 5, more: ['a'] });
  });

  it('is false for bytes, which nobody replaces', () => {
    using points = Points.from(Points.buildSync(entriesOf(1)));
    assert.equal(points.refresh(), false);
  });

  it('finds the file when the working directory is another one', () => {
    build('relative', 1);
    const start = process.cwd();
    process.chdir(dirname(path('relative')));
    const points = Points.open('relative');
    process.chdir(start);
    build('relative', 2);
    assert.ok(points.refresh());
    assert.equal(points.descriptor.path, path('relative'));
    points.close();
  });

  it('follows a symbolic link to what it names now', () => {
    build('first', 1);
    build('second', 2);
    symlinkSync('first', path('link'));
    using points = Points.open(path('link'));
    symlinkSync('second', path('link.new'));
    renameSync(path('link.new'), path('link'));
    assert.ok(points.refresh());
    assert.equal(points.get('key 0')?.x, 2000);
  });

  it('works on private copies, whose inodes may come again', () => {
    build('copied', 1);
    using points = Points.open(path('copied'), { copy: true });
    for (let generation = 2; generation < 6; generation++) {
      build('copied', generation);
      assert.ok(points.refresh());
      assert.equal(points.get('key 0')?.x, generation * 1000);
    }
  });

  it('works on every kind of container', () => {
    const Multi = multiMappingOf(StringIdMultiMapper, Point);
    Multi.buildSync(entriesOf(1), path('multi'));
    using multi = Multi.open(path('multi'));
    using any = open(path('multi'));
    const found = multi.getIter('key 1');
    Multi.buildSync([...entriesOf(2), ...entriesOf(3)], path('multi'));
    assert.ok(multi.refresh() && any.refresh());
    assert.equal(multi.count('key 1'), 2);
    assert.equal([...found].length, 2, 'the search began after the switch');

    StringIdMapper.buildSync([['a', 1]], path('ids'));
    using ids = StringIdMapper.open(path('ids'));
    StringIdMapper.buildSync([['a', 2]], path('ids'));
    assert.ok(ids.refresh());
    assert.equal(ids.get('a'), 2);

    const records = (generation: number) => entriesOf(generation).map(([, record]) => record);
    arrayOf(Point).buildSync(records(1), path('array'));
    using array = arrayOf(Point).open(path('array'));
    arrayOf(Point).buildSync(records(2), path('array'));
    assert.ok(array.refresh());
    assert.equal(array.at(-1)?.label, 'generation 2');

    const dump = (x: number) => {
      const pool = new Pool(Point);
      const position = pool.add({ x, label: '', bytes: new Uint8Array() });
      pool.dumpSync(path('pool'));
      return position;
    };
    const position = dump(1);
    using pool = Pool.load(Point, path('pool'));
    assert.equal(dump(2), position);
    assert.ok(pool.refresh());
    assert.equal(pool.get(position).x, 2);
  });
});

describe('a bundle that is replaced', () => {
  const file = path('bundle.zip');
  const buildBundle = (generation: number) =>
    Bundle.buildSync([['points', { container: Points, entries: entriesOf(generation) }]], file);

  it('opens containers of the new file, and leaves those of the old one', () => {
    buildBundle(1);
    const bundle = Bundle.open(file);
    const old = bundle.open('points', Points);
    const oldRecord = old.get('key 2');
    buildBundle(2);
    assert.ok(bundle.refresh());
    const points = bundle.open('points', Points);
    assert.notEqual(points, old);
    assert.equal(points.get('key 2')?.x, 2002);
    assert.equal(old.get('key 2')?.x, 1002);
    bundle.close();
    assert.ok(old.closed && points.closed);
    assert.throws(() => oldRecord?.x, { code: 'ERR_SHAREDBUFFERS_CLOSED' });
  });

  it('is replaced as a whole', () => {
    buildBundle(1);
    using bundle = Bundle.open(file, { follow: true });
    const points = bundle.open('points', Points);
    assert.throws(() => points.refresh(), /bundle\.zip is replaced as a whole/);
  });
});

describe('a bad new file', () => {
  const other = new Schema('Point', { x: t.text });
  const good = () => readFileSync(path('good'));
  build('good', 9);

  const bad: Record<string, [() => string | Uint8Array, string]> = {
    'is empty': [() => '', 'ERR_SHAREDBUFFERS_CORRUPT'],
    'is cut short': [() => good().subarray(0, -100), 'ERR_SHAREDBUFFERS_CORRUPT'],
    'has a corrupt header': [
      () => {
        const bytes = good();
        bytes.fill(255, 0, 16);
        return bytes;
      },
      'ERR_SHAREDBUFFERS_CORRUPT',
    ],
    'is something else': [
      () => arrayOf(Point).buildSync(entriesOf(1).map(([, record]) => record)),
      'ERR_SHAREDBUFFERS_',
    ],
    'is of another kind': [
      () => mappingOf(StringIdMapper, other).buildSync([['a', { x: 'text' }]]),
      'ERR_SHAREDBUFFERS_SCHEMA_MISMATCH',
    ],
  };

  for (const [what, [content, code]] of Object.entries(bad)) {
    it(`that ${what} is not switched to`, async () => {
      const name = `bad ${what}`;
      build(name, 1);
      await regionsReach(0);
      using points = Points.open(path(name));
      rename(content(), name);
      for (let round = 0; round < 3; round++) {
        assert.match(String(codeOf(() => points.refresh())), new RegExp(`^${code}`));
        assert.equal(points.get('key 4')?.x, 1004);
      }
      await regionsReach(1);
      build(name, 2);
      assert.ok(points.refresh());
      assert.equal(points.get('key 4')?.x, 2004);
    });
  }

  it('that fails to verify is not switched to, where that is asked for', () => {
    build('verified', 1);
    using points = Points.open(path('verified'), { verify: true });
    using trusting = Points.open(path('verified'));
    const bytes = good();
    const at = bytes.indexOf('generation 9');
    // Not UTF-8 any more: nothing that opening looks at.
    bytes[at] = 255;
    rename(bytes, 'verified');
    assert.throws(() => points.refresh(), { code: 'ERR_SHAREDBUFFERS_CORRUPT', message: /verified: record/ });
    assert.equal(points.get('key 0')?.label, 'generation 1');
    assert.ok(trusting.refresh());
    assert.equal(
      codeOf(() => Points.open(path('verified'), { verify: true })),
      'ERR_SHAREDBUFFERS_CORRUPT',
    );
  });

  it('that is missing leaves the old data', () => {
    build('missing', 1);
    using points = Points.open(path('missing'));
    rmSync(path('missing'));
    assert.equal(
      codeOf(() => points.refresh()),
      'ENOENT',
    );
    assert.equal(points.get('key 4')?.x, 1004);
  });

  it('is reported where it is the old one, written to in place', () => {
    build('in place', 1);
    using points = Points.open(path('in place'));
    appendFileSync(path('in place'), 'more');
    assert.throws(() => points.refresh(), {
      code: 'ERR_SHAREDBUFFERS_FILE_CHANGED',
      message: /written to in place/,
    });
    build('in place', 2);
    assert.ok(points.refresh());
    utimesSync(path('in place'), 1e9, 1e9);
    assert.equal(
      codeOf(() => points.refresh()),
      'ERR_SHAREDBUFFERS_FILE_CHANGED',
    );
  });
});

describe('the option verify', () => {
  it('looks at whole bundles, and refuses what cannot be verified', () => {
    const file = path('checked.zip');
    Bundle.buildSync([['points', { container: Points, entries: entriesOf(1) }]], file);
    Bundle.open(file, { verify: true }).close();
    const bytes = readFileSync(file);
    const at = bytes.indexOf('generation 1');
    bytes[at] = 'G'.charCodeAt(0);
    assert.throws(() => Bundle.open(bytes, { verify: true }), /entry "points": its checksum differs/);
    const pool = new Pool(Point).toBytes();
    assert.throws(() => Pool.load(Point, pool, { verify: true }), { name: 'InvalidTypeError' });
  });
});

describe('following', { timeout: 120_000 }, () => {
  /** The next event of a container that a condition holds for. The runner bounds how long that takes. */
  const nextEvent = (points: Points, isWanted: (event: ChangeEvent) => boolean = () => true) =>
    new Promise<ChangeEvent>((settle) => {
      // Following keeps no process alive, so something else has to.
      const alive = setInterval(() => {}, 1000);
      const end = points.onChange((event) => {
        if (!isWanted(event)) return;
        end();
        clearInterval(alive);
        settle(event);
      });
    });

  for (const [how, follow] of [
    ['by events', { intervalMs: 3_600_000 }],
    ['by looking now and then', { intervalMs: 10 }],
    ['by default', true],
  ] as const) {
    it(`notices a new file ${how}`, async () => {
      const name = `followed ${how}`;
      build(name, 1);
      using points = Points.open(path(name), { follow });
      for (let generation = 2; generation < 5; generation++) {
        const changed = nextEvent(points);
        build(name, generation);
        assert.deepEqual(await changed, { type: 'changed', path: path(name) });
        assert.equal(points.get('key 1')?.x, generation * 1000 + 1);
      }
    });
  }

  it('reports a bad file once, and a good one after it', async () => {
    build('reported', 1);
    using points = Points.open(path('reported'), { follow: { intervalMs: 5 } });
    const events: ChangeEvent[] = [];
    points.onChange((event) => events.push(event));
    const failed = nextEvent(points);
    rename('no mapping at all, and long enough to be looked at', 'reported');
    const event = await failed;
    assert.ok(event.type === 'failed');
    assert.equal((event.error as { code?: unknown }).code, 'ERR_SHAREDBUFFERS_CORRUPT');
    assert.equal(points.get('key 1')?.x, 1001);
    const changed = nextEvent(points);
    build('reported', 2);
    assert.equal((await changed).type, 'changed');
    assert.deepEqual(
      events.map(({ type }) => type),
      ['failed', 'changed'],
    );
  });

  it('reports a file that is gone, and goes on when there is one again', async () => {
    build('gone', 1);
    using points = Points.open(path('gone'), { follow: { intervalMs: 5 } });
    const failed = nextEvent(points);
    rmSync(path('gone'));
    const event = await failed;
    assert.equal(event.type === 'failed' && (event.error as NodeJS.ErrnoException).code, 'ENOENT');
    const changed = nextEvent(points);
    build('gone', 2);
    assert.equal((await changed).type, 'changed');
    assert.equal(points.get('key 1')?.x, 2001);
  });

  it('reports a file that is written to in place', async () => {
    build('written', 1);
    using points = Points.open(path('written'), { follow: { intervalMs: 5 } });
    const failed = nextEvent(points);
    appendFileSync(path('written'), 'more');
    const event = await failed;
    assert.equal(
      event.type === 'failed' && (event.error as { code?: unknown }).code,
      'ERR_SHAREDBUFFERS_FILE_CHANGED',
    );
  });

  it('waits for a file that grows under its name', async () => {
    build('growing', 1);
    const whole = Points.buildSync(entriesOf(2));
    using points = Points.open(path('growing'), { follow: { intervalMs: 5 } });
    const failed = nextEvent(points);
    rmSync(path('growing'));
    writeFileSync(path('growing'), whole.subarray(0, 1000));
    assert.equal((await failed).type, 'failed');
    const changed = nextEvent(points, ({ type }) => type === 'changed');
    appendFileSync(path('growing'), whole.subarray(1000));
    await changed;
    assert.equal(points.get('key 49')?.x, 2049);
  });

  it('opens what the file is now, whatever it was when it was described', () => {
    build('described', 1);
    using points = Points.open(path('described'));
    build('described', 2);
    const { descriptor } = points;
    assert.equal(
      codeOf(() => Points.open(descriptor)),
      'ERR_SHAREDBUFFERS_FILE_CHANGED',
    );
    using following = Points.open(descriptor, { follow: true });
    assert.equal(following.get('key 1')?.x, 2001);
  });

  it('tells every listener until it has enough, whatever another one throws', async () => {
    build('heard', 1);
    using points = Points.open(path('heard'));
    const heard: string[] = [];
    const uncaught = new Promise((settle) => {
      process.setUncaughtExceptionCaptureCallback(settle);
    });
    points.onChange(() => {
      throw new Error('thrown by a listener');
    });
    const both = () => heard.push('a');
    const end = points.onChange(both);
    points.onChange(both);
    build('heard', 2);
    assert.ok(points.refresh());
    assert.deepEqual(heard, ['a', 'a']);
    assert.match(String(await uncaught), /thrown by a listener/);
    process.setUncaughtExceptionCaptureCallback(null);
    end();
    end();
    assert.throws(() => points.onChange(undefined as never), { name: 'InvalidTypeError' });
  });
  after(() => process.setUncaughtExceptionCaptureCallback(null));

  it('is refused where it makes no sense', () => {
    build('refused', 1);
    const bytes = readFileSync(path('refused'));
    assert.throws(() => Points.from(bytes, { follow: true }), /option follow/);
    for (const intervalMs of [0, -1, Number.NaN, 2 ** 31, '5' as never]) {
      assert.throws(() => Points.open(path('refused'), { follow: { intervalMs } }), /intervalMs/);
    }
    assert.throws(() => Points.open(path('refused'), { follow: 5 as never }), /option follow/);
  });

  it('ends with the container, also where nobody closes that', async () => {
    await regionsReach(0);
    build('forgotten', 1);
    for (let round = 0; round < 10; round++) Points.open(path('forgotten'), { follow: { intervalMs: 5 } });
    await regionsReach(0);
    for (let round = 0; round < 100; round++) Points.open(path('forgotten'), { follow: true }).close();
    await regionsReach(0);
  });

  const inProcess = (script: string, name: string) =>
    execFileSync(process.execPath, ['--input-type=module', '-e', script], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, LIBRARY: resolve('dist/index.js'), FILE: path(name) },
    });

  it('keeps no process alive', () => {
    build('alone', 1);
    const printed = inProcess(
      `const { open } = await import(process.env.LIBRARY);
      const points = open(process.env.FILE, { follow: { intervalMs: 3_600_000 } });
      const often = open(process.env.FILE, { follow: { intervalMs: 1 } });
      often.onChange(() => {});
      console.log(points.get('key 1').x);`,
      'alone',
    );
    assert.equal(printed.trim(), '1001');
  });

  it('warns of a bad file where nobody listens', () => {
    build('warned', 1);
    const printed = inProcess(
      `const { open } = await import(process.env.LIBRARY);
      const { writeFileSync, renameSync } = await import('node:fs');
      const points = open(process.env.FILE, { follow: { intervalMs: 1 } });
      const alive = setInterval(() => {}, 1000);
      process.on('warning', ({ name, code }) => {
        console.log(name, code, points.get('key 1').x);
        clearInterval(alive);
      });
      writeFileSync(process.env.FILE + '.new', 'garbage');
      renameSync(process.env.FILE + '.new', process.env.FILE);`,
      'warned',
    );
    assert.equal(printed.trim(), 'SharedBuffersWarning ERR_SHAREDBUFFERS_CORRUPT 1001');
  });

  it('works where the directory cannot be watched', () => {
    build('unwatched', 1);
    const printed = inProcess(
      `import fs from 'node:fs';
      import { syncBuiltinESMExports } from 'node:module';
      fs.watch = () => { throw Object.assign(new Error('too many'), { code: 'ENOSPC' }) };
      syncBuiltinESMExports();
      const { open } = await import(process.env.LIBRARY);
      const points = open(process.env.FILE, { follow: { intervalMs: 1 } });
      const alive = setInterval(() => {}, 1000);
      points.onChange(({ type }) => {
        console.log(type);
        clearInterval(alive);
      });
      fs.copyFileSync(process.env.FILE, process.env.FILE + '.new');
      fs.renameSync(process.env.FILE + '.new', process.env.FILE);`,
      'unwatched',
    );
    assert.equal(printed.trim(), 'changed');
  });

  it('notices a file that came in the place of a whole directory', async () => {
    const folder = dirname(path('x'));
    copyFileSync(path('good'), path('moved'));
    symlinkSync(folder, path('current'));
    using points = Points.open(`${path('current')}/moved`, { follow: { intervalMs: 5 } });
    const changed = nextEvent(points);
    const { path: otherPath } = scratchFolder();
    Points.buildSync(entriesOf(7), otherPath('moved'));
    symlinkSync(dirname(otherPath('x')), path('current.new'));
    renameSync(path('current.new'), path('current'));
    await changed;
    assert.equal(points.get('key 1')?.x, 7001);
  });
});
