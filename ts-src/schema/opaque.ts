/**
 * What Python objects of unknown classes become in `bases` and `user_data`: a description of how Python would make
 * them, complete enough to be written again as it was. Nothing in here is ever called.
 */
import { OpaqueValue } from './stored.js';

/** A class or function, named and not called. */
export class OpaqueGlobal extends OpaqueValue {
  constructor(
    readonly module: string,
    readonly qualifiedName: string,
  ) {
    super(`${module}.${qualifiedName}`);
  }
}

/** What Python makes by calling something, and fills with items, entries and a state. */
export class OpaqueCall extends OpaqueValue {
  /** Set after construction, since a state may refer back to its object. */
  declare state: unknown;
  /** What Python appends, for list-like objects. */
  readonly items: unknown[] = [];
  /** What Python sets by key, for dict-like objects. */
  readonly entries: [key: unknown, value: unknown][] = [];

  constructor(
    readonly callee: OpaqueGlobal | OpaqueCall,
    args: readonly unknown[],
  ) {
    super(callee.global, args);
  }
}
