/** Bundles: what is built can be read, by other tools too; what is broken is refused. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { pathToFileURL } from 'node:url';
import { crc32, deflateRawSync } from 'node:zlib';
import {
  arrayOf,
  Bundle,
  type BundleEntries,
  MappedArray,
  mapFile,
  mappingOf,
  NumericIdMapper,
  open,
  Schema,
  SharedBuffersError,
  StringIdMapper,
  t,
} from 'sharedbuffers';
import { runNow } from '#src/building/steps.js';
import { openWorkspace } from '#src/building/workspace.js';
import { BundleWriter } from '#src/containers/bundle-writer.js';
import { native } from '#src/native/index.js';
import { fixturePath } from './support/fixtures.js';
import { type Fixture, fixtures } from './support/manifest.js';
import { randomNumbers } from './support/random.js';
import { type Member, zipOf } from './support/zip.js';

const folder = mkdtempSync(join(tmpdir(), 'sharedbuffers-bundle-'));
after(() => rmSync(folder, { recursive: true }));
const at = (name: string) => join(folder, name);

const Point = new Schema('Point', { x: t.float64, label: t.text });
class Points extends arrayOf(Point) {
  total() {
    let sum = 0;
    for (const { x } of this) sum += x;
    return sum;
  }
}
class ByName extends mappingOf(StringIdMapper, Point) {}

const points = Array.from({ length: 100 }, (_, n) => ({ x: n, label: `point ${n}` }));
const named = points.map((point) => [point.label, point] as const);

const pointsBytes = Points.buildSync(points);
const byNameBytes = ByName.buildSync(named);
const idsBytes = NumericIdMapper.buildSync(points.map(({ x }) => [x, x * 2]));

/** What the folder holds besides what was meant to be there. */
const leftovers = () => readdirSync(folder).filter((name) => name.startsWith('.'));

