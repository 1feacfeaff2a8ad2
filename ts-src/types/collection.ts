/** What the types of all collections have in common: budgets, sharing, nesting, typecodes, checking. */
import type { Packer } from '../building/packer.js';
import { describe, InvalidTypeError, TooLargeError } from '../errors.js';
import type { Tagged } from '../exact/tagged.js';
import type { Region } from '../region.js';
import { type Budget, budgetFor, requireDepth, withBudget } from './budget.js';
import type { CollectionForm, CollectionRead, CollectionSlot, CollectionWrite } from './member-types.js';
import type { NestingType } from './rtti.js';
import { type Findings, OptionalSlot, reportFinding } from './slot-type.js';
import type { StructSchema } from './struct.js';

/** Collections that nest deeper cannot be read back under the default limits. */
const maxDepth = 256;

export abstract class CollectionType<Form extends CollectionForm = CollectionForm, Members = unknown>
  implements
    NestingType<CollectionRead<Form, Members>, CollectionWrite<Form, Members>>,
    CollectionSlot<Form, Members>
{
  declare readonly '~form'?: Form;
  declare readonly '~members'?: Members;

  readonly inline = false;
  readonly size = 8;
  readonly columnKind = undefined;
  readonly name: string;
  /** Whether values are written for reading in place, as `t.listView` and the like are. */
  readonly isView: boolean;

  readonly #stored: string;
  /** The storage keys of values without and with a typecode; made when first needed, as schemas may be declared later. */
  #bareKey: string | undefined;
  #dynamicKey: string | undefined;
  /** What stands before values of this type where the place does not say. */
  readonly typecode: number;
  /** Collections of one kind are read alike: two typecodes, one for copies and one for views. */
  readonly #typecodes: readonly number[];

  protected constructor(form: Form, stored: string, typecode: number, typecodes: readonly number[]) {
    this.name = form;
    this.isView = form.endsWith('View');
    this.#stored = stored;
    this.typecode = typecode;
    this.#typecodes = typecodes;
  }

  /** What decides how a value is stored: values of types of one key are shared. */
  abstract get storage(): string;

  abstract readIn(
    region: Region,
    position: number,
    depth: number,
    budget: Budget,
  ): CollectionRead<Form, Members>;
  abstract exactIn(region: Region, position: number, depth: number, budget: Budget): Tagged;
  abstract fromExact(tagged: Tagged): CollectionWrite<Form, Members>;
  /** Appends members, typecode and value; `store` has seen to sharing and depth. */
  protected abstract append(packer: Packer, value: unknown, typecode: number): number;
  /** Checks a value that has not been visited. */
  protected abstract verifyIn(region: Region, position: number, depth: number, findings: Findings): void;
  /** This type in a schema of its own: `t.self` among the members becomes that schema. */
  abstract resolve(schema: () => StructSchema): this;

  storedType(): string {
    return this.#stored;
  }

  readsTypecode(code: number): boolean {
    return this.#typecodes.includes(code);
  }

  /** Makes what JavaScript gives for a key what it is stored as. */
  asKey(value: unknown): unknown {
    return value;
  }

  read(region: Region, position: number, depth: number): CollectionRead<Form, Members> {
    return this.readIn(region, position, depth, budgetFor(region));
  }

  readExact(region: Region, position: number, depth: number): Tagged {
    return withBudget(region, (budget) => this.exactIn(region, position, depth, budget));
  }

  write(packer: Packer, value: CollectionWrite<Form, Members>): number {
    return this.store(packer, value, 0);
  }

  store(packer: Packer, value: CollectionWrite<Form, Members>, typecode: number): number {
    const storage = typecode === 0 ? this.#bareStorage : this.#dynamicStorage;
    const before = packer.shared.find(storage, value);
    if (before !== undefined) return before;
    if (packer.depth >= maxDepth) {
      throw new TooLargeError(`collections nest deeper than ${maxDepth}, or hold themselves`);
    }
    packer.depth++;
    const position = this.append(packer, value, typecode);
    packer.depth--;
    packer.shared.add(storage, value, position);
    return position;
  }

  get #bareStorage(): string {
    this.#bareKey ??= this.storage;
    return this.#bareKey;
  }

  get #dynamicStorage(): string {
    this.#dynamicKey ??= `dynamic ${this.storage}`;
    return this.#dynamicKey;
  }

  verify(region: Region, position: number, depth: number, findings: Findings): void {
    if (!findings.firstVisit(visitKeyOf(this.#typecodes), position)) return;
    try {
      requireDepth(region, depth);
      this.verifyIn(region, position, depth, findings);
    } catch (error) {
      reportFinding(error, position, findings);
    }
  }

  optional(): OptionalSlot<this> {
    return new OptionalSlot(this);
  }

  protected unexpected(expected: string, value: unknown): Error {
    const advice = adviceFor(this.name, value);
    return new InvalidTypeError(`expected ${expected} (${this.name}), found ${describe(value)}${advice}`);
  }
}

/** How the other collections of JavaScript become what is expected. */
function adviceFor(name: string, value: unknown): string {
  if (name.startsWith('set')) return Array.isArray(value) ? '; new Set(array) makes one' : '';
  if (name.startsWith('dict')) return Array.isArray(value) ? '; new Map(array) makes one of pairs' : '';
  return value instanceof Set ? '; [...set] makes one' : '';
}

/** Whatever reads the same bytes in the same way is checked once. */
const visitKeys = new Map<string, object>();

function visitKeyOf(typecodes: readonly number[]): object {
  const kind = typecodes.join();
  let key = visitKeys.get(kind);
  if (key === undefined) {
    key = {};
    visitKeys.set(kind, key);
  }
  return key;
}

/** How many items `verify` may still look at: sequences that overlap could hold far more than the file has bytes. */
const allowances = new WeakMap<Findings, { left: number }>();

export function takeAllowance(region: Region, findings: Findings, count: number): void {
  let allowance = allowances.get(findings);
  if (allowance === undefined) {
    allowance = { left: region.size };
    allowances.set(findings, allowance);
  }
  allowance.left -= count;
  if (allowance.left < 0)
    throw new TooLargeError('sequences overlap: they hold more items than the file has bytes');
}

/** Puts the place of a member before the message of an error that packing it threw. */
export function atMember(error: unknown, place: string): unknown {
  if (error instanceof Error && 'code' in error) error.message = `${place}: ${error.message}`;
  return error;
}
