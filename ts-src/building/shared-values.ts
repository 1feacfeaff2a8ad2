/** What was stored already, found by identity. */

/** Up to here looking at each value in turn is faster than a map. */
const listedValues = 12;

/**
 * What the record being packed has stored already, so that the same value is stored once. Values are found by how
 * they are stored and by identity (texts by content): a text and bytes of the same content are two.
 */
export class SharedValues {
  /** The lowest position that was answered since somebody set it: whether what is written refers to what was there. */
  lowest = Number.POSITIVE_INFINITY;
  readonly #storages: unknown[] = [];
  readonly #values: unknown[] = [];
  readonly #positions: number[] = [];
  #count = 0;
  /** Of the values beyond the listed ones, in records that hold many: the last entry of each … */
  #entries: Map<unknown, number> | undefined;
  /** … and the one before it of the same value, stored otherwise. */
  readonly #previous: (number | undefined)[] = [];
  readonly #build: BuildValues | undefined;

  /** @param build what the records before have stored, where that is shared, too */
  constructor(build?: BuildValues) {
    this.#build = build;
  }

  /** How many values the record has stored so far. */
  get count(): number {
    return this.#count;
  }

  /** @param storage what decides the stored form: one key for each form */
  find(storage: unknown, value: unknown): number | undefined {
    const found = this.#findEntry(storage, value);
    const position = found === undefined ? this.#build?.find(storage, value) : this.#positions[found];
    if (position !== undefined && position < this.lowest) this.lowest = position;
    return position;
  }

  /** `find` for texts, most of which differ in length already. Those of other records are not found again. */
  findText(storage: unknown, value: unknown): number | undefined {
    if (typeof value !== 'string' || this.#count > listedValues) return this.find(storage, value);
    for (let entry = 0; entry < this.#count; entry++) {
      const other = this.#values[entry];
      if (typeof other !== 'string' || other.length !== value.length || other !== value) continue;
      if (this.#storages[entry] !== storage) continue;
      const position = this.#positions[entry] as number;
      if (position < this.lowest) this.lowest = position;
      return position;
    }
    return undefined;
  }

  add(storage: unknown, value: unknown, position: number): void {
    const entry = this.#count++;
    this.#storages[entry] = storage;
    this.#values[entry] = value;
    this.#positions[entry] = position;
    if (entry < listedValues) return;
    this.#entries ??= new Map();
    this.#previous[entry] = this.#entries.get(value);
    this.#entries.set(value, entry);
  }

  /** Moves what lies from a position on, of what was added since there were `count` values. */
  move(count: number, from: number, distance: number): void {
    for (let entry = count; entry < this.#count; entry++) {
      const position = this.#positions[entry] as number;
      if (position >= from) this.#positions[entry] = position + distance;
    }
  }

  /** The record is stored: what it holds may be referred to by those to come. */
  commit(): void {
    if (this.#build !== undefined) {
      for (let entry = 0; entry < this.#count; entry++) {
        this.#build.add(this.#storages[entry], this.#values[entry], this.#positions[entry] as number);
      }
    }
    this.clear();
  }

  /** The values stay referred to until others take their places, which keeps this free of work. */
  clear(): void {
    this.#count = 0;
    this.#entries = undefined;
  }

  #findEntry(storage: unknown, value: unknown): number | undefined {
    const listed = Math.min(this.#count, listedValues);
    for (let entry = 0; entry < listed; entry++) {
      if (this.#values[entry] === value && this.#storages[entry] === storage) return entry;
    }
    let entry = this.#entries?.get(value);
    while (entry !== undefined && this.#storages[entry] !== storage) entry = this.#previous[entry];
    return entry;
  }
}

type Generation = Map<unknown, Map<unknown, number>>;

/**
 * The objects that a whole build has stored, as many as the limit allows: when there are too many, those that were
 * not met again lately are forgotten, and would be stored again.
 */
export class BuildValues {
  readonly #limit: number;
  #recent: Generation = new Map();
  #older: Generation = new Map();
  #recentCount = 0;

  /** @param limit how many objects are remembered at least; never more than twice as many */
  constructor(limit: number) {
    this.#limit = limit;
  }

  find(storage: unknown, value: unknown): number | undefined {
    const position = this.#recent.get(storage)?.get(value);
    if (position !== undefined) return position;
    const older = this.#older.get(storage)?.get(value);
    if (older !== undefined) this.add(storage, value, older);
    return older;
  }

  /** Texts are left out: they have no identity, and there are too many of them. */
  add(storage: unknown, value: unknown, position: number): void {
    if (typeof value !== 'object') return;
    let positions = this.#recent.get(storage);
    if (positions === undefined) {
      positions = new Map();
      this.#recent.set(storage, positions);
    }
    positions.set(value, position);
    if (++this.#recentCount < this.#limit) return;
    this.#older = this.#recent;
    this.#recent = new Map();
    this.#recentCount = 0;
  }
}