function hasTool(name: string): boolean {
  try {
    execFileSync(name, ['-v'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

describe('a bundle', () => {
  const path = at('all.zip');

  it('is built of paths, bytes, open containers and plans', async () => {
    writeFileSync(at('points.array'), pointsBytes);
    using opened = ByName.from(byNameBytes);
    const report = await Bundle.build(
      [
        ['from/path', at('points.array')],
        ['from/url', pathToFileURL(at('points.array'))],
        ['from/bytes', idsBytes],
        ['from/container', opened],
        ['built/points', { container: Points, entries: points }],
        ['built/by name ✓', { container: ByName, entries: named }],
        ['built/ids', { container: NumericIdMapper, entries: points.map(({ x }) => [x, x * 2]) }],
        ['notes.txt', Buffer.from('anything else')],
        ['empty', new Uint8Array(0)],
      ],
      path,
    );
    assert.deepEqual({ ...report, seconds: 0 }, { path, bytes: statSync(path).size, entries: 9, seconds: 0 });
    assert.deepEqual(leftovers(), []);
  });

  it('holds what would have been built on its own', () => {
    using bundle = Bundle.open(path);
    assert.deepEqual(bundle.bytes('from/path'), pointsBytes);
    assert.deepEqual(bundle.bytes('built/points'), pointsBytes);
    assert.deepEqual(bundle.bytes('from/container'), byNameBytes);
    assert.deepEqual(bundle.bytes('built/by name ✓'), byNameBytes);
    assert.deepEqual(bundle.bytes('built/ids'), idsBytes);
    assert.deepEqual(bundle.bytes('empty'), new Uint8Array(0));
    assert.equal(Buffer.from(bundle.bytes('notes.txt')).toString(), 'anything else');
    for (const name of bundle.names()) assert.equal(bundle.placeOf(name).offset % 64, 0, name);
  });

  it('has the same bytes whenever it is built, by either function', async () => {
    const entries = (): BundleEntries => [
      ['points', { container: Points, entries: points }],
      ['by name', { container: ByName, entries: named }],
    ];
    await Bundle.build(entries(), at('one.zip'));
    Bundle.buildSync(entries(), at('two.zip'));
    assert.deepEqual(readFileSync(at('one.zip')), readFileSync(at('two.zip')));
  });

  it('answers names and containers', () => {
    using bundle = Bundle.open(path);
    assert.equal(bundle.size, 9);
    assert.deepEqual([...bundle.names()].slice(0, 2), ['from/path', 'from/url']);
    assert.ok(bundle.has('built/ids'));
    assert.ok(!bundle.has('built'));
    assert.equal(bundle.get('built'), undefined);
    const array = bundle.get('from/path');
    assert.ok(array instanceof MappedArray);
    assert.equal(array.length, 100);
    assert.equal(bundle.get('from/path'), array);
    array.close();
    assert.notEqual(bundle.get('from/path'), array);
    const typed: Points = bundle.open('built/points', Points);
    assert.equal(typed.total(), 4950);
    assert.equal(bundle.open('built/points', Points), typed);
    assert.equal(bundle.open('built/by name ✓', ByName).get('point 7')?.x, 7);
    assert.equal(bundle.open('built/ids', NumericIdMapper).get(21), 42);
    const entry = bundle.entry('notes.txt');
    assert.deepEqual(entry, {
      name: 'notes.txt',
      size: 13,
      checksum: crc32('anything else'),
      refused: undefined,
    });
    assert.equal(bundle.entry('no'), undefined);
    for (const name of bundle.names()) assert.ok(bundle.isIntact(name));
  });

  it('is opened by `open`, from a path and from bytes', () => {
    for (const source of [path, pathToFileURL(path), readFileSync(path)]) {
      using bundle = open(source);
      assert.ok(bundle instanceof Bundle);
      assert.equal(bundle.open('from/container', ByName).get('point 3')?.label, 'point 3');
    }
  });

  it('is opened where it lies within something else', () => {
    const around = Buffer.concat([Buffer.alloc(100, 'x'), readFileSync(path), Buffer.alloc(50, 'y')]);
    writeFileSync(at('around'), around);
    const part = { offset: 100, size: around.length - 150 };
    for (const source of [at('around'), around]) {
      using bundle = Bundle.open(source, part);
      assert.equal(bundle.open('built/points', Points).at(-1)?.x, 99);
      assert.equal(bundle.placeOf('notes.txt').offset % 64, 100 % 64);
    }
  });

  it('is opened behind other bytes, and before a comment', () => {
    const bytes = readFileSync(path);
    const comment = Buffer.from('PK\x05\x06 is how it ends');
    bytes.writeUInt16LE(comment.length, bytes.length - 2);
    using bundle = Bundle.open(Buffer.concat([Buffer.from('#!/bin/sh\n'), bytes, comment]));
    assert.equal(bundle.open('built/points', Points).length, 100);
  });

  it('can hold bundles', () => {
    Bundle.buildSync([['inner.zip', path]], at('outer.zip'));
    using outer = Bundle.open(at('outer.zip'));
    const inner = outer.get('inner.zip');
    assert.ok(inner instanceof Bundle);
    assert.equal(inner.open('built/points', Points).length, 100);
  });

  it('is iterated by name and container', () => {
    Bundle.buildSync(
      [
        ['points', pointsBytes],
        ['ids', idsBytes],
      ],
      at('two containers.zip'),
    );
    using bundle = Bundle.open(at('two containers.zip'));
    const kinds = [...bundle].map(([name, container]) => [name, container?.constructor.name]);
    assert.equal(kinds.length, 2);
    assert.equal(kinds[1]?.[1], 'NumericIdMapper');
  });

  it('closes its containers with itself', () => {
    for (const copy of [false, true]) {
      const before = native.regionCount();
      const bundle = Bundle.open(path, { copy });
      const array = bundle.open('built/points', Points);
      const point = array.at(5);
      const bytes = bundle.bytes('notes.txt');
      assert.equal(point?.label, 'point 5');
      bundle.close();
      bundle.close();
      assert.ok(bundle.closed && array.closed);
      assert.throws(() => point?.label, { code: 'ERR_SHAREDBUFFERS_CLOSED' });
      assert.throws(() => bundle.names(), { code: 'ERR_SHAREDBUFFERS_CLOSED' });
      assert.equal(bytes.length, 0);
      assert.equal(native.regionCount(), before);
    }
  });

  it('goes on reading a file that was replaced', () => {
    Bundle.buildSync([['points', { container: Points, entries: points }]], at('replaced.zip'));
    using bundle = Bundle.open(at('replaced.zip'));
    Bundle.buildSync([['other', idsBytes]], at('replaced.zip'));
    assert.equal(bundle.open('points', Points).total(), 4950);
    rmSync(at('replaced.zip'));
    assert.equal((bundle.get('points') as Points).at(3)?.label, 'point 3');
  });

  it('reads one mapping in place: nothing is copied', () => {
    using bundle = Bundle.open(path);
    assert.equal(bundle.open('built/points', Points).source.region.storage, 'mapped');
    assert.equal(bundle.bytes('notes.txt').buffer, bundle.bytes('empty').buffer);
  });

  it('without entries is one too', () => {
    Bundle.buildSync([], at('none.zip'));
    assert.equal(statSync(at('none.zip')).size, 22);
    using bundle = open(at('none.zip')) as Bundle;
    assert.equal(bundle.size, 0);
  });

  it('of more entries than the old format can count', () => {
    const entries = Array.from({ length: 66_000 }, (_, n) => [`n/${n}`, Buffer.from(`${n}`)] as const);
    Bundle.buildSync(entries, at('many.zip'));
    using bundle = Bundle.open(at('many.zip'));
    assert.equal(bundle.size, 66_000);
    assert.equal(Buffer.from(bundle.bytes('n/65999')).toString(), '65999');
  });

  it('is read by unzip', { skip: !hasTool('unzip') }, () => {
    const tested = execFileSync('unzip', ['-t', path], { encoding: 'utf8' });
    assert.match(tested, /No errors detected/);
    assert.equal(execFileSync('unzip', ['-p', path, 'notes.txt'], { encoding: 'utf8' }), 'anything else');
    assert.match(execFileSync('unzip', ['-tq', at('many.zip')], { encoding: 'utf8' }), /No errors/);
  });
});

describe('building a bundle', () => {
  const path = at('built.zip');

  it('refuses names that are no files, and those that are taken', () => {
    for (const name of [
      '',
      '/a',
      'a/',
      'a//b',
      '../a',
      'a/../b',
      '.',
      'a\\b',
      'a\0',
      '\ud800',
      'x'.repeat(70_000),
    ]) {
      assert.throws(
        () => Bundle.buildSync([[name, idsBytes]], path),
        SharedBuffersError,
        JSON.stringify(name),
      );
    }
    const twice: BundleEntries = [
      ['a', idsBytes],
      ['a', idsBytes],
    ];
    assert.throws(() => Bundle.buildSync(twice, path), /two entries of the bundle are called "a"/);
    assert.ok(!existsSync(path));
    assert.deepEqual(leftovers(), []);
  });

  it('refuses what is no entry', async () => {
    for (const source of [undefined, null, 5, {}, [], true]) {
      assert.throws(() => Bundle.buildSync([['a', source as never]], path), /the entry "a": expected a path/);
    }
    for (const entries of ['ab', 5, null, {}]) {
      await assert.rejects(Bundle.build(entries as never, path), TypeError);
    }
    assert.throws(() => Bundle.buildSync(['ab' as never], path), /expected an entry of a bundle/);
    assert.throws(() => Bundle.buildSync([], path, { synced: true } as never), /unknown option "synced"/);
    using mapping = ByName.from(byNameBytes);
    assert.throws(
      () => Bundle.buildSync([['ids', mapping.idMapper]], path),
      /within a mapping; give the mapping/,
    );
    Bundle.buildSync([['records', mapping.records]], path);
    using bundle = Bundle.open(path);
    assert.equal(bundle.open('records', Points).length, 100);
  });

  it('leaves what was there when it fails', async () => {
    Bundle.buildSync([['ids', idsBytes]], path);
    const before = readFileSync(path);
    const failing: BundleEntries[] = [
      [['a', at('no such file')]],
      [['a', folder]],
      [
        ['a', idsBytes],
        ['b', { container: Points, entries: [{ x: 'no number' }] }],
      ],
      (function* () {
        yield ['a', idsBytes] as const;
        throw new Error('the generator failed');
      })(),
    ];
    for (const entries of failing) {
      await assert.rejects(Bundle.build(entries, path));
      assert.deepEqual(readFileSync(path), before);
      assert.deepEqual(leftovers(), []);
    }
    await assert.rejects(Bundle.build([['a', at('no such file')]], path), { code: 'ENOENT' });
    await assert.rejects(Bundle.build([], join(folder, 'no', 'folder.zip')), { code: 'ENOENT' });
  });

  it('ends when it is aborted, within an entry too', async () => {
    const controller = new AbortController();
    const endless = (function* () {
      for (let n = 0; ; n++) {
        if (n === 10_000) controller.abort();
        yield { x: n, label: `point ${n}` };
      }
    })();
    const before = readFileSync(path);
    const building = Bundle.build([['a', { container: Points, entries: endless }]], path, {
      signal: controller.signal,
    });
    await assert.rejects(building, { name: 'AbortError' });
    assert.deepEqual(readFileSync(path), before);
    assert.deepEqual(leftovers(), []);
  });

  it('does not wait for entries that do not come when it is aborted', async () => {
    const controller = new AbortController();
    async function* entries() {
      yield ['one', idsBytes] as const;
      setTimeout(() => controller.abort(), 20);
      await new Promise(() => {});
    }
    const building = Bundle.build(entries(), path, { signal: controller.signal });
    await assert.rejects(building, { name: 'AbortError' });
    assert.deepEqual(leftovers(), []);
  });

  it('takes async entries, and says how far it is', async () => {
    const told: unknown[] = [];
    async function* entries() {
      yield ['one', idsBytes] as const;
      yield ['two', { container: Points, entries: points }] as const;
    }
    await Bundle.build(entries(), path, { onProgress: (progress) => told.push(progress) });
    assert.deepEqual(told.at(-1), { entry: undefined, entries: 2, bytes: statSync(path).size });
  });

  it('has records wait in another folder where it is told to', async () => {
    mkdirSync(at('temporary'));
    await Bundle.build(
      [
        ['one', { container: ByName, entries: named }],
        ['two', { container: ByName, entries: named.slice(0, 3) }],
        ['three', { container: ByName, entries: named.slice(50) }],
      ],
      path,
      { tempDir: at('temporary') },
    );
    assert.deepEqual(readdirSync(at('temporary')), []);
    using bundle = Bundle.open(path);
    assert.deepEqual(
      [...bundle].map(([, container]) => (container as ByName).size),
      [100, 3, 50],
    );
    assert.equal(bundle.open('three', ByName).get('point 99')?.x, 99);
  });

  it('gives the options of a plan to its build', () => {
    const twice = [...named, ...named];
    Bundle.buildSync([['a', { container: ByName, entries: twice, options: { duplicates: 'first' } }]], path);
    using bundle = Bundle.open(path);
    assert.equal(bundle.open('a', ByName).size, 100);
    assert.throws(() => Bundle.buildSync([['a', { container: ByName, entries: twice }]], path), {
      code: 'ERR_SHAREDBUFFERS_DUPLICATE_KEY',
    });
  });
});

describe('a bundle beyond 4 GiB', () => {
  const path = at('large.zip');
  const end = Buffer.from('the end');

  it('is built', () => {
    const workspace = runNow(openWorkspace(path, undefined));
    const writer = new BundleWriter(workspace);
    // Zeros take no place on disk; nor does it take time to sum them up, so the checksum is wrong.
    runNow(
      writer.add('large', function* (append) {
        yield* workspace.output.skip(2 ** 32 + 5);
        yield* append(end);
      }),
    );
    runNow(writer.add('points', (append) => append(pointsBytes)));
    runNow(writer.finish());
    runNow(workspace.complete());
    runNow(workspace.publish());
    assert.ok(statSync(path).blocks * 512 < 2 ** 28);
  });

  it('is read', () => {
    using bundle = Bundle.open(path);
    assert.equal(bundle.entry('large')?.size, 2 ** 32 + 12);
    assert.ok(bundle.placeOf('points').offset > 2 ** 32);
    assert.equal(bundle.open('points', Points).total(), 4950);
    assert.ok(bundle.isIntact('points'));
    const tail = mapFile(path, { offset: bundle.placeOf('large').offset + 2 ** 32 + 5, size: end.length });
    assert.deepEqual(Buffer.from(tail), end);
    tail.close();
  });

  it('is listed by unzip', { skip: !hasTool('unzip') }, () => {
    assert.match(execFileSync('unzip', ['-l', path], { encoding: 'utf8' }), /4294967308 .*large\n/);
    assert.equal(
      execFileSync('unzip', ['-tq', path, 'points'], { encoding: 'utf8' }).includes('No errors'),
      true,
    );
  });
});

describe('a bundle that is taken for something else', () => {
  it('is named as what it is, and so is what is taken for a bundle', () => {
    const bundled = at('taken for something else.zip');
    Bundle.buildSync([['points', pointsBytes]], bundled);
    const found = (kind: string) => ({
      code: 'ERR_SHAREDBUFFERS_WRONG_KIND',
      message: `${bundled}: expected a file of kind ${kind}, found bundle`,
    });
    assert.throws(() => Points.open(bundled), found('array'));
    assert.throws(() => ByName.open(bundled), found('mapping'));
    assert.throws(() => NumericIdMapper.open(bundled), found('id-mapper'));
    assert.throws(() => Bundle.open(pointsBytes), {
      code: 'ERR_SHAREDBUFFERS_WRONG_KIND',
      message: 'expected a file of kind bundle, found array',
    });
  });
});

describe('what cannot be read', () => {
  const content = Buffer.from('content '.repeat(40));
  const packed = deflateRawSync(content);
  const member: Member = { name: 'a', data: content };

  it('is refused by name: compressed and encrypted entries', () => {
    const bytes = zipOf([
      { name: 'fine', data: content },
      { name: 'packed', data: packed, size: content.length, method: 8 },
      { name: 'secret', data: content, flags: 1 },
      { name: 'odd', data: content, method: 99 },
    ]);
    using bundle = Bundle.open(bytes);
    assert.deepEqual([...bundle.names()], ['fine', 'packed', 'secret', 'odd']);
    assert.deepEqual(bundle.bytes('fine'), new Uint8Array(content));
    const wrong = [
      ['packed', /the entry "packed" of the bundle is compressed \(deflate\)/],
      ['secret', /"secret" of the bundle is encrypted/],
      ['odd', /"odd" of the bundle is compressed \(method 99\)/],
    ] as const;
    for (const [name, message] of wrong) {
      for (const read of [
        () => bundle.get(name),
        () => bundle.open(name, Points),
        () => bundle.bytes(name),
        () => bundle.isIntact(name),
      ]) {
        assert.throws(read, { code: 'ERR_SHAREDBUFFERS_UNSUPPORTED', message });
      }
    }
    assert.equal(bundle.entry('packed')?.refused, 'compressed (deflate)');
    assert.equal(bundle.entry('fine')?.refused, undefined);
  });

  it('is no container', () => {
    using bundle = Bundle.open(zipOf([member]));
    assert.throws(() => bundle.get('a'), { message: /^the entry "a" of the bundle: / });
    assert.throws(() => bundle.open('b', Points), /has no entry "b"; it has "a"/);
    assert.throws(() => bundle.bytes('b'), RangeError);
  });

  it('is not intact where its checksum differs', () => {
    using bundle = Bundle.open(zipOf([{ ...member, crc: 5 }]));
    assert.equal(bundle.isIntact('a'), false);
  });

  it('skips folders, takes the last of two entries of one name, reads old names', () => {
    using bundle = Bundle.open(
      zipOf([
        { name: 'folder/', data: Buffer.alloc(0) },
        { name: 'a', data: Buffer.from('first') },
        { name: Buffer.from([0x82, 0x61]), data: Buffer.from('cp437') },
        { name: 'a', data: Buffer.from('second') },
      ]),
    );
    assert.deepEqual([...bundle.names()], ['éa', 'a']);
    assert.equal(Buffer.from(bundle.bytes('a')).toString(), 'second');
  });

  it('contradicts itself', () => {
    const wrong: [string, Uint8Array][] = [
      ['no signature', zipOf([{ ...member, localSignature: 5 }])],
      ['another name', zipOf([{ ...member, localName: 'b' }])],
      ['sizes that differ', zipOf([{ ...member, size: content.length - 1 }])],
      ['beyond the directory', zipOf([{ ...member, shownSize: content.length + 1 }])],
      ['far beyond', zipOf([{ ...member, shownSize: 2 ** 31 }])],
      ['a header elsewhere', zipOf([{ ...member, shownOffset: 3 }])],
      ['a header outside', zipOf([{ ...member, shownOffset: 2 ** 31 }])],
      ['zip64 sizes that are not there', zipOf([{ ...member, shownSize: 0xffffffff }])],
      ['no UTF-8', zipOf([{ ...member, name: Buffer.from([0xff]), flags: 1 << 11 }])],
      ['too few entries', zipOf([member], { count: 2 })],
      ['too many entries', zipOf([member, { ...member, name: 'b' }], { count: 1 })],
      ['several disks', zipOf([member], { disk: 1 })],
      ['a directory before the file', zipOf([member], { directoryOffset: 2 ** 31 })],
      ['no zip64 record', zipOf([member], { directoryOffset: 0xffffffff })],
      ['an extra field that is cut off', zipOf([{ ...member, extra: Buffer.from([1, 0, 99, 0, 1]) }])],
    ];
    for (const [what, bytes] of wrong) {
      assert.throws(() => Bundle.open(bytes).bytes('a'), SharedBuffersError, what);
    }
  });

  const small = zipOf([
    { name: 'points', data: Points.buildSync(points.slice(0, 2)) },
    { name: 'large', data: content, zip64: true },
  ]);

  function readAll(bytes: Uint8Array): void {
    using bundle = Bundle.open(bytes);
    for (const name of bundle.names()) {
      bundle.entry(name);
      bundle.bytes(name);
      if (name === 'points') for (const { label } of bundle.open(name, Points)) String(label);
    }
  }

  it('is cut off anywhere', () => {
    readAll(small);
    for (let length = 0; length < small.length; length++) {
      assert.throws(() => readAll(small.subarray(0, length)), SharedBuffersError, `${length} bytes`);
    }
  });

  it('has wrong bytes anywhere: an error of ours, or data', () => {
    const random = randomNumbers(5);
    for (let round = 0; round < 5000; round++) {
      const bytes = new Uint8Array(small);
      for (let count = random(3); count >= 0; count--) {
        const place = bytes.length - 1 - random(round % 2 === 0 ? 250 : bytes.length);
        bytes[place] = random(4) === 0 ? 0xff : random(256);
      }
      try {
        readAll(bytes);
      } catch (error) {
        assert.ok(error instanceof SharedBuffersError, String((error as Error).stack));
      }
    }
  });
});

describe('the bundle that Python built', () => {
  const fixture = fixtures.find(({ kind }) => kind === 'zip-bundle') as Required<Fixture>;

  it('has the entries of the manifest, where it says', () => {
    using bundle = Bundle.open(fixturePath(fixture.file));
    const listed = [...fixture.entries.map(({ entry }) => entry), ...fixture.refused_entries];
    // There is a text among them too, which is no container.
    assert.deepEqual(new Set(bundle.names()), new Set([...listed, 'README.txt']));
    for (const { entry, data_offset, data_size, same_as } of fixture.entries) {
      assert.equal(bundle.placeOf(entry).offset, data_offset);
      assert.equal(bundle.entry(entry)?.size, data_size);
      const alone = fixtures.find(({ name }) => name === same_as) as Fixture;
      assert.deepEqual(bundle.bytes(entry), new Uint8Array(readFileSync(fixturePath(alone.file))));
      assert.throws(() => bundle.get(entry), { code: 'ERR_SHAREDBUFFERS_NOT_SELF_DESCRIBED' });
    }
    for (const name of fixture.refused_entries) {
      assert.throws(() => bundle.open(name, StringIdMapper), {
        code: 'ERR_SHAREDBUFFERS_UNSUPPORTED',
        message: new RegExp(`"${name}" of the bundle is compressed`),
      });
    }
    const strings = bundle.open('a/strings', mappingOf(StringIdMapper));
    assert.equal(strings.size, 10);
    assert.ok(strings.has('key-1'));
  });
});
