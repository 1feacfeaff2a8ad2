/**
 * User data and proxy bases of a pickled schema as JavaScript values.
 *
 * | Python | JavaScript |
 * |---|---|
 * | None, bool, str | `null`, `boolean`, `string` |
 * | int | `number` where safe, else `bigint` |
 * | float | `number` (a `Float` where integral, when asked for exactness) |
 * | bytes | `Uint8Array` |
 * | list, tuple | `Array`, `Tuple` |
 * | set, frozenset | `Set` |
 * | dict | an object without prototype where all keys are text (so that a key `__proto__` is a key like others), else `Map` |
 * | anything else | `OpaqueGlobal`, `OpaqueCall` |
 *
 * What is one object in Python is one object here, cycles included.
 */
import { TooLargeError } from '../errors.js';
import { Float } from '../types/float.js';
import { Tuple } from '../types/tuple.js';
import { OpaqueCall, OpaqueGlobal } from './opaque.js';
import type { PickleCursor } from './pickle-cursor.js';
import {
  type CallNode,
  type ContainerNode,
  type DictNode,
  type GlobalNode,
  isContainer,
  isGlobal,
  type Node,
  type SequenceNode,
} from './pickle-nodes.js';

/** How deep lists, dicts and nested schemas may be nested. */
export const maxPickleNesting = 256;
/** How many values user data may have, counting shared ones as often as they are seen. */
const maxValues = 1_000_000;
/** A container takes the memory of many plain values, and counts as so many. */
const containerCost = 8;

interface Seen {
  value: unknown;
  /** How many values it holds, itself included. */
  weight: number;
}

/** Makes values of nodes; one for all of a pickle, so that sharing within it is kept. */
export class PickleValues {
  readonly #seen = new Map<ContainerNode, Seen>();
  /** Shared values make a small pickle describe a huge tree; who walks it later must not be surprised. */
  #count = 0;

  constructor(
    readonly input: PickleCursor,
    readonly exactFloats: boolean,
  ) {}

  read(node: Node): unknown {
    return this.#read(node, this.exactFloats, 0);
  }

