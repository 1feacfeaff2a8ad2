/**
 * What a pickle describes, before anyone says what it means: a graph of plain values, containers, names and calls.
 * Calls are kept as "what would be called with what", so that reading a pickle runs nothing.
 */
import { describe } from '../errors.js';
import type { Float } from '../types/float.js';

interface At {
  /** Where in the pickle the node was made. */
  readonly offset: number;
}

export interface SequenceNode extends At {
  readonly kind: 'list' | 'tuple' | 'set' | 'frozenset';
  readonly items: Node[];
}

export interface DictNode extends At {
  readonly kind: 'dict';
  /** Keys and values by turns. */
  readonly pairs: Node[];
}

export interface GlobalNode extends At {
  readonly kind: 'global';
  readonly module: string;
  readonly name: string;
}

export interface CallNode extends At {
  readonly kind: 'call';
  readonly callee: GlobalNode | CallNode;
  readonly args: readonly Node[];
  /** What `__setstate__` would get; undefined where there is none. */
  state: Node | undefined;
  /** What would be appended, for list-like objects. */
  readonly items: Node[];
  /** Keys and values that would be set, by turns, for dict-like objects. */
  readonly pairs: Node[];
}

export type ContainerNode = SequenceNode | DictNode | GlobalNode | CallNode;

/** A plain number is an integer here; floats are `Float`. */
export type Node = null | boolean | number | bigint | string | Float | Uint8Array | ContainerNode;

export function isContainer(node: Node): node is ContainerNode {
  return typeof node === 'object' && node !== null && 'kind' in node;
}

/** The dotted name of what would be called, or of what is named. */
export function dottedName(node: GlobalNode | CallNode): string {
  let global: GlobalNode | CallNode = node;
  while (global.kind === 'call') global = global.callee;
  return `${global.module}.${global.name}`;
}

/** Whether the node is this name; Python 2's and Python 3's names of the built-in module are the same. */
export function isGlobal(node: Node, module: string, name: string): node is GlobalNode {
  if (!isContainer(node) || node.kind !== 'global' || node.name !== name) return false;
  return node.module === module || (module === '__builtin__' && node.module === 'builtins');
}

/** What a node is, in a message. */
export function describeNode(node: Node): string {
  if (isContainer(node)) {
    if (node.kind === 'global') return `the name ${describe(dottedName(node))}`;
    if (node.kind === 'call') return `a call of ${describe(dottedName(node))}`;
    return `a ${node.kind}`;
  }
  if (node === null) return 'None';
  if (typeof node === 'string') return 'text';
  if (node instanceof Uint8Array) return 'bytes';
  return typeof node === 'object' ? 'a float' : typeof node === 'boolean' ? 'a bool' : 'an integer';
}
