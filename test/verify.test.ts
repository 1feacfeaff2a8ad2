/** What `verify` finds: whatever is structurally wrong, all of it, and where. */
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import {
  arrayOf,
  Bundle,
  CorruptDataError,
  mappingOf,
  multiMappingOf,
  NdArray,
  NumericIdMapper,
  NumericIdMultiMapper,
  ObjectIdMapper,
  open,
  Pool,
  Schema,
  SharedBuffersError,
  StringIdMapper,
  t,
  tuple,
  verify,
  verifySync,
} from 'sharedbuffers';
import { sectionKinds } from '#src/containers/sections.js';
import { findSections, sealSections } from './fuzz/fields.js';
import { runCli } from './support/cli.js';

const folder = mkdtempSync(join(tmpdir(), 'sharedbuffers-verify-'));
after(() => rmSync(folder, { recursive: true }));

const Inner = new Schema('Inner', { label: t.text, number: t.uint16.optional() });
const Item = new Schema('Item', {
  id: t.uint32,
  name: t.text,
  note: t.bytes.optional(),
  inner: Inner.optional(),
  list: t.list().optional(),
  set: t.setView().optional(),
  dict: t.dictView().optional(),
  decimal: t.decimal.optional(),
  date: t.date.optional(),
  ndarray: t.ndarray.optional(),
});
const Items = arrayOf(Item);
const ByName = mappingOf(StringIdMapper, Item);

const item = (id: number) => ({ id, name: `the name of ${id}`, inner: { label: `label ${id}` } });
const entries = Array.from({ length: 20 }, (_, id) => [`key ${id}`, item(id)] as const);
const byName = Buffer.from(ByName.buildSync(entries));
const items = Buffer.from(Items.buildSync(entries.map(([, record]) => record)));

type Change = (bytes: Buffer, view: DataView) => void;

const changed = (original: Uint8Array, change: Change): Buffer => {
  const bytes = Buffer.from(Uint8Array.from(original).buffer);
  change(bytes, new DataView(bytes.buffer));
  return bytes;
};

const flip = (bytes: Buffer, at: number) => bytes.writeUInt8(bytes.readUInt8(at) ^ 1, at);

/** The messages of all findings; of a file that cannot be opened, that is what is found. */
function findingsOf(bytes: Uint8Array, make: (bytes: Uint8Array) => object = open): string[] {
  let container: object;
  try {
    container = make(bytes);
  } catch (error) {
    assert.ok(error instanceof SharedBuffersError);
    return [error.message];
  }
  const { ok, count, findings } = verifySync(container as never);
  assert.equal(ok, count === 0);
  for (const { offset } of findings) assert.ok(offset >= 0 && offset <= bytes.length);
  return findings.map(({ message }) => message);
}

function assertFound(
  what: RegExp,
  original: Uint8Array,
  change: Change,
  make?: (bytes: Uint8Array) => object,
): void {
  assert.deepEqual(findingsOf(original, make), [], 'nothing is wrong with the original');
  const found = findingsOf(changed(original, change), make);
  assert.ok(
    found.some((message) => what.test(message)),
    `${what} is not among ${JSON.stringify(found)}`,
  );
  const strictly = { verify: true };
  const makeStrictly = make ?? ((bytes: Uint8Array) => open(bytes, strictly));
  if (make === undefined) assert.throws(() => makeStrictly(changed(original, change)), SharedBuffersError);
}

const rowsOf = (bytes: Buffer) => Number(bytes.readBigUInt64LE(8));
const arrayOfMapping = (bytes: Buffer) => Number(bytes.readBigUInt64LE(bytes.length - 8));
/** Position of a record of an array. */
const recordOf = (bytes: Buffer, index: number, array = 0) =>
  array + Number(bytes.readBigUInt64LE(array + Number(bytes.readBigUInt64LE(array + 8)) + index * 8));

