/** Lists and tuples, as copies and as views. All four are stored alike; only what reads them differs. */
import type { Packer } from '../building/packer.js';
import { InvalidTypeError } from '../errors.js';
import type { Tagged } from '../exact/tagged.js';
import { isSequenceView, ListView, TupleView } from '../proxies/views/list-view.js';
import type { Region } from '../region.js';
import { itemsOf, listOf } from './any-exact.js';
import { type Budget, requireDepth } from './budget.js';
import { CollectionType } from './collection.js';
import { isListLike, isTupleLike } from './equality.js';
import type { CollectionRead, CollectionWrite } from './member-types.js';
import { type Member, memberOf } from './members.js';
import { registerRtti } from './rtti.js';
import { codeOfTypedArray, sequenceAt, type TypedArray } from './sequence-format.js';
import { exactItems, readItems, verifySequence } from './sequence-reading.js';
import { appendSequence, appendTyped, type Places } from './sequence-writing.js';
import type { Findings } from './slot-type.js';
import type { StructSchema } from './struct.js';
import { Tuple } from './tuple.js';
import { rtti } from './typecodes.js';

type ListForm = 'list' | 'listView';
type TupleForm = 'tuple' | 'tupleView';

const typecodes = [rtti.list, rtti.tuple, rtti.listView, rtti.tupleView];
const stored = {
  list: ['mapped_list', rtti.list],
  tuple: ['mapped_tuple', rtti.tuple],
  listView: ['proxied_list', rtti.listView],
  tupleView: ['proxied_tuple', rtti.tupleView],
} as const;