  #read(node: Node, exact: boolean, depth: number): unknown {
    if (isContainer(node)) return this.#container(node, exact, depth);
    this.#add(1);
    return node instanceof Float && !(exact && Number.isInteger(node.value)) ? node.value : node;
  }

  #add(count: number): void {
    this.#count += count;
    if (this.#count > maxValues) throw new TooLargeError('the user data of the schema holds too many values');
  }

  #container(node: ContainerNode, exact: boolean, depth: number): unknown {
    const seen = this.#seen.get(node);
    if (seen) {
      this.#add(seen.weight);
      return seen.value;
    }
    if (depth > maxPickleNesting) {
      throw new TooLargeError(`the user data of the schema is nested over ${maxPickleNesting} deep`);
    }
    const before = this.#count;
    this.#add(containerCost);
    const made = this.#make(node, exact, depth + 1);
    this.#remember(node, made).weight = this.#count - before;
    return made;
  }

  /** Known by its node before it is filled, since it may be part of itself. */
  #remember(node: ContainerNode, value: unknown): Seen {
    const seen = this.#seen.get(node) ?? { value, weight: 1 };
    this.#seen.set(node, seen);
    return seen;
  }

  #make(node: ContainerNode, exact: boolean, depth: number): unknown {
    switch (node.kind) {
      case 'dict':
        return this.#dict(node, exact, depth);
      case 'global':
        return new OpaqueGlobal(node.module, node.name);
      case 'call':
        return this.#known(node, exact, depth) ?? this.#opaque(node, depth);
      default:
        return this.#sequence(node, node, exact, depth);
    }
  }

  #sequence(source: ContainerNode, node: SequenceNode, exact: boolean, depth: number): unknown {
    if (node.kind === 'list' || node.kind === 'tuple') {
      const array = node.kind === 'tuple' ? new Tuple<unknown>() : [];
      this.#remember(source, array);
      for (const item of node.items) array.push(this.#read(item, exact, depth));
      return array;
    }
    return this.#set(source, node.items, exact, depth);
  }

  #set(source: ContainerNode, items: readonly Node[], exact: boolean, depth: number): Set<unknown> {
    const set = new Set<unknown>();
    this.#remember(source, set);
    for (const item of items) set.add(this.#read(item, exact, depth));
    return set;
  }

  #dict(node: DictNode, exact: boolean, depth: number): unknown {
    const pairs = node.pairs;
    if (pairs.some((key, i) => i % 2 === 0 && typeof key !== 'string')) return this.#map(node, exact, depth);
    const object: Record<string, unknown> = Object.create(null);
    this.#remember(node, object);
    for (let i = 0; i < pairs.length; i += 2) {
      this.#add(1);
      object[pairs[i] as string] = this.#read(pairs[i + 1] as Node, exact, depth);
    }
    return object;
  }

  #map(node: DictNode, exact: boolean, depth: number): Map<unknown, unknown> {
    const map = new Map<unknown, unknown>();
    this.#remember(node, map);
    for (let i = 0; i < node.pairs.length; i += 2) {
      const key = this.#read(node.pairs[i] as Node, exact, depth);
      map.set(key, this.#read(node.pairs[i + 1] as Node, exact, depth));
    }
    return map;
  }

  /** Calls by which Python's pickles of protocol 2 write bytes and sets. */
  #known(node: CallNode, exact: boolean, depth: number): unknown {
    if (node.state !== undefined || node.items.length > 0 || node.pairs.length > 0) return undefined;
    const { callee, args } = node;
    if (isGlobal(callee, '_codecs', 'encode')) return this.#encodedBytes(node);
    if (isGlobal(callee, '__builtin__', 'bytes') && args.length === 0) return new Uint8Array(0);
    const isSet = isGlobal(callee, '__builtin__', 'frozenset') || isGlobal(callee, '__builtin__', 'set');
    const items = args[0];
    if (!isSet || items === undefined || args.length !== 1) return undefined;
    if (!isContainer(items) || (items.kind !== 'list' && items.kind !== 'tuple')) return undefined;
    return this.#set(node, items.items, exact, depth);
  }

  #encodedBytes(node: CallNode): Uint8Array | undefined {
    const [text, encoding] = node.args;
    if (typeof text !== 'string' || (encoding !== 'latin1' && encoding !== 'latin-1')) return undefined;
    if (/[^\0-\xff]/.test(text)) throw this.input.corrupt('holds bytes beyond 255', node.offset);
    // a copy of its own: small Buffers are windows into a pool
    return new Uint8Array(Buffer.from(text, 'latin1'));
  }

  /** Floats stay floats in here: what the object makes of them is not known. */
  #opaque(node: CallNode, depth: number): OpaqueCall {
    const args: unknown[] = [];
    const call = new OpaqueCall(this.#callee(node.callee, depth), args);
    this.#remember(node, call);
    for (const arg of node.args) args.push(this.#read(arg, true, depth));
    for (const item of node.items) call.items.push(this.#read(item, true, depth));
    for (let i = 0; i < node.pairs.length; i += 2) {
      const key = this.#read(node.pairs[i] as Node, true, depth);
      call.entries.push([key, this.#read(node.pairs[i + 1] as Node, true, depth)]);
    }
    if (node.state !== undefined) call.state = this.#read(node.state, true, depth);
    return call;
  }

  #callee(node: GlobalNode | CallNode, depth: number): OpaqueGlobal | OpaqueCall {
    const callee = this.#read(node, true, depth);
    if (callee instanceof OpaqueGlobal || callee instanceof OpaqueCall) return callee;
    throw this.input.corrupt('calls a value as if it were a function', node.offset);
  }
}
