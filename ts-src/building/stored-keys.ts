/** The keys of an id table that were stored already, to be compared. */
import { noneKey, readObjectKey } from '../containers/object-keys.js';
import { isStoredCompressed, storedStringSize } from '../containers/stored-key.js';
import type { Region } from '../region.js';
import { valuesEqual } from '../types/equality.js';
import type { Spool } from './spool.js';
import { done, pause, type Steps } from './steps.js';

/** Pages of a file that were looked at count as memory of this process until the mapping is given back. */
const looksPerMapping = 256;
const keysBetweenPauses = 2 ** 14;

export abstract class StoredKeys {
  readonly #spool: Spool;
  #region: Region | undefined;
  #looks = 0;

  constructor(spool: Spool) {
    this.#spool = spool;
  }

  equal(a: number, b: number): boolean {
    if (!this.#spool.inMemory && ++this.#looks % looksPerMapping === 0) this.close();
    return this.areEqual(a, b);
  }

  protected abstract areEqual(a: number, b: number): boolean;

  /** The key that is stored where a pointer points, for a message. */
  abstract read(pointer: number): unknown;

  /** How many keys come before; `undefined` where that cannot be told. */
  abstract countBefore(pointer: number): Steps<number | undefined>;

  close(): void {
    this.#region?.close();
    this.#region = undefined;
  }

  /** Made when it is first needed: most tables have no two keys of the same hash. */
  get region(): Region {
    this.#region ??= this.#spool.openRegion();
    return this.#region;
  }
}

export class StoredStrings extends StoredKeys {
  /** @param start where the first key is */
  constructor(
    spool: Spool,
    private readonly start: number,
  ) {
    super(spool);
  }

  /** Text where it is text. */
  read(pointer: number): string | Uint8Array {
    const bytes = this.region.readBytes(pointer);
    const text = Buffer.from(bytes).toString('utf8');
    return Buffer.from(text, 'utf8').equals(bytes) ? text : bytes;
  }

  *countBefore(pointer: number): Steps<number> {
    let count = 0;
    for (let position = this.start; position < pointer; count++) {
      position += storedStringSize(this.region, position);
      if (count % keysBetweenPauses === 0) yield pause;
    }
    return count;
  }

  /** Equal keys are stored in equal bytes, unless they were copied and another library had compressed one of them. */
  protected areEqual(a: number, b: number): boolean {
    const { region } = this;
    if (this.#stored(a).equals(this.#stored(b))) return true;
    if (!isStoredCompressed(region, a) && !isStoredCompressed(region, b)) return false;
    return Buffer.compare(region.readBytes(a), region.readBytes(b)) === 0;
  }

  /** Header and bytes. */
  #stored(pointer: number): Buffer {
    const { region } = this;
    const bytes = region.bytesAt(pointer, storedStringSize(region, pointer), 'a key');
    return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  }
}

export class StoredObjects extends StoredKeys {
  read(pointer: number): unknown {
    return pointer === noneKey ? null : readObjectKey(this.region, pointer);
  }

  /** What a key holds lies before it, and None nowhere. */
  countBefore(): Steps<undefined> {
    return done(undefined);
  }

  /** By Python's equality. */
  protected areEqual(a: number, b: number): boolean {
    return valuesEqual(this.read(a), this.read(b));
  }
}
