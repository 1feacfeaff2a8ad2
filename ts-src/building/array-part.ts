/** The array of records: header, records, sections, index, stored schema. See docs/format.md, "Arrays". */
import { paddingTo, type SectionContent, sectionAlignment, writeSections } from '../containers/sections.js';
import { describe, InvalidTypeError } from '../errors.js';
import { writeSchemaPickle } from '../schema/pickle-writer.js';
import { writeSafeInteger } from '../types/numbers.js';
import type { StructSchema } from '../types/struct.js';
import { Packer } from './packer.js';
import { writeRecord } from './record-writer.js';
import type { Spool } from './spool.js';
import { pause, type Steps } from './steps.js';

const headerBytes = 56;
const layoutVersion = 2;
const positionBytes = 8;
const positionsPerChunk = 2 ** 16;

export class ArrayPart {
  /** How many records it has. */
  count = 0;
  readonly packer: Packer;
  readonly #schema: StructSchema;
  readonly #pickle: Uint8Array;
  readonly #spool: Spool;
  readonly #index: Buffer[] = [];
  #positions = new DataView(new ArrayBuffer(0));

  /** @param spool where records are put until the array is finished: the output itself, or a place to wait in */
  constructor(schema: StructSchema, spool: Spool, capacity: number) {
    this.#schema = schema;
    // Before the first record, so that what cannot be stored is found at once.
    this.#pickle = writeSchemaPickle(schema.toStored());
    this.#spool = spool;
    this.packer = new Packer(capacity);
    this.packer.base = headerBytes;
  }

  /** Packs a record; one that fails leaves no trace. */
  add(record: unknown): void {
    const { packer } = this;
    const { position, length } = packer;
    packer.origin = position;
    // To a schema without required slots it would look like an empty record.
    if (record instanceof Promise) throw new InvalidTypeError(`expected a record, found ${describe(record)}`);
    try {
      writeRecord(packer, this.#schema, record);
    } catch (error) {
      packer.rollback(length);
      throw error;
    }
    packer.shared.clear();
    this.#addPosition(position);
  }

  *flush(): Steps<void> {
    const { packer } = this;
    yield* this.#spool.append(packer.bytes.subarray(0, packer.length));
    packer.discardTaken();
  }

  /** Bytes that the array will have. */
  bytesWith(sections: readonly SectionContent[]): number {
    return this.#layout(writeSections(sections, this.count)).totalSize;
  }

  /** The header to begin with where the records go straight to the output. */
  static placeholder(): Uint8Array {
    return new Uint8Array(headerBytes);
  }

  /** Appends the array to the output, or what is missing of it where the records are there already. */
  *finish(output: Spool, contents: readonly SectionContent[]): Steps<void> {
    yield* this.flush();
    const sections = writeSections(contents, this.count);
    const layout = this.#layout(sections);
    const inPlace = this.#spool === output;
    if (!inPlace) {
      yield* output.append(this.#header(layout));
      yield* this.#spool.moveTo(output);
    }
    yield* output.append(Buffer.concat([Buffer.alloc(layout.padding), sections]));
    yield* this.#appendIndex(output);
    yield* output.append(this.#pickle);
    if (inPlace) yield* output.replaceStart(this.#header(layout));
  }

  #layout(sections: Uint8Array): ArrayLayout {
    const recordsEnd = this.packer.position;
    const padding = paddingTo(sectionAlignment, recordsEnd);
    const indexOffset = recordsEnd + padding + sections.length;
    const schemaOffset = indexOffset + this.count * positionBytes;
    return { padding, indexOffset, schemaOffset, totalSize: schemaOffset + this.#pickle.length };
  }

  #header({ totalSize, indexOffset, schemaOffset }: ArrayLayout): Uint8Array {
    const fields = [
      totalSize,
      indexOffset,
      this.count,
      layoutVersion,
      layoutVersion,
      schemaOffset,
      this.#pickle.length,
    ];
    const view = new DataView(new ArrayBuffer(headerBytes));
    for (const [number, field] of fields.entries()) writeSafeInteger(view, number * 8, field);
    return new Uint8Array(view.buffer);
  }

  #addPosition(position: number): void {
    const slot = this.count % positionsPerChunk;
    if (slot === 0) {
      const chunk = Buffer.allocUnsafeSlow(positionsPerChunk * positionBytes);
      this.#index.push(chunk);
      this.#positions = new DataView(chunk.buffer);
    }
    writeSafeInteger(this.#positions, slot * positionBytes, position);
    this.count++;
  }

  *#appendIndex(output: Spool): Steps<void> {
    let left = this.count * positionBytes;
    for (const chunk of this.#index) {
      yield* output.append(chunk.subarray(0, left));
      left -= chunk.length;
      yield pause;
    }
    this.#index.length = 0;
  }
}

interface ArrayLayout {
  /** Zeros between records and sections. */
  readonly padding: number;
  readonly indexOffset: number;
  readonly schemaOffset: number;
  readonly totalSize: number;
}
