/** A section of a pool: records one after another that may share what they hold, up to a fixed size. */
import { Packer, SharedValues } from '../building/packer.js';
import { type WritableSchema, writeRecord } from '../building/record-writer.js';
import { OutOfRangeError } from '../errors.js';
import { Region } from '../region.js';
import { paddingTo } from './sections.js';

/** A section begins with this much memory, and doubles it up to its size. */
const firstCapacity = 2 ** 16;
/** What is remembered of a section for sharing; then it begins anew, so that memory stays bounded. */
const mostShared = 2 ** 19;

/** A record and what it holds, packed for one place in one section. */
export interface PackedRecord {
  readonly bytes: Uint8Array;
  /** Where in the section the bytes go, and where in it the record then is. */
  readonly start: number;
  readonly position: number;
}

export class PoolSection {
  /** Bytes in use. */
  used = 0;
  readonly shared: SectionValues;
  #bytes: Uint8Array;
  #region: Region | undefined;

  /** @param preload the section that this one begins with a copy of */
  constructor(
    readonly capacity: number,
    preload?: PoolSection,
  ) {
    this.#bytes = new Uint8Array(Math.min(capacity, firstCapacity));
    this.shared = new SectionValues(preload?.shared);
    if (preload !== undefined) this.append(preload.bytes, 0);
  }

  /** What is in use. */
  get bytes(): Uint8Array {
    return this.#bytes.subarray(0, this.used);
  }

  /** A region over the section; records that are added later are in it or in the next one. */
  get region(): Region {
    this.#region ??= Region.fromBytes(this.#bytes);
    return this.#region;
  }

  /** Where a record of that alignment would begin. */
  place(alignment: number): number {
    return this.used + paddingTo(alignment, this.used);
  }

  fits(start: number, length: number): boolean {
    return start + length <= this.capacity;
  }

  /** Appends bytes that were made for this place. */
  append(bytes: Uint8Array, start: number): void {
    const end = start + bytes.length;
    if (end > this.#bytes.length) {
      const grown = new Uint8Array(Math.min(this.capacity, Math.max(end, this.#bytes.length * 2)));
      grown.set(this.bytes);
      // Records that were handed out keep the old bytes, which are the same as far as they go.
      this.#bytes = grown;
      this.#region = undefined;
    }
    this.#bytes.set(bytes, start);
    this.used = end;
  }
}

/** What the records of a section have stored, and below it what all sections begin with. */
export class SectionValues extends SharedValues {
  constructor(private readonly preloaded?: SharedValues) {
    super();
  }

  override find(storage: unknown, value: unknown): number | undefined {
    return super.find(storage, value) ?? this.preloaded?.find(storage, value);
  }

  override add(storage: unknown, value: unknown, position: number): void {
    // Python adds a record anew however often it is given; only what records hold is shared.
    if (rootSchemas.has(storage as object)) return;
    super.add(storage, value, position);
  }

  /** Forgets everything where that has become too much; not while a record is packed. */
  limit(): void {
    if (this.count > mostShared) this.clear();
  }
}

/** Schemas as those of whole records, which are not shared. */
const rootForms = new WeakMap<WritableSchema, WritableSchema>();
const rootSchemas = new WeakSet<object>();

function rootForm(schema: WritableSchema): WritableSchema {
  let root = rootForms.get(schema);
  if (root === undefined) {
    root = { name: schema.name, layout: schema.layout, writes: schema.writes };
    rootForms.set(schema, root);
    rootSchemas.add(root);
  }
  return root;
}

/** Packs records for the end of a section; one packer serves all of a pool. */
export class PoolPacker {
  readonly #packer = new Packer();

  /** How many bytes the last record took. */
  get lastBytes(): number {
    return this.#packer.length;
  }

  /**
   * The bytes are good until the next record is packed. Where they are not appended, or where packing fails, the
   * section forgets what could have been shared.
   */
  pack(section: PoolSection, schema: WritableSchema, value: unknown): PackedRecord {
    const packer = this.#packer;
    section.shared.limit();
    packer.shared = section.shared;
    packer.length = 0;
    packer.origin = 0;
    packer.base = section.place(schema.layout.alignment);
    try {
      const position = writeRecord(packer, rootForm(schema), value);
      return { bytes: packer.bytes.subarray(0, packer.length), start: packer.base, position };
    } catch (error) {
      packer.rollback(0);
      throw error;
    }
  }
}

/** @throws OutOfRangeError where it cannot be one */
export function checkSectionSize(size: number): number {
  if (Number.isSafeInteger(size) && size >= 4096 && size <= 2 ** 30 && size % 4096 === 0) return size;
  throw new OutOfRangeError(`sectionSize: expected a multiple of 4096 up to 1 GiB, found ${size}`);
}
