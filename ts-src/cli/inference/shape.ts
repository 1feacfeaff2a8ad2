/** What was seen of a value over many rows, and the slot type that suits all of it. */
import { refusedNames } from '../../schema/schema.js';
import { maxSlots } from '../../schema/stored-types.js';

/** Deeper objects are dicts. */
const deepestStruct = 16;

const int32Min = -(2 ** 31);
const int32Max = 2 ** 31 - 1;
const uint32Max = 2 ** 32 - 1;
const int64Min = -(2n ** 63n);
const int64Max = 2n ** 63n - 1n;
const uint64Max = 2n ** 64n - 1n;

export type ShapeKind = 'boolean' | 'integer' | 'float' | 'text' | 'list' | 'object';

export class Shape {
  /** Rows with a value that is not null. */
  values = 0;
  readonly kinds = new Set<ShapeKind>();
  /** Whether an integer was seen that a JSON number does not hold exactly. */
  hasUnsafe = false;
  /** Of objects; `undefined` where their fields are no slots. */
  fields: Map<string, Shape> | undefined = new Map();
  /** Whether the objects' fields are more than a record has slots. */
  hasTooMany = false;
  /** Objects that were seen. */
  objects = 0;
  #min: number | bigint = 0;
  #max: number | bigint = 0;

  constructor(readonly depth = 0) {}

  /** A value from JSON. */
  add(value: unknown): void {
    if (value === null || value === undefined) return;
    this.values++;
    if (typeof value === 'string') this.kinds.add('text');
    else if (typeof value === 'boolean') this.kinds.add('boolean');
    else if (typeof value === 'number') this.#addNumber(value);
    else if (Array.isArray(value)) this.kinds.add('list');
    else this.#addObject(value);
  }

  /** An integer; of CSV, which has them of any length. */
  addInteger(value: number | bigint): void {
    this.kinds.add('integer');
    if (value < this.#min) this.#min = value;
    if (value > this.#max) this.#max = value;
  }

  get isNegative(): boolean {
    return this.#min < 0;
  }

  /** The narrowest of the integer types that leave room to grow; `undefined` where none is wide enough. */
  get integerType(): string | undefined {
    if (this.#min >= int32Min && this.#max <= int32Max) return 'int32';
    if (this.#min >= 0 && this.#max <= uint32Max) return 'uint32';
    if (this.#min >= int64Min && this.#max <= int64Max) return 'int';
    return this.#min >= 0 && this.#max <= uint64Max ? 'uint64' : undefined;
  }

  #addNumber(value: number): void {
    if (!Number.isInteger(value)) {
      this.kinds.add('float');
    } else if (Number.isSafeInteger(value)) {
      this.addInteger(value);
    } else {
      this.kinds.add('float');
      this.hasUnsafe = true;
    }
  }

  #addObject(value: object): void {
    this.kinds.add('object');
    this.objects++;
    if (this.depth >= deepestStruct) this.fields = undefined;
    for (const [name, member] of Object.entries(value)) {
      if (this.fields === undefined) return;
      const shape = this.#field(name);
      shape?.add(member);
    }
  }

  #field(name: string): Shape | undefined {
    const known = this.fields?.get(name);
    if (known !== undefined) return known;
    const shape = new Shape(this.depth + 1);
    this.fields?.set(name, shape);
    // The outermost object is a record whatever its fields are: what is wrong with them is said later.
    if (this.depth > 0 && refusedNames.has(name)) this.fields = undefined;
    if ((this.fields?.size ?? 0) <= maxSlots) return shape;
    this.hasTooMany = true;
    this.fields = undefined;
    return undefined;
  }
}
