/**
 * Python's tuple: an array that is stored as a tuple where a plain array would be stored as a list. What was read
 * as a tuple is one, so that it can be packed again as what it was; `slice` and `map` of one answer a `Tuple` too.
 */
export class Tuple<T = unknown> extends Array<T> {}

/**
 * Says that these items are stored as a tuple in places that leave the choice: `t.any`, members of collections,
 * user data.
 */
export function tuple<T extends readonly unknown[]>(...items: T): Tuple<T[number]> {
  // not the constructor, which takes a single number for a length
  return Tuple.from(items) as Tuple<T[number]>;
}