/** Lists: any number of items of one type. */
export class ListType<M = unknown, Form extends ListForm = 'list'>
  extends CollectionType<Form, M>
  implements Places
{
  readonly uniform: Member;
  readonly #form: Form;

  constructor(form: Form, member: Member) {
    super(form, stored[form][0], stored[form][1], typecodes);
    this.#form = form;
    this.uniform = member;
  }

  get storage(): string {
    return `${this.name}(${this.uniform.storage})`;
  }

  at(): Member {
    return this.uniform;
  }

  readIn(region: Region, position: number, depth: number, budget: Budget): CollectionRead<Form, M> {
    requireDepth(region, depth);
    const sequence = sequenceAt(region, position);
    if (this.isView) return new ListView(region, sequence, this) as CollectionRead<Form, M>;
    budget.take(sequence.length);
    const items: unknown[] = [];
    readItems(region, sequence, this, depth, budget, items);
    return items as unknown as CollectionRead<Form, M>;
  }

  exactIn(region: Region, position: number, depth: number, budget: Budget): Tagged {
    requireDepth(region, depth);
    return exactItems(region, sequenceAt(region, position), depth, budget);
  }

  fromExact(tagged: Tagged): CollectionWrite<Form, M> {
    return listOf(tagged).map((item) => this.uniform.fromExact(item)) as unknown as CollectionWrite<Form, M>;
  }

  resolve(schema: () => StructSchema): this {
    const member = this.uniform.resolve(schema);
    return member === this.uniform ? this : (new ListType(this.#form, member) as this);
  }

  protected append(packer: Packer, value: unknown, typecode: number): number {
    if (Array.isArray(value)) return appendSequence(packer, value, this, typecode, this.isView);
    if (codeOfTypedArray(value) !== undefined) {
      return appendTyped(packer, typecode, value as TypedArray, this.uniform);
    }
    if (!isSequenceView(value)) throw this.unexpected('an array', value);
    return appendSequence(packer, value.toArray(), this, typecode, this.isView);
  }

  protected verifyIn(region: Region, position: number, depth: number, findings: Findings): void {
    verifySequence(region, position, depth, findings);
  }
}

/** Tuples: a type for each place, or any number of items of any type. */
export class TupleType<M = unknown, Form extends TupleForm = 'tuple'>
  extends CollectionType<Form, M>
  implements Places
{
  readonly uniform: Member | undefined;
  readonly #form: Form;
  readonly #members: readonly Member[];

  constructor(form: Form, members: readonly Member[]) {
    super(form, stored[form][0], stored[form][1], typecodes);
    this.#form = form;
    this.#members = members;
    const first = members[0] ?? memberOf(undefined);
    const areAlike = members.every(
      (member) => member.kind === first.kind && member.storage === first.storage,
    );
    this.uniform = areAlike ? first : undefined;
  }

  get storage(): string {
    return `${this.name}(${this.#members.map((member) => member.storage).join()})`;
  }

  at(index: number): Member {
    return this.#members[index] ?? memberOf(undefined);
  }

  readIn(region: Region, position: number, depth: number, budget: Budget): CollectionRead<Form, M> {
    requireDepth(region, depth);
    const sequence = sequenceAt(region, position);
    if (this.isView) return new TupleView(region, sequence, this) as CollectionRead<Form, M>;
    budget.take(sequence.length);
    const items = new Tuple();
    readItems(region, sequence, this, depth, budget, items);
    return items as unknown as CollectionRead<Form, M>;
  }

  exactIn(region: Region, position: number, depth: number, budget: Budget): Tagged {
    requireDepth(region, depth);
    return { $tuple: exactItems(region, sequenceAt(region, position), depth, budget) };
  }

  fromExact(tagged: Tagged): CollectionWrite<Form, M> {
    const items = itemsOf(tagged, '$tuple').map((item, index) => this.at(index).fromExact(item));
    return Tuple.from(items) as unknown as CollectionWrite<Form, M>;
  }

  override asKey(value: unknown): unknown {
    if (!Array.isArray(value)) return value;
    return Tuple.from(value, (item, index) => this.at(index).asKey(item));
  }

  resolve(schema: () => StructSchema): this {
    const members = this.#members.map((member) => member.resolve(schema));
    const isSame = members.every((member, index) => member === this.#members[index]);
    return isSame ? this : (new TupleType(this.#form, members) as this);
  }

  protected append(packer: Packer, value: unknown, typecode: number): number {
    const { uniform } = this;
    if (codeOfTypedArray(value) !== undefined && uniform !== undefined) {
      this.#checkLength((value as TypedArray).length);
      return appendTyped(packer, typecode, value as TypedArray, uniform);
    }
    const items = this.#items(value);
    this.#checkLength(items.length);
    return appendSequence(packer, items, this, typecode, this.isView);
  }

  #items(value: unknown): readonly unknown[] {
    if (Array.isArray(value)) return value;
    if (isSequenceView(value)) return value.toArray();
    throw this.unexpected('an array or a tuple', value);
  }

  #checkLength(length: number): void {
    const count = this.#members.length;
    if (count === 0 || count === length) return;
    throw new InvalidTypeError(`expected ${count} items (${this.name}), found ${length}`);
  }

  protected verifyIn(region: Region, position: number, depth: number, findings: Findings): void {
    verifySequence(region, position, depth, findings);
  }
}

/** A list, read as an array of its own. Without a type, its items are whatever they are stored as. */
export function list<const M extends object | undefined = undefined>(member?: M): ListType<M> {
  return new ListType('list', memberOf(member));
}

/** A tuple, read as an array of its own: with a type for each place, or of any length with items of any type. */
export function tuple<const M extends readonly object[]>(...members: M): TupleType<M> {
  return new TupleType('tuple', members.map(memberOf));
}

/** A list that is read in place: `length`, `at`, iteration, `slice`, … decode only what they are asked for. */
export function listView<const M extends object | undefined = undefined>(
  member?: M,
): ListType<M, 'listView'> {
  return new ListType('listView', memberOf(member));
}

/** A tuple that is read in place. */
export function tupleView<const M extends readonly object[]>(...members: M): TupleType<M, 'tupleView'> {
  return new TupleType('tupleView', members.map(memberOf));
}

registerRtti({ code: 't', type: tuple(), accepts: (value) => value instanceof Tuple });
registerRtti({ code: 'e', type: list(), accepts: Array.isArray });
registerRtti({ code: 'W', type: tupleView(), accepts: isTupleLike });
registerRtti({ code: 'E', type: listView(), accepts: isListLike });