describe('verify finds in id tables', () => {
  const rowBytes = 24;

  it('rows out of order', () => {
    assertFound(/out of order/, byName, (bytes) => {
      const at = rowsOf(bytes);
      const first = Buffer.from(bytes.subarray(at, at + rowBytes));
      bytes.copyWithin(at, at + rowBytes, at + 2 * rowBytes);
      bytes.set(first, at + rowBytes);
    });
  });

  it('hashes that their keys do not have', () => {
    assertFound(/row 5 .*has the hash/, byName, (bytes) => {
      flip(bytes, rowsOf(bytes) + 5 * rowBytes);
    });
  });

  it('keys that are others, elsewhere, or no keys', () => {
    assertFound(/row 0 .*has the hash/, byName, (bytes) => {
      flip(bytes, 16 + 2 + 4);
      bytes.copy(bytes, rowsOf(bytes) + 8, rowsOf(bytes) + rowBytes + 8, rowsOf(bytes) + rowBytes + 16);
    });
    for (const pointer of [0n, 15n, 2n ** 40n, 2n ** 63n]) {
      assertFound(/row 3 .*outside of it/, byName, (bytes) => {
        bytes.writeBigUInt64LE(pointer, rowsOf(bytes) + 3 * rowBytes + 8);
      });
    }
    assertFound(/row 2: /, byName, (bytes) => {
      bytes.writeUInt16LE(0x7ffe, Number(bytes.readBigUInt64LE(rowsOf(bytes) + 2 * rowBytes + 8)));
    });
  });

  it('values that lead nowhere', () => {
    assertFound(/row 7 .*refers to record 20 of 20/, byName, (bytes) => {
      bytes.writeBigUInt64LE(20n, rowsOf(bytes) + 7 * rowBytes + 16);
    });
  });

  it('numbers out of order', () => {
    const numbers = NumericIdMapper.buildSync(entries.map((_, index) => [index * 3, index]));
    assertFound(/out of order/, numbers, (bytes) => bytes.writeBigUInt64LE(1000n, rowsOf(bytes)));
    const multi = multiMappingOf(NumericIdMultiMapper, Item).buildSync([
      [1, item(1)],
      [1, item(2)],
      [5, item(3)],
    ]);
    assertFound(/out of order/, multi, (bytes) => bytes.writeBigUInt64LE(9n, rowsOf(bytes)));
  });

  it('keys of any kind that are not what they were', () => {
    const objects = ObjectIdMapper.buildSync([
      ['text', 1],
      [tuple(1, 'two'), 2],
      [3.5, 3],
      [Buffer.from('bytes'), 4],
    ]);
    const texts = changed(objects, () => {}).indexOf('two');
    assertFound(/has the hash/, objects, (bytes) => bytes.write('too', texts));
    assertFound(/row \d: /, objects, (bytes) => {
      for (let row = 0; row < 4; row++) bytes.writeBigInt64LE(2n ** 40n, rowsOf(bytes) + row * rowBytes + 8);
    });
  });
});

