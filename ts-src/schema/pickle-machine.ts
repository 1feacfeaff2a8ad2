/**
 * Runs the opcodes of a pickle, which is to say: builds the graph that they describe. It knows no classes and calls
 * nothing; what the graph means is for `pickle-reader.ts` to say.
 *
 * An opcode takes at least one byte and pushes or remembers at most one value, so the stack, the memo and the graph
 * are bounded by the size of the pickle.
 */
import { UnsupportedError } from '../errors.js';
import type { PickleCursor } from './pickle-cursor.js';
import {
  type CallNode,
  describeNode,
  type GlobalNode,
  isContainer,
  type Node,
  type SequenceNode,
} from './pickle-nodes.js';
import { describeOpcode, op } from './pickle-opcodes.js';

const newestProtocol = 5;

class Machine {
  readonly stack: Node[] = [];
  /** Heights of the stack at the open marks: nothing below the last one can be reached. */
  readonly marks: number[] = [];
  readonly memo = new Map<number, Node>();
  /** Where the opcode at work stands. */
  start = 0;

  constructor(readonly input: PickleCursor) {}

  corrupt(what: string): Error {
    return this.input.corrupt(what, this.start);
  }

  push(node: Node): void {
    this.stack.push(node);
  }

  pop(): Node {
    const floor = this.marks.at(-1) ?? 0;
    if (this.stack.length <= floor) throw this.corrupt('takes a value where there is none');
    return this.stack.pop() as Node;
  }

  top(): Node {
    const node = this.pop();
    this.stack.push(node);
    return node;
  }

  /** Everything since the last mark, which is removed. */
  popMark(): Node[] {
    const mark = this.marks.pop();
    if (mark === undefined) throw this.corrupt('closes a mark that was not set');
    return this.stack.splice(mark);
  }

  popPairs(): Node[] {
    const pairs = this.popMark();
    if (pairs.length % 2 !== 0) throw this.corrupt('has a dict key without a value');
    return pairs;
  }

  sequence(kind: SequenceNode['kind'], items: Node[]): void {
    this.push({ kind, items, offset: this.start });
  }

  remember(index: number): void {
    this.memo.set(index, this.top());
  }

  recall(index: number): void {
    const node = this.memo.get(index);
    if (node === undefined) throw this.corrupt(`refers to the value ${index}, which it has not stored`);
    this.push(node);
  }
}

function pop(m: Machine): void {
  if (m.marks.at(-1) === m.stack.length) m.marks.pop();
  else m.pop();
}

function pushTuple(m: Machine, size: number): void {
  const items: Node[] = [];
  for (let i = 0; i < size; i++) items.unshift(m.pop());
  m.sequence('tuple', items);
}

function pushDict(m: Machine, pairs: Node[]): void {
  m.push({ kind: 'dict', pairs, offset: m.start });
}

function pushGlobal(m: Machine, module: Node, name: Node): void {
  if (typeof module !== 'string' || typeof name !== 'string') throw m.corrupt('names something not by text');
  m.push({ kind: 'global', module, name, offset: m.start });
}

function globalLine(m: Machine): void {
  const module = m.input.line();
  pushGlobal(m, module, m.input.line());
}

function stackGlobal(m: Machine): void {
  const name = m.pop();
  pushGlobal(m, m.pop(), name);
}

function callable(m: Machine, node: Node): GlobalNode | CallNode {
  if (isContainer(node) && (node.kind === 'global' || node.kind === 'call')) return node;
  throw m.corrupt(`calls ${describeNode(node)}`);
}

function popArguments(m: Machine): readonly Node[] {
  const args = m.pop();
  if (isContainer(args) && args.kind === 'tuple') return args.items;
  throw m.corrupt(`calls something with ${describeNode(args)} for arguments`);
}

function pushCall(m: Machine, callee: GlobalNode | CallNode, args: readonly Node[]): void {
  m.push({ kind: 'call', callee, args, state: undefined, items: [], pairs: [], offset: m.start });
}

function reduce(m: Machine): void {
  const args = popArguments(m);
  pushCall(m, callable(m, m.pop()), args);
}

/** `cls.__new__(cls, *args)` is what `copyreg.__newobj__(cls, *args)` does, and that has a form in every protocol. */
function newObject(m: Machine): void {
  const args = popArguments(m);
  const cls = callable(m, m.pop());
  pushCall(m, { kind: 'global', module: 'copy_reg', name: '__newobj__', offset: m.start }, [cls, ...args]);
}

function build(m: Machine): void {
  const state = m.pop();
  const target = m.top();
  if (!isContainer(target) || target.kind !== 'call')
    throw m.corrupt(`sets the state of ${describeNode(target)}`);
  target.state = state;
}

function addItems(m: Machine, items: readonly Node[]): void {
  const target = m.top();
  if (!isContainer(target) || (target.kind !== 'list' && target.kind !== 'set' && target.kind !== 'call')) {
    throw m.corrupt(`adds items to ${describeNode(target)}`);
  }
  for (const item of items) target.items.push(item);
}

