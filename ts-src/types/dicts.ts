/** Dicts, as copies and as views. */
import type { Packer } from '../building/packer.js';
import { taggedDict } from '../exact/canonical.js';
import type { Tagged } from '../exact/tagged.js';
import { DictView } from '../proxies/views/dict-view.js';
import type { Region } from '../region.js';
import { pairsOf } from './any-exact.js';
import { type Budget, budgetOfCheck, requireDepth } from './budget.js';
import { CollectionType, takeAllowance } from './collection.js';
import { appendDict, dictAt, keyAt, keyPositionAt, valueIndexAt, verifyRows } from './dict-format.js';
import { isDictLike } from './equality.js';
import type { CollectionRead, CollectionWrite } from './member-types.js';
import { anyMember, type Member, memberOf } from './members.js';
import { exactRtti, isPlainObject, registerRtti, verifyRtti } from './rtti.js';
import { noneItem } from './sequence-format.js';
import { exactItems, itemAt, verifySequence } from './sequence-reading.js';
import type { Places } from './sequence-writing.js';
import type { Findings } from './slot-type.js';
import type { StructSchema } from './struct.js';
import { rtti } from './typecodes.js';

type DictForm = 'dict' | 'dictView';

const typecodes = [rtti.dict, rtti.dictView];
const stored = {
  dict: ['mapped_dict', rtti.dict],
  dictView: ['proxied_dict', rtti.dictView],
} as const;

/** Dicts from keys of one type to values of one type. Keys that equal each other, as 1 and true do, are one key. */
export class DictType<M = unknown, Form extends DictForm = 'dict'> extends CollectionType<Form, M> {
  readonly keys: Member;
  /** The type of the values, all of which lie in one sequence. */
  readonly values: Places & { readonly uniform: Member };
  readonly #form: Form;

  constructor(form: Form, keys: Member, values: Member) {
    super(form, stored[form][0], stored[form][1], typecodes);
    this.#form = form;
    this.keys = keys;
    this.values = { uniform: values, at: () => values };
  }

  get storage(): string {
    return `${this.name}(${this.keys.storage},${this.values.uniform.storage})`;
  }

  readIn(region: Region, position: number, depth: number, budget: Budget): CollectionRead<Form, M> {
    requireDepth(region, depth);
    const dict = dictAt(region, position);
    if (this.isView) return new DictView(region, dict, this.keys, this.values) as CollectionRead<Form, M>;
    budget.take(dict.table.rowCount * 2);
    const entries = new Map<unknown, unknown>();
    for (let row = 0; row < dict.table.rowCount; row++) {
      const key = keyAt(region, dict.table, row, this.keys, depth, budget);
      const index = valueIndexAt(region, dict, row);
      entries.set(key, itemAt(region, dict.values, index, this.values, depth, budget));
    }
    return entries as unknown as CollectionRead<Form, M>;
  }

  exactIn(region: Region, position: number, depth: number, budget: Budget): Tagged {
    requireDepth(region, depth);
    const dict = dictAt(region, position);
    budget.take(dict.table.rowCount);
    const values = exactItems(region, dict.values, depth, budget);
    const entries: [Tagged, Tagged][] = [];
    for (let row = 0; row < dict.table.rowCount; row++) {
      const target = keyPositionAt(region, dict.table, row);
      const key = target === noneItem ? null : exactRtti(region, target, depth + 1, budget);
      entries.push([key, values[valueIndexAt(region, dict, row)] as Tagged]);
    }
    return taggedDict(entries);
  }

  fromExact(tagged: Tagged): CollectionWrite<Form, M> {
    const entries = pairsOf(tagged).map(
      ([key, value]) => [this.keys.fromExact(key), this.values.uniform.fromExact(value)] as const,
    );
    return new Map(entries) as unknown as CollectionWrite<Form, M>;
  }

  resolve(schema: () => StructSchema): this {
    const keys = this.keys.resolve(schema);
    const values = this.values.uniform.resolve(schema);
    const isSame = keys === this.keys && values === this.values.uniform;
    return isSame ? this : (new DictType(this.#form, keys, values) as this);
  }

  protected append(packer: Packer, value: unknown, typecode: number): number {
    const [keys, values] = this.#parts(value);
    return appendDict(packer, typecode, keys, values, this.keys, this.values.uniform);
  }

  #parts(value: unknown): [keys: unknown[], values: unknown[]] {
    if (typeof value === 'object' && value !== null) {
      if (isDictLike(value)) return [[...value.keys()], [...value.values()]];
      if (isPlainObject(value)) return [Object.keys(value), Object.values(value)];
    }
    throw this.unexpected('a Map or a plain object', value);
  }

  protected verifyIn(region: Region, position: number, depth: number, findings: Findings): void {
    const dict = dictAt(region, position);
    const { table } = dict;
    takeAllowance(region, findings, table.rowCount);
    verifySequence(region, dict.values.position, depth, findings);
    for (let row = 0; row < table.rowCount; row++) {
      valueIndexAt(region, dict, row);
      const target = keyPositionAt(region, table, row);
      if (target !== noneItem) verifyRtti(region, target, depth + 1, findings);
    }
    const budget = budgetOfCheck(region, findings);
    verifyRows(region, table, (row) => keyAt(region, table, row, anyMember, depth, budget));
  }
}

/** A dict, read as a `Map` of its own. */
export function dict<
  const K extends object | undefined = undefined,
  const V extends object | undefined = undefined,
>(keys?: K, values?: V): DictType<readonly [K, V]> {
  return new DictType('dict', memberOf(keys), memberOf(values));
}

/** A dict that is read in place: `get` searches, and compares keys by value. */
export function dictView<
  const K extends object | undefined = undefined,
  const V extends object | undefined = undefined,
>(keys?: K, values?: V): DictType<readonly [K, V], 'dictView'> {
  return new DictType('dictView', memberOf(keys), memberOf(values));
}

registerRtti({ code: 'm', type: dict(), accepts: (value) => value instanceof Map || isPlainObject(value) });
registerRtti({ code: 'M', type: dictView(), accepts: isDictLike });
