import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Schema, t } from 'sharedbuffers';
import { buildSync } from '#src/building/build.js';
import { idMapperKinds } from '#src/containers/id-mapper-kinds.js';
import { readKindSection, readSections, writeSections } from '#src/containers/sections.js';
import { Region } from '#src/region.js';

const bodies = ['lowest', 'in the middle', ''].map((body) => Buffer.from(body));
const contents = bodies.map((body, index) => ({ kind: 10 + index, version: 3, body }));

/** Something below, sections, something above. */
function withSections(rows = 7, below = 24): { bytes: Uint8Array; end: number } {
  const sections = writeSections(contents, rows);
  const bytes = Buffer.concat([Buffer.alloc(below, 1), sections, Buffer.alloc(16, 2)]);
  return { bytes, end: below + sections.length };
}

const read = (bytes: Uint8Array, end: number, rows: number | undefined = 7, start = 24) =>
  readSections(Region.fromBytes(new Uint8Array(bytes)), start, end, rows);

describe('sections', () => {
  it('are found from the top down', () => {
    const { bytes, end } = withSections();
    const found = read(bytes, end);
    assert.deepEqual(
      found.map(({ kind, version, length, rows }) => ({ kind, version, length, rows })),
      [12, 11, 10].map((kind, index) => ({
        kind,
        version: 3,
        length: bodies[2 - index]?.length,
        rows: 7,
      })),
    );
    for (const [index, { position, length, size }] of found.entries()) {
      assert.deepEqual(Buffer.from(bytes.subarray(position, position + length)), bodies[2 - index]);
      assert.equal(size % 8, 0);
    }
    assert.equal(found.at(-1)?.position, 24);
    assert.equal(end % 8, 0);
  });

  it('made for another number of rows are not believed', () => {
    const { bytes, end } = withSections();
    assert.deepEqual(read(bytes, end, 8), []);
    assert.equal(read(bytes, end, undefined).length, 3);
    const other = Buffer.concat([
      writeSections(contents.slice(0, 1), 6),
      writeSections(contents.slice(0, 1), 7),
    ]);
    assert.equal(readSections(Region.fromBytes(other), 0, other.length, undefined).length, 1);
  });

  it('do not reach below what is known to be something else, nor below the last of their chain', () => {
    const { bytes, end } = withSections();
    assert.equal(read(bytes, end, 7, 25).length, 2);
    const twice = Buffer.concat([writeSections(contents, 7), writeSections(contents, 7)]);
    assert.equal(readSections(Region.fromBytes(twice), 0, twice.length, 7).length, 3);
  });

  it('with any byte of a descriptor changed end the chain in silence', () => {
    const { bytes, end } = withSections();
    for (let byte = end - 64; byte < end; byte++) {
      const changed = new Uint8Array(bytes);
      changed[byte] = (changed[byte] as number) ^ 0x40;
      assert.deepEqual(read(changed, end), []);
    }
  });

  it('are looked for without reading outside of the region', () => {
    const { bytes, end } = withSections();
    for (let length = 0; length < end; length += 5) {
      assert.deepEqual(read(bytes.subarray(0, length), end), []);
      read(bytes.subarray(0, length), length, undefined, 0);
    }
    assert.deepEqual(read(bytes, 1e18), []);
    assert.deepEqual(read(bytes, -5), []);
  });

  it('are bounded in number', () => {
    const many = writeSections(
      Array.from({ length: 100 }, () => contents[0] as (typeof contents)[0]),
      1,
    );
    assert.equal(readSections(Region.fromBytes(many), 0, many.length, 1).length, 64);
  });
});

describe('the section kind', () => {
  const Inner = new Schema('Inner', { v: t.int8 });
  const Middle = new Schema('Middle', { inner: Inner, again: Inner.optional() });
  const Outer = new Schema('Outer', {
    middle: Middle,
    self: t.self.optional(),
    late: t.lazy(() => Inner).optional(),
    z: t.text.optional(),
  });

  it('says what was built, and the names of its schemas', () => {
    const mapper = idMapperKinds.NumericId32Mapper;
    const built = buildSync({ kind: 'mapping', schema: Outer, idMapper: mapper }, []);
    assert.deepEqual(kindOf(built, 16), {
      kind: 'mapping',
      idMapper: 'NumericId32Mapper',
      structs: ['Outer', 'Middle', 'Inner'],
      writer: kindOf(built, 16)?.writer,
    });
    assert.match(kindOf(built, 16)?.writer ?? '', /^sharedbuffers-node \d+\.\d+\.\d+/);
    assert.equal(kindOf(buildSync({ kind: 'array', schema: Inner }, []), 56)?.kind, 'array');
    const table = kindOf(buildSync({ kind: 'id-mapper', idMapper: mapper }, []), 16);
    assert.equal(table?.kind, 'id-mapper');
    assert.equal(table?.structs, undefined);
  });

  it('leaves names out that are too long, and is not believed where its body was changed', () => {
    const Long = new Schema('x'.repeat(70_000), { v: t.int8 });
    const built = buildSync({ kind: 'array', schema: Long }, []);
    assert.deepEqual([kindOf(built, 56)?.kind, kindOf(built, 56)?.structs], ['array', undefined]);
    built[60] = (built[60] as number) ^ 1;
    assert.equal(kindOf(built, 56), undefined);
  });

  function kindOf(bytes: Uint8Array, start: number) {
    const region = Region.fromBytes(new Uint8Array(bytes));
    return readKindSection(region, readSections(region, start, region.readSize(8, 'it'), 0));
  }
});
