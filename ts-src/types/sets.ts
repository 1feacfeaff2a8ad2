/** Sets, as copies and as views. */
import type { Packer } from '../building/packer.js';
import { CorruptDataError } from '../errors.js';
import { taggedSet } from '../exact/canonical.js';
import type { Tagged } from '../exact/tagged.js';
import { SetView } from '../proxies/views/set-view.js';
import type { Region } from '../region.js';
import { itemsOf } from './any-exact.js';
import { type Budget, budgetOfCheck, requireDepth } from './budget.js';
import { CollectionType, takeAllowance } from './collection.js';
import { isSetLike } from './equality.js';
import type { CollectionRead, CollectionWrite } from './member-types.js';
import { anyMember, type Member, memberOf } from './members.js';
import { registerRtti } from './rtti.js';
import { codeOfTypedArray, isPointerCode, type StoredSequence, type TypedArray } from './sequence-format.js';
import { exactItems, itemAt, readItems, verifySequence } from './sequence-reading.js';
import type { Places } from './sequence-writing.js';
import {
  appendSet,
  appendTypedSet,
  bitmapMembers,
  requireAscending,
  setAt,
  storedHash,
} from './set-format.js';
import type { Findings } from './slot-type.js';
import { hasUnreliableHash } from './stable-hash.js';
import type { StructSchema } from './struct.js';
import { rtti } from './typecodes.js';

type SetForm = 'set' | 'setView';

const typecodes = [rtti.set, rtti.setView];
const stored = {
  set: ['mapped_frozenset', rtti.set],
  setView: ['proxied_frozenset', rtti.setView],
} as const;

/** Sets of members of one type. Members that equal each other, as 1 and true do, cannot be in one set. */
export class SetType<M = unknown, Form extends SetForm = 'set'>
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
    const found = setAt(region, position);
    if (this.isView) return new SetView(region, found, this) as CollectionRead<Form, M>;
    let members: unknown[] = [];
    if (found.bitmap !== undefined) {
      budget.take(found.bitmap.count);
      members = bitmapMembers(found.bitmap);
      if (this.uniform.mode === 'bigint') members = members.map((member) => BigInt(member as number));
    } else {
      budget.take(found.sequence.length);
      readItems(region, found.sequence, this, depth, budget, members);
    }
    return new Set(members) as unknown as CollectionRead<Form, M>;
  }

  exactIn(region: Region, position: number, depth: number, budget: Budget): Tagged {
    requireDepth(region, depth);
    const { bitmap, sequence } = setAt(region, position);
    if (bitmap === undefined) return taggedSet(exactItems(region, sequence, depth, budget));
    budget.take(bitmap.count);
    return taggedSet(bitmapMembers(bitmap));
  }

  fromExact(tagged: Tagged): CollectionWrite<Form, M> {
    const members = itemsOf(tagged, '$set').map((item) => this.uniform.fromExact(item));
    return new Set(members) as unknown as CollectionWrite<Form, M>;
  }

  resolve(schema: () => StructSchema): this {
    const member = this.uniform.resolve(schema);
    return member === this.uniform ? this : (new SetType(this.#form, member) as this);
  }

  protected append(packer: Packer, value: unknown, typecode: number): number {
    if (codeOfTypedArray(value) !== undefined) {
      return appendTypedSet(packer, typecode, value as TypedArray, this.uniform);
    }
    if (typeof value !== 'object' || value === null || !isSetLike(value))
      throw this.unexpected('a Set', value);
    return appendSet(packer, typecode, [...value], this, this.isView);
  }

  protected verifyIn(region: Region, position: number, depth: number, findings: Findings): void {
    const { sequence } = setAt(region, position);
    if (sequence === undefined) return;
    if (isPointerCode(sequence.code)) {
      verifySequence(region, position, depth, findings);
      this.#verifyHashes(region, sequence, depth, budgetOfCheck(region, findings));
    } else {
      takeAllowance(region, findings, sequence.length);
      const numbers: (number | bigint)[] = [];
      readItems(region, sequence, untyped, depth, budgetOfCheck(region, findings), numbers);
      requireAscending(numbers, position);
    }
  }

  #verifyHashes(region: Region, sequence: StoredSequence, depth: number, budget: Budget): void {
    let before = 0n;
    for (let index = 0; index < sequence.length; index++) {
      const member = itemAt(region, sequence, index, untyped, depth, budget);
      if (hasUnreliableHash(member)) continue;
      const hash = storedHash(member, sequence.position);
      if (hash < before) {
        throw new CorruptDataError(
          `the members of a set are out of order from number ${index} on`,
          sequence.position,
        );
      }
      before = hash;
    }
  }
}

const untyped: Places = { uniform: anyMember, at: () => anyMember };

/** A set, read as a `Set` of its own. */
export function set<const M extends object | undefined = undefined>(member?: M): SetType<M> {
  return new SetType('set', memberOf(member));
}

/** A set that is read in place: `has` searches, and compares by value. */
export function setView<const M extends object | undefined = undefined>(member?: M): SetType<M, 'setView'> {
  return new SetType('setView', memberOf(member));
}

registerRtti({ code: 'Z', type: set(), accepts: (value) => value instanceof Set });
registerRtti({ code: 'z', type: setView(), accepts: isSetLike });