describe('verify finds in arrays', () => {
  it('records that are elsewhere', () => {
    const index = (bytes: Buffer) => Number(bytes.readBigUInt64LE(8));
    for (const position of [0n, 55n, BigInt(items.length), 2n ** 50n]) {
      assertFound(/record 4 |version 0/, items, (bytes) =>
        bytes.writeBigUInt64LE(position, index(bytes) + 32),
      );
    }
    assertFound(/record 4: .*within the index/, items, (bytes) => {
      bytes.writeBigUInt64LE(BigInt(index(bytes) + 8), index(bytes) + 32);
    });
  });

  it('bitmaps that no writer writes', () => {
    assertFound(/record 2: .*slots that the schema does not have/, items, (bytes) => {
      bytes[recordOf(bytes, 2) + 3] = 0x80;
    });
    assertFound(/record 2: .*None without being set/, items, (bytes) => {
      bytes[recordOf(bytes, 2) + 4] = 0xff;
      bytes[recordOf(bytes, 2) + 5] = 0x03;
    });
    const lacksSlots: Change = (bytes) => bytes.writeUInt32LE(0, recordOf(bytes, 2));
    const declared = (bytes: Uint8Array) => Items.from(bytes);
    assertFound(/record 2: .*Item\.id is required and not there/, items, lacksSlots, declared);
  });

  it('pointers that leave the file, of records and of those within', () => {
    for (const pointer of [-(2n ** 40n), 2n ** 40n, BigInt(items.length), -1n * BigInt(items.length)]) {
      for (let slot = 0; slot < 2; slot++) {
        assertFound(/record 1: /, items, (bytes) => {
          bytes.writeBigInt64LE(pointer, recordOf(bytes, 1) + 8 + slot * 8);
        });
      }
    }
  });

  it('text that is none, and strings that are too long', () => {
    const at = items.indexOf('the name of 9');
    assertFound(/record 9: .*UTF-8/, items, (bytes) => bytes.writeUInt8(0xff, at));
    assertFound(/record 9: /, items, (bytes) => bytes.writeUInt16LE(0x7fff, at - 2));
    assertFound(/record 9: /, items, (bytes) => bytes.writeUInt16LE(0x8000 | 13, at - 2));
    const compressed = Items.buildSync([{ id: 1, name: 'again and again, '.repeat(100) }]);
    const start = changed(compressed, () => {}).indexOf('again');
    assertFound(/record 0: /, compressed, (bytes) => bytes.fill(0xff, start + 17, start + 25));
  });

  it('headers that contradict the file', () => {
    for (const offset of [0, 8, 16, 40, 48]) {
      assertFound(/./, items, (bytes) => bytes.writeBigUInt64LE(2n ** 40n, offset));
    }
  });

  it('everything, with the number of all and the first of them', async () => {
    const bytes = changed(items, (all) => {
      for (let index = 0; index < 20; index++) all.writeUInt32LE(0, recordOf(all, index));
    });
    const container = Items.from(bytes);
    const report = await verify(container, { maxFindings: 5 });
    assert.equal(report.count, 40, 'two required slots a record');
    assert.equal(report.findings.length, 5);
    assert.equal(report.checked, 20);
    assert.deepEqual(
      report.findings.map(({ offset }) => offset),
      [0, 0, 1, 1, 2].map((index) => recordOf(bytes, index)),
    );
  });
});

describe('verify finds in nested values', () => {
  const one = (record: object) => Buffer.from(Items.buildSync([{ id: 1, name: 'x', ...record } as never]));
  /** Tries every change of a byte, of which those at `wanted` must be found. */
  const find = (record: object, what: RegExp, change: Change) => assertFound(what, one(record), change);
  const within = (bytes: Buffer, text: string) => {
    const at = bytes.indexOf(text);
    assert.ok(at > 0);
    return at;
  };

  it('lists', () => {
    const list = { list: ['alpha', 'beta', [1, 'gamma']] };
    find(list, /record 0: .*typecode|record 0: /, (bytes) => {
      bytes[within(bytes, 'beta') - 10] = 0x7f;
    });
    find(list, /record 0: .*UTF-8/, (bytes) => {
      bytes[within(bytes, 'gamma')] = 0xff;
    });
  });

  it('sets and dicts whose members are out of order, or not what they were', () => {
    const set = { set: new Set(['first', 'second', 'third', 'fourth']) };
    find(set, /record 0: .*out of order/, (bytes) => {
      // Another text has another hash; one of these two is elsewhere in the order.
      bytes.write('s1con2', within(bytes, 'second'));
      bytes.write('f9rs9', within(bytes, 'first'));
      bytes.write('t7i7d', within(bytes, 'third'));
    });
    const dict = {
      dict: new Map([
        ['first', 1],
        ['second', 2],
      ] as [string, number][]),
    };
    find(dict, /record 0: .*hash of its key/, (bytes) => bytes.write('f1', within(bytes, 'first')));
  });

  it('decimals and arrays', () => {
    find({ decimal: '12345' }, /record 0: /, (bytes) => {
      bytes[bytes.indexOf(Buffer.from([1, 2, 3, 4, 5]))] = 77;
    });
    find({ ndarray: NdArray.from([1, 2], '<f2') }, /record 0: /, (bytes) =>
      bytes.write('<z9', within(bytes, '<f2')),
    );
  });
});

