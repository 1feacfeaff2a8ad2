/** The array of records: header, records, sections, index, stored schema. See docs/format.md, "Arrays". */
import { paddingTo, type SectionContent, sectionAlignment, writeSections } from '../containers/sections.js';
import { describe, InvalidTypeError } from '../errors.js';
import { writeSchemaPickle } from '../schema/pickle-writer.js';
import { writeSafeInteger } from '../types/numbers.js';
import type { StructSchema } from '../types/struct.js';
import { EqualValues } from './equal-values.js';
import type { BuildSettings } from './options.js';
import { Packer } from './packer.js';
import { PositionSpool } from './position-spool.js';
import { RecordNumbers } from './record-numbers.js';
import { writeRecord } from './record-writer.js';
import { BuildValues, SharedValues } from './shared-values.js';
import type { Spool } from './spool.js';
import type { Steps } from './steps.js';

const headerBytes = 56;
const layoutVersion = 2;
const positionBytes = 8;

export class ArrayPart {
  readonly packer: Packer;
  readonly #schema: StructSchema;
  readonly #pickle: Uint8Array;
  readonly #spool: Spool;
  readonly #index: PositionSpool;
  /** Of records that may be met again; only where equal ones are stored once. */
  readonly #numbers: RecordNumbers | undefined;

  /**
   * @param spool where records are put until the array is finished: the output itself, or a place to wait in
   * @param openIndex called when there are too many records to keep their positions in memory
   */
  constructor(schema: StructSchema, spool: Spool, openIndex: () => Steps<Spool>, settings: BuildSettings) {
    this.#schema = schema;
    // Before the first record, so that what cannot be stored is found at once.
    this.#pickle = writeSchemaPickle(schema.toStored());
    this.#spool = spool;
    this.#index = new PositionSpool(openIndex);
    this.packer = new Packer(settings.packerBytes);
    this.packer.base = headerBytes;
    const { idmapValues, dedupeBytes } = settings;
    if (idmapValues !== undefined) this.packer.shared = new SharedValues(new BuildValues(idmapValues));
    if (dedupeBytes !== undefined) this.packer.equal = new EqualValues(dedupeBytes);
    if (idmapValues !== undefined || dedupeBytes !== undefined) this.#numbers = new RecordNumbers();
  }

  /** How many records it has. */
  get count(): number {
    return this.#index.count;
  }

  /** Whether `flush` must come before another record. */
  get isFull(): boolean {
    return this.#index.isFull;
  }

  /** Packs a record, or finds that it is stored already; answers its number. One that fails leaves no trace. */
  add(record: unknown): number {
    const position = this.#write(record);
    const known = this.#numbers?.find(position);
    if (known !== undefined) return known;
    const number = this.#index.count;
    this.#index.add(position);
    this.#numbers?.add(position, number);
    return number;
  }

  /** Packs a record even if it is stored already as another; that one is referred to then. */
  append(record: unknown): void {
    this.#index.add(this.#write(record));
  }

  #write(record: unknown): number {
    const { packer } = this;
    const { length } = packer;
    packer.origin = packer.position;
    // To a schema without required slots it would look like an empty record.
    if (record instanceof Promise) throw new InvalidTypeError(`expected a record, found ${describe(record)}`);
    let position: number;
    try {
      position = writeRecord(packer, this.#schema, record);
    } catch (error) {
      packer.rollback(length);
      throw error;
    }
    packer.commit();
    return position;
  }

  *flush(): Steps<void> {
    const { packer } = this;
    yield* this.#spool.append(packer.bytes.subarray(0, packer.length));
    packer.discardTaken();
    if (this.#index.isFull) yield* this.#index.flush();
  }

  /** Bytes that the array will have. */
  bytesWith(sections: readonly SectionContent[]): number {
    return this.#layout(writeSections(sections, this.count)).totalSize;
  }

  /** The header to begin with where the records go straight to the output. */
  static placeholder(): Uint8Array {
    return new Uint8Array(headerBytes);
  }

  /**
   * Appends the array to the output, or what is missing of it where the records are there already. Answers where its
   * index is, from its start.
   */
  *finish(output: Spool, contents: readonly SectionContent[]): Steps<number> {
    yield* this.flush();
    const sections = writeSections(contents, this.count);
    const layout = this.#layout(sections);
    const inPlace = this.#spool === output;
    if (!inPlace) {
      yield* output.append(this.#header(layout));
      yield* this.#spool.moveTo(output);
    }
    yield* output.append(Buffer.concat([Buffer.alloc(layout.padding), sections]));
    yield* this.#index.moveTo(output);
    yield* output.append(this.#pickle);
    if (inPlace) yield* output.replace(0, this.#header(layout));
    return layout.indexOffset;
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
}

interface ArrayLayout {
  /** Zeros between records and sections. */
  readonly padding: number;
  readonly indexOffset: number;
  readonly schemaOffset: number;
  readonly totalSize: number;
}
