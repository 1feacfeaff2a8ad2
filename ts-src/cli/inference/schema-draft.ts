/** A schema as it is found out, in the JSON that `--schema` takes. */
import { InvalidTypeError } from '../../errors.js';
import { maxSlots } from '../../schema/stored-types.js';
import type { Shape } from './shape.js';

type Slots = [name: string, type: string][];

/** What is written for `--write-schema`, and read as if it had come with `--schema`. */
export interface SchemaDraftJson {
  readonly name: string;
  readonly slots: Slots;
  readonly types?: readonly { readonly name: string; readonly slots: Slots }[];
}

export class SchemaDraft {
  readonly #structs: { name: string; slots: Slots }[] = [];
  readonly #names: Set<string>;

  /** @param name of the records */
  constructor(readonly name: string) {
    this.#names = new Set([name]);
  }

  /** @returns the type of slots that hold such a record */
  addStruct(slot: string, slots: Slots): string {
    const wanted = capitalized(slot);
    let name = wanted;
    for (let number = 2; this.#names.has(name); number++) name = `${wanted}${number}`;
    this.#names.add(name);
    this.#structs.push({ name, slots });
    return `struct:${name}`;
  }

  /** @param slots of the records */
  complete(slots: Slots): SchemaDraftJson {
    const { name } = this;
    return this.#structs.length === 0 ? { name, slots } : { name, slots, types: this.#structs };
  }
}

/** How the records of an output are called: `world-cities.map` holds `WorldCities`. */
export function recordName(path: string): string {
  const file = path.replace(/^.*[\\/]/, '').replace(/\.[^.]*$/, '');
  const words = file.split(/[^\p{ID_Continue}]+/u).filter((word) => word !== '');
  const name = words.map(capitalized).join('');
  return /^\p{ID_Start}/u.test(name) ? name : `Record${name}`;
}

function capitalized(text: string): string {
  const [first = 'Record', ...rest] = text;
  return first.toUpperCase() + rest.join('');
}

/**
 * The slots of records from JSON.
 * @throws InvalidTypeError where there are none, or more than there can be
 */
export function slotsOfJson(shape: Shape, draft: SchemaDraft): Slots {
  return [...(shape.fields ?? [])].map(([name, field]) => [name, jsonType(name, field, draft)]);
}

/** The slots of rows of CSV. */
export function slotsOfCsv(columns: ReadonlyMap<string, Shape>): Slots {
  checkSlotCount(columns.size);
  return [...columns].map(([name, shape]) => [name, csvType(shape)]);
}

/** @throws InvalidTypeError */
export function checkSlotCount(count: number): void {
  if (count > 0 && count <= maxSlots) return;
  const found = count === 0 ? 'no fields' : `more than ${maxSlots} different fields`;
  throw new InvalidTypeError(
    `the rows have ${found}, and a record has 1 to ${maxSlots} slots: name those to store with --schema`,
  );
}

function jsonType(name: string, shape: Shape, draft: SchemaDraft): string {
  if (isNumeric(shape)) return numberType(shape) ?? 'float64';
  if (shape.kinds.size !== 1) return 'object';
  switch ([...shape.kinds][0]) {
    case 'boolean':
      return 'bool';
    case 'text':
      return 'str';
    case 'list':
      return 'list';
    default:
      return shape.fields === undefined || shape.fields.size === 0
        ? 'dict'
        : draft.addStruct(name, slotsOfJson(shape, draft));
  }
}

/** What is neither numbers nor booleans throughout stays the text that it is. */
function csvType(shape: Shape): string {
  if (isNumeric(shape)) return numberType(shape) ?? 'str';
  return shape.kinds.size === 1 && shape.kinds.has('boolean') ? 'bool' : 'str';
}

function isNumeric({ kinds }: Shape): boolean {
  return kinds.size > 0 && [...kinds].every((kind) => kind === 'integer' || kind === 'float');
}

function numberType(shape: Shape): string | undefined {
  return shape.kinds.has('float') ? 'float64' : shape.integerType;
}