describe('verify finds in what this library adds', () => {
  const seal: Change = (bytes) => sealSections(bytes);
  const sections = findSections(byName);

  it('has such things to look at', () => assert.ok(sections.length > 0));

  it('bodies, and descriptors, that are not what was written', () => {
    const typed = (bytes: Uint8Array) => ByName.from(bytes);
    for (const { start, descriptor } of sections) {
      for (let at = start; at < descriptor; at += 9) {
        const isPadding = at >= start + Number(byName.readBigUInt64LE(descriptor + 24));
        if (isPadding) continue;
        assertFound(/checksum differs/, byName, (bytes) => flip(bytes, at), typed);
      }
      for (let at = descriptor + 8; at < descriptor + 64; at++) {
        assertFound(/section/, byName, (bytes) => flip(bytes, at), typed);
      }
      assertFound(
        /made for 21 rows/,
        byName,
        (bytes, view) => {
          bytes.writeBigUInt64LE(21n, descriptor + 32);
          seal(bytes, view);
        },
        typed,
      );
      assertFound(
        /section/,
        byName,
        (bytes, view) => {
          bytes.writeUInt32LE(bytes.readUInt32LE(descriptor + 48) + 1, descriptor + 48);
          seal(bytes, view);
        },
        typed,
      );
    }
  });
});

describe('verify finds in radix and direct tables', () => {
  const many = Array.from({ length: 400 }, (_, id) => [`key ${id}`, item(id)] as const);
  const numbers = many.map(([, record], id) => [id * 7, record] as const);
  const indexed = {
    strings: Buffer.from(ByName.buildSync(many, { index: 'direct' })),
    numbers: Buffer.from(mappingOf(NumericIdMapper, Item).buildSync(numbers, { index: 'direct' })),
    ids: Buffer.from(
      StringIdMapper.buildSync(
        many.map(([key], id) => [key, id]),
        { index: 'direct' },
      ),
    ),
    radix: Buffer.from(ByName.buildSync(many)),
  };

  /** Where the body of a section of a kind is, which its descriptor follows. */
  function bodyOf(bytes: Buffer, kind: number) {
    const found = findSections(bytes).find(({ descriptor }) => bytes.readUInt32LE(descriptor + 8) === kind);
    assert.ok(found, `a section of kind ${kind}`);
    return found;
  }

  for (const [name, bytes] of Object.entries(indexed)) {
    it(`whatever is wrong with them, checksums or not: ${name}`, () => {
      const kind = name === 'radix' ? sectionKinds.radix : sectionKinds.direct;
      const { start, descriptor } = bodyOf(bytes, kind);
      assert.deepEqual(findingsOf(bytes), []);
      for (let at = start; at < descriptor; at += Math.max(1, Math.floor((descriptor - start) / 40))) {
        const isUsed = bytes[at] !== 0;
        if (!isUsed) continue;
        assertFound(/checksum differs/, bytes, (all) => flip(all, at));
      }
    });
  }

  it('bounds that are not those of their buckets', () => {
    const { start, descriptor } = bodyOf(indexed.radix, sectionKinds.radix);
    for (let at = start + 24; at + 4 <= descriptor; at += 44) {
      assertFound(/bucket \d+ of the radix table begins with/, indexed.radix, (all) => {
        all.writeUInt32LE(all.readUInt32LE(at) + 1, at);
        sealSections(all);
      });
    }
  });

  it('keys and payloads that are not those of the rows', () => {
    for (const bytes of [indexed.strings, indexed.numbers, indexed.ids]) {
      const { start, descriptor } = bodyOf(bytes, sectionKinds.direct);
      const used = (at: number) => at + 56;
      const first = start + bytes.readUInt32LE(start);
      for (let line = first; line + 64 <= descriptor; line += 64) {
        if (bytes[used(line)] === 0) continue;
        for (const at of [line, line + 32]) {
          assertFound(/does not lead to what the rows/, bytes, (all) => {
            flip(all, at);
            sealSections(all);
          });
        }
        assertFound(/more keys than it can have/, bytes, (all) => {
          all[used(line)] = 5;
          sealSections(all);
        });
        break;
      }
    }
  });
});

