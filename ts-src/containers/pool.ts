/** Pools: records added one by one, each found again by its position. See docs/format.md, "Pools". */
import { runNow, runSoon, type Steps } from '../building/steps.js';
import { type FileWorkspace, openWorkspace } from '../building/workspace.js';
import { describe, InvalidTypeError, OutOfRangeError, TooLargeError } from '../errors.js';
import type { Region } from '../region.js';
import type { InputOf, SlotMap } from '../schema/infer.js';
import { bytesOf, Schema } from '../schema/schema.js';
import type { StructSchema } from '../types/struct.js';
import { Container, type ContainerOptions, type Generation, pathOf } from './container.js';
import { type FileSource, isFileSource, openBytesAs, openFileAs } from './opening.js';
import type { ContainerForm } from './origin.js';
import { checkSectionSize, PoolPacker, PoolSection } from './pool-section.js';
import { paddingTo } from './sections.js';

/** How a pool is laid out. */
export interface PoolOptions {
  /**
   * How many bytes a section has: records share what they hold within one, and each is filled before the next is
   * begun. A multiple of 4096. Default 128 MiB.
   */
  sectionSize?: number;
}

const defaultSectionSize = 128 * 2 ** 20;
/** Dumps end at a multiple of this. */
const endAlignment = 8;

/**
 * A pool that is being filled, in memory. Within a section the same object, and equal texts and numbers, are stored
 * once, whatever records hold them: an object that was added must not be changed and added again in another one.
 */
export class Pool<Slots extends SlotMap = SlotMap, P = object> {
  /** Bytes of a section. */
  readonly sectionSize: number;
  readonly #schema: Schema<Slots, P>;
  readonly #sections: PoolSection[] = [];
  readonly #packer = new PoolPacker();
  /** What every section begins with. */
  #preload: PoolSection | undefined;

  /** @param schema of the records where no other is named */
  constructor(schema: Schema<Slots, P>, options: PoolOptions = {}) {
    if (!(schema instanceof Schema)) {
      throw new InvalidTypeError(`new Pool: expected a Schema, found ${describe(schema)}`);
    }
    this.#schema = schema;
    this.sectionSize = checkSectionSize(options.sectionSize ?? defaultSectionSize);
  }

  /** Opens what `dump` wrote, or Python's pools did: by its path, by its descriptor, or in bytes in memory. */
  static load<Slots extends SlotMap, P>(
    schema: Schema<Slots, P>,
    source: FileSource | Uint8Array | ArrayBufferLike,
    options?: ContainerOptions,
  ): LoadedPool<P> {
    if (!(schema instanceof Schema)) {
      throw new InvalidTypeError(`Pool.load: expected a Schema first, found ${describe(schema)}`);
    }
    const form = poolForm(schema);
    const make = (generation: LoadedGeneration) => new LoadedPool<P>(generation);
    return isFileSource(source)
      ? openFileAs(make, source, options, form)
      : openBytesAs(make, source, options, form);
  }