function addPairs(m: Machine, pairs: readonly Node[]): void {
  const target: Node = m.top();
  if (!isContainer(target) || (target.kind !== 'dict' && target.kind !== 'call')) {
    throw m.corrupt(`sets items of ${describeNode(target)}`);
  }
  for (const node of pairs) target.pairs.push(node);
}

function setItem(m: Machine): void {
  const value = m.pop();
  const key = m.pop();
  addPairs(m, [key, value]);
}

function protocol(m: Machine): void {
  const version = m.input.u8();
  if (version > newestProtocol)
    throw new UnsupportedError(`the stored schema is a pickle of protocol ${version}`);
}

type Step = (m: Machine) => void;

const steps: ReadonlyMap<number, Step> = new Map<number, Step>([
  [op.PROTO, protocol],
  [op.FRAME, (m) => void m.input.skip(8)],

  [op.MARK, (m) => void m.marks.push(m.stack.length)],
  [op.POP, pop],
  [op.POP_MARK, (m) => void m.popMark()],
  [op.DUP, (m) => m.push(m.top())],

  [op.PUT, (m) => m.remember(m.input.decimalIndex())],
  [op.BINPUT, (m) => m.remember(m.input.u8())],
  [op.LONG_BINPUT, (m) => m.remember(m.input.u32())],
  [op.MEMOIZE, (m) => m.remember(m.memo.size)],
  [op.GET, (m) => m.recall(m.input.decimalIndex())],
  [op.BINGET, (m) => m.recall(m.input.u8())],
  [op.LONG_BINGET, (m) => m.recall(m.input.u32())],

  [op.NONE, (m) => m.push(null)],
  [op.NEWTRUE, (m) => m.push(true)],
  [op.NEWFALSE, (m) => m.push(false)],
  [op.INT, (m) => m.push(m.input.decimalInteger())],
  [op.LONG, (m) => m.push(m.input.decimalInteger())],
  [op.BININT, (m) => m.push(m.input.i32())],
  [op.BININT1, (m) => m.push(m.input.u8())],
  [op.BININT2, (m) => m.push(m.input.u16())],
  [op.LONG1, (m) => m.push(m.input.integer(m.input.u8()))],
  [op.LONG4, (m) => m.push(m.input.integer(m.input.u32()))],
  [op.FLOAT, (m) => m.push(m.input.decimalFloat())],
  [op.BINFLOAT, (m) => m.push(m.input.f64())],

  [op.UNICODE, (m) => m.push(m.input.escapedLine())],
  [op.BINUNICODE, (m) => m.push(m.input.text(m.input.u32()))],
  [op.SHORT_BINUNICODE, (m) => m.push(m.input.text(m.input.u8()))],
  [op.BINUNICODE8, (m) => m.push(m.input.text(m.input.u64()))],
  [op.BINSTRING, (m) => m.push(m.input.oldString(m.input.u32()))],
  [op.SHORT_BINSTRING, (m) => m.push(m.input.oldString(m.input.u8()))],
  [op.BINBYTES, (m) => m.push(m.input.take(m.input.u32()).slice())],
  [op.SHORT_BINBYTES, (m) => m.push(m.input.take(m.input.u8()).slice())],
  [op.BINBYTES8, (m) => m.push(m.input.take(m.input.u64()).slice())],

  [op.EMPTY_LIST, (m) => m.sequence('list', [])],
  [op.EMPTY_SET, (m) => m.sequence('set', [])],
  [op.EMPTY_TUPLE, (m) => m.sequence('tuple', [])],
  [op.EMPTY_DICT, (m) => pushDict(m, [])],
  [op.LIST, (m) => m.sequence('list', m.popMark())],
  [op.FROZENSET, (m) => m.sequence('frozenset', m.popMark())],
  [op.TUPLE, (m) => m.sequence('tuple', m.popMark())],
  [op.TUPLE1, (m) => pushTuple(m, 1)],
  [op.TUPLE2, (m) => pushTuple(m, 2)],
  [op.TUPLE3, (m) => pushTuple(m, 3)],
  [op.DICT, (m) => pushDict(m, m.popPairs())],
  [op.APPEND, (m) => addItems(m, [m.pop()])],
  [op.APPENDS, (m) => addItems(m, m.popMark())],
  [op.ADDITEMS, (m) => addItems(m, m.popMark())],
  [op.SETITEM, setItem],
  [op.SETITEMS, (m) => addPairs(m, m.popPairs())],

  [op.GLOBAL, globalLine],
  [op.STACK_GLOBAL, stackGlobal],
  [op.REDUCE, reduce],
  [op.NEWOBJ, newObject],
  [op.BUILD, build],
]);

/** The value that a pickle describes; whatever follows its end is ignored, as Python does. */
export function runPickle(input: PickleCursor): Node {
  const machine = new Machine(input);
  for (;;) {
    machine.start = input.position;
    const code = input.u8();
    if (code === op.STOP) return machine.pop();
    const step = steps.get(code);
    if (!step) {
      const where = input.base + machine.start;
      throw new UnsupportedError(
        `the stored schema is a pickle with the opcode ${describeOpcode(code)}, which no schema needs (at offset ${where})`,
      );
    }
    step(machine);
  }
}
