/** Preloading files, and telling the system how they will be read. */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { type Advice, arrayOf, mapFile, open, Schema, t } from 'sharedbuffers';

const folder = mkdtempSync(join(tmpdir(), 'sharedbuffers-advice-'));
after(() => rmSync(folder, { recursive: true }));

const Sample = new Schema('Sample', { id: t.uint32, text: t.bytes });
const Samples = arrayOf(Sample);
const path = join(folder, 'samples.array');
Samples.buildSync(
  Array.from({ length: 100 }, (_, id) => ({
    id,
    // Not compressible, so that the file has megabytes.
    text: randomBytes(80_000),
  })),
  path,
);

/** What Linux says of the mapping of a file in this process. */
function mappingOnLinux(): { size: number; resident: number; flags: string[] } {
  const mappings = readFileSync('/proc/self/smaps', 'utf8').split(/^(?=[0-9a-f]+-[0-9a-f]+ )/m);
  const found = mappings.find((text) => text.split('\n')[0]?.endsWith(path)) ?? '';
  const kilobytes = (name: string) => Number(found.match(new RegExp(`^${name}: +(\\d+) kB`, 'm'))?.[1]);
  return {
    size: kilobytes('Size'),
    resident: kilobytes('Rss'),
    flags:
      found
        .match(/^VmFlags: (.*)$/m)?.[1]
        ?.trim()
        .split(' ') ?? [],
  };
}

const isLinux = process.platform === 'linux';

describe('preload', () => {
  it('maps every page before open returns', () => {
    const plain = Samples.open(path);
    if (isLinux) {
      const { size, resident } = mappingOnLinux();
      assert.ok(resident < size, `${resident} of ${size} kB`);
    }
    plain.close();
    const preloaded = Samples.open(path, { preload: true });
    if (isLinux) {
      const { size, resident } = mappingOnLinux();
      assert.ok(size > 7000);
      assert.equal(resident, size);
    }
    assert.equal(preloaded.at(99)?.id, 99);
    preloaded.close();
  });

  it('is there for any file', () => {
    const bytes = mapFile(path, { preload: true, advise: 'sequential' });
    if (isLinux) {
      const { size, resident, flags } = mappingOnLinux();
      assert.equal(resident, size);
      assert.ok(flags.includes('sr'));
    }
    bytes.close();
    assert.throws(() => mapFile(path, { advise: 'fast' as never }), {
      code: 'ERR_SHAREDBUFFERS_INVALID_TYPE',
    });
  });

  it('goes with parts of files, copies and bytes', () => {
    const bytes = readFileSync(path);
    for (const array of [
      Samples.open(path, { preload: true, offset: 0, size: bytes.length }),
      Samples.open(path, { preload: true, copy: true }),
      Samples.from(bytes, { preload: true, advise: 'random' }),
    ]) {
      assert.deepEqual(
        array.column('id'),
        Uint32Array.from({ length: 100 }, (_, id) => id),
      );
      array.close();
    }
  });
});

describe('advise', () => {
  const flags: readonly [Advice, string | undefined][] = [
    ['random', 'rr'],
    ['sequential', 'sr'],
    ['will-need', undefined],
    ['huge-pages', undefined],
  ];
  for (const [advice, flag] of flags) {
    it(advice, () => {
      const array = open(path, { advise: advice });
      if (isLinux && flag !== undefined) assert.ok(mappingOnLinux().flags.includes(flag));
      array.close();
    });
  }

  it('several at once', () => {
    const array = Samples.open(path, { advise: ['random', 'huge-pages', 'will-need'], preload: true });
    if (isLinux) assert.ok(mappingOnLinux().flags.includes('rr'));
    assert.equal(array.at(-1)?.id, 99);
    array.close();
    Samples.open(path, { advise: [] }).close();
  });

  it('is one of its choices', () => {
    const message =
      'option advise: expected one or several of huge-pages, random, sequential, will-need, found "fast"';
    for (const wrong of ['fast', ['random', 'fast']] as never[]) {
      assert.throws(() => Samples.open(path, { advise: wrong }), { name: 'InvalidTypeError', message });
      assert.throws(() => Samples.from(readFileSync(path), { advise: wrong }), { message });
    }
    for (const wrong of [null, 5, {}] as never[]) {
      assert.throws(() => Samples.open(path, { advise: wrong }), { name: 'InvalidTypeError' });
    }
    assert.throws(() => Samples.open(path, { preload: 'yes' as never }), {
      name: 'InvalidTypeError',
      message: 'option preload: expected a boolean, found "yes"',
    });
  });
});