  /** Bytes that all sections have, unused ones of full sections included: where the next record may be. */
  get size(): number {
    const last = this.#sections.at(-1);
    return last === undefined ? 0 : (this.#sections.length - 1) * this.sectionSize + last.used;
  }

  /** How many sections there are. */
  get sections(): number {
    return this.#sections.length;
  }

  /**
   * Has every section begin with a record, so that what it holds is there to be shared by the others. To be called
   * before anything is added.
   */
  preload(value: InputOf<Slots>): void;
  preload<S extends SlotMap, Q>(value: NoInfer<InputOf<S>>, schema: Schema<S, Q>): void;
  preload(value: unknown, schema: unknown = this.#schema): void {
    if (this.#sections.length > 0) {
      throw new InvalidTypeError(
        'preload: the pool has records already',
        'ERR_SHAREDBUFFERS_INVALID_ARGUMENT',
      );
    }
    const section = this.#preload ?? new PoolSection(this.sectionSize);
    this.#put(section, checkSchema(schema), value);
    this.#preload = section;
  }

  /**
   * Packs a record and answers its position, which is also its offset in the dump.
   * @throws InvalidTypeError, OutOfRangeError that name slot and value; TooLargeError where no section can hold it
   */
  add(value: InputOf<Slots>): number;
  add<S extends SlotMap, Q>(value: NoInfer<InputOf<S>>, schema: Schema<S, Q>): number;
  add(value: unknown, schema: unknown = this.#schema): number {
    const checked = checkSchema(schema);
    const last = this.#sections.at(-1);
    const position = last && this.#tryPut(last, checked, value);
    if (position !== undefined) return position + this.#start(this.#sections.length - 1);
    const section = new PoolSection(this.sectionSize, this.#preload);
    const first = this.#put(section, checked, value);
    this.#sections.push(section);
    return first + this.#start(this.#sections.length - 1);
  }

  /** Packs a record and answers its position and its proxy: what Python's `pack` does. */
  pack(value: InputOf<Slots>): [position: number, record: P];
  pack<S extends SlotMap, Q>(value: NoInfer<InputOf<S>>, schema: Schema<S, Q>): [position: number, record: Q];
  pack(value: unknown, schema: unknown = this.#schema): [number, unknown] {
    const position = this.add(value as InputOf<Slots>, schema as Schema<Slots, P>);
    return [position, this.get(position, schema as Schema<Slots, P>)];
  }

  /**
   * Appends a record that was packed elsewhere, in another thread for instance, by `schema.pack`; answers its
   * position. Nothing is shared with it.
   */
  addPacked(bytes: Uint8Array | ArrayBuffer, alignment = this.#schema.alignment): number {
    const packed = bytesOf(bytes);
    let section = this.#sections.at(-1);
    if (section === undefined || !section.fits(section.place(alignment), packed.length)) {
      section = new PoolSection(this.sectionSize, this.#preload);
      if (!section.fits(section.place(alignment), packed.length)) throw this.#tooLarge(packed.length);
      this.#sections.push(section);
    }
    const start = section.place(alignment);
    section.append(packed, start);
    return start + this.#start(this.#sections.length - 1);
  }

  /**
   * The record at a position that `add` answered, as a lazy proxy.
   * @throws OutOfRangeError where no record can be
   */
  get(position: number): P;
  get<S extends SlotMap, Q>(position: number, schema: Schema<S, Q>): Q;
  get(position: number, schema: unknown = this.#schema): unknown {
    const checked = checkSchema(schema);
    const number = Number.isSafeInteger(position) ? Math.floor(position / this.sectionSize) : -1;
    const section = this.#sections[number];
    const at = position - this.#start(number);
    if (section === undefined || !isPlace(at, section.used, checked)) throw outside(position, this.size);
    return checked.reader.proxyAt(section.region, at);
  }

  /** The dump as bytes: sections one after another, each but the last filled up with zeros. */
  toBytes(): Uint8Array {
    const bytes = new Uint8Array(this.#dumpSize());
    for (const [number, section] of this.#sections.entries()) bytes.set(section.bytes, this.#start(number));
    return bytes;
  }

  /**
   * Writes the dump into a file, which appears, or replaces the one that is there, when it is complete and synced.
   * @returns its size
   */
  async dump(path: string | URL): Promise<number> {
    const workspace = await runSoon(openWorkspace(pathOf(path), undefined));
    try {
      await runSoon(this.#write(workspace));
    } catch (error) {
      // Why it failed matters more than why that could not be tidied up.
      await runSoon(workspace.discard()).catch(() => {});
      throw error;
    }
    return workspace.output.size;
  }

  /** `dump` without giving the thread to others. */
  dumpSync(path: string | URL): number {
    const workspace = runNow(openWorkspace(pathOf(path), undefined));
    try {
      runNow(this.#write(workspace));
    } catch (error) {
      try {
        runNow(workspace.discard());
      } catch {
        // Why it failed matters more.
      }
      throw error;
    }
    return workspace.output.size;
  }

  *#write(workspace: FileWorkspace): Steps<void> {
    const { output } = workspace;
    const size = this.#dumpSize();
    // Records that are added meanwhile are no part of the dump, so what there is now is taken first.
    const parts = this.#sections.map((section) => section.bytes);
    for (const [number, bytes] of parts.entries()) {
      for (let start = 0; start < bytes.length; start += pieceBytes) {
        yield* output.append(bytes.subarray(start, start + pieceBytes));
      }
      if (number + 1 < parts.length) yield* output.skip(this.#start(number + 1) - output.size);
      else yield* output.append(new Uint8Array(size - output.size));
    }
    yield* workspace.complete();
    yield* workspace.publish();
  }

  #dumpSize(): number {
    return this.size + paddingTo(endAlignment, this.size);
  }

  #start(section: number): number {
    return section * this.sectionSize;
  }

  #tryPut(section: PoolSection, schema: StructSchema, value: unknown): number | undefined {
    const { bytes, start, position } = this.#packer.pack(section, schema, value);
    if (section.fits(start, bytes.length)) {
      section.append(bytes, start);
      return position;
    }
    // What it added to the shared values is nowhere.
    section.shared.clear();
    return undefined;
  }

  #put(section: PoolSection, schema: StructSchema, value: unknown): number {
    const before = section.used;
    const position = this.#tryPut(section, schema, value);
    if (position !== undefined) return position;
    throw this.#tooLarge(this.#packer.lastBytes, before);
  }

  #tooLarge(bytes: number, used = 0): Error {
    const beside = used === 0 ? '' : ` beside ${used} preloaded ones`;
    return new TooLargeError(
      `a record of ${bytes} bytes does not fit into a section of ${this.sectionSize}${beside}; ` +
        'make sections larger: sectionSize',
    );
  }
}

const pieceBytes = 2 ** 20;

interface LoadedGeneration extends Generation {
  readonly region: Region;
  readonly schema: StructSchema;
}

/** How dumped pools are read: any bytes may be one. */
function poolForm(schema: StructSchema): ContainerForm<LoadedGeneration> {
  return {
    kind: 'pool',
    accepts: ['pool'],
    idMapper: undefined,
    generation: (region) => ({ region, schema }),
    verify: undefined,
  };
}

/** A dumped pool, read in place. It has neither header nor index: whoever uses it knows the positions. */
export class LoadedPool<P = object> extends Container<LoadedGeneration> {
  /** Bytes of the dump. */
  get size(): number {
    return this.generation.region.size;
  }

  /**
   * The record at a position, as a lazy proxy. At any other position there is no record, and what is read is garbage
   * or an error.
   * @throws OutOfRangeError where no record can be
   */
  get(position: number): P;
  get<S extends SlotMap, Q>(position: number, schema: Schema<S, Q>): Q;
  get(position: number, schema?: unknown): unknown {
    const { region, schema: ownSchema } = this.generation;
    const checked = schema === undefined ? ownSchema : checkSchema(schema);
    if (!isPlace(position, region.size, checked)) throw outside(position, region.size);
    return checked.reader.proxyAt(region, position);
  }
}

function checkSchema(schema: unknown): StructSchema {
  if (schema instanceof Schema) return schema;
  throw new InvalidTypeError(`expected a Schema, found ${describe(schema)}`);
}

function isPlace(position: number, size: number, { layout }: StructSchema): boolean {
  return Number.isSafeInteger(position) && position >= 0 && position + layout.headerBytes <= size;
}

function outside(position: unknown, size: number): Error {
  return new OutOfRangeError(`no record can be at ${describe(position)} in a pool of ${size} bytes`);
}