describe('verify', () => {
  it('finds nothing where only padding is not what was written', () => {
    const used = new Uint8Array(items.length);
    const before = findingsOf(items);
    assert.deepEqual(before, []);
    // The bytes after the text of a record, up to the next multiple of 8.
    for (let index = 0; index < 20; index++) {
      const end = items.indexOf(`label ${index}\0`) + `label ${index}`.length;
      used.fill(1, end, Math.ceil(end / 8) * 8);
    }
    const padded = changed(items, (bytes) => {
      for (const [at, isPadding] of used.entries()) if (isPadding) bytes[at] = 0xdd;
    });
    assert.notDeepEqual(padded, items);
    assert.deepEqual(findingsOf(padded), []);
  });

  it('finds in mappings that their parts are not where they say', () => {
    assertFound(/./, byName, (bytes) => bytes.writeBigUInt64LE(17n, bytes.length - 8));
    assertFound(/record 3: /, byName, (bytes) => {
      bytes.writeBigInt64LE(2n ** 40n, recordOf(bytes, 3, arrayOfMapping(bytes)) + 8);
    });
  });

  it('looks into bundles, by checksums and into containers', () => {
    const path = join(folder, 'bundle.zip');
    Bundle.buildSync(
      [
        ['names', byName],
        ['text', Buffer.from('plain text')],
      ] as never,
      path,
    );
    const bytes = readFileSync(path);
    const ofBundle = (all: Uint8Array) => Bundle.open(all);
    assertFound(
      /entry "text": its checksum differs/,
      bytes,
      (all) => all.write('q', all.indexOf('plain text')),
      ofBundle,
    );
    assertFound(
      /entry "names": row \d+ .*has the hash/,
      bytes,
      (all) => all.write('qey 7', all.indexOf('key 7')),
      ofBundle,
    );
    const broken = changed(bytes, (all) => all.write('qey 7', all.indexOf('key 7')));
    assert.throws(() => Bundle.open(broken, { verify: true }).get('names'), CorruptDataError);
  });

  it('is asked for on opening', () => {
    const path = join(folder, 'broken.map');
    const broken = changed(byName, (bytes) => {
      flip(bytes, rowsOf(bytes));
    });
    writeFileSync(path, broken);
    const found = { code: 'ERR_SHAREDBUFFERS_CORRUPT', message: /has the hash/ };
    assert.throws(() => ByName.open(path, { verify: true }), found);
    assert.throws(() => ByName.from(broken, { verify: true }), found);
    ByName.open(path).close();
    writeFileSync(path, byName);
    ByName.open(path, { verify: true }).close();
  });

  it('ends when it is told to', async () => {
    const container = open(items);
    const reason = new Error('enough');
    await assert.rejects(verify(container, { signal: AbortSignal.abort(reason) }), reason);
  });

  it('is for containers', async () => {
    const pool = Pool.load(Item, Item.pack(item(1)));
    await assert.rejects(verify(pool as never), { code: 'ERR_SHAREDBUFFERS_INVALID_TYPE' });
  });

  it('prints its findings for programs', async () => {
    const path = join(folder, 'printed.map');
    writeFileSync(path, byName);
    const fine = await runCli(['verify', '--json', path]);
    assert.equal(fine.code, 0);
    const report = { file: path, kind: 'mapping', count: 20, findingCount: 0, findings: [] };
    assert.deepEqual(JSON.parse(fine.stdout), report);
    const broken = changed(byName, (bytes) => {
      flip(bytes, rowsOf(bytes));
    });
    writeFileSync(path, broken);
    const { code, stdout } = await runCli(['verify', '--json', path]);
    assert.equal(code, 1);
    const { findingCount, findings } = JSON.parse(stdout) as { findingCount: number; findings: object[] };
    assert.equal(findingCount, 1);
    assert.deepEqual(Object.keys(findings[0] ?? {}), ['offset', 'message']);
    assert.equal((findings[0] as { offset: number }).offset, rowsOf(broken));
  });
});
