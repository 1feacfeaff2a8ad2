/** Values as the page shows them: a line of text each, and what is within them piece by piece. */
import { SharedBuffersError } from '../../errors.js';
import { schemaOf } from '../../proxies/operations.js';
import { RecordProxy } from '../../proxies/record.js';
import { isDictLike, isListLike, isSetLike, isTupleLike } from '../../types/equality.js';
import { NdArray } from '../../types/nd-array.js';
import { messageOf } from '../failures.js';

export interface Preview {
  /** Of the slot where it is in one, else of the value. */
  readonly type: string;
  /** On one line, shortened. */
  readonly text: string;
  /** Whether there is no value, which is not None. */
  readonly isMissing?: true;
  readonly error?: string;
  /** How many members it has; leaves have none. */
  readonly count?: number;
  /** The members that were asked for, from `from` on. */
  readonly members?: readonly { readonly label: string; readonly value: Preview }[];
  readonly from?: number;
}

/** Which members come along. */
export interface PreviewOptions {
  /** How many levels of members. */
  readonly levels: number;
  readonly from?: number;
  /** How many members of a value. */
  readonly width: number;
  /** Longest text of a leaf. */
  readonly length: number;
}

interface Member {
  readonly label: string;
  readonly type?: string;
  /** May throw what is wrong with the file. */
  read(): unknown;
}

interface Members {
  readonly count: number;
  at(index: number): Member;
}

const summaryMembers = 4;
const summaryLength = 80;

/** @param read gives the value; what it throws of the file's being wrong is shown in the place of the value */
export function preview(read: () => unknown, options: PreviewOptions, type?: string): Preview {
  try {
    const value = read();
    const members = membersOf(value);
    const typed = type ?? typeName(value);
    if (members === undefined) {
      const text = leafText(value, options.length);
      return { type: typed, text, ...(value === undefined && { isMissing: true }) };
    }
    const head = { type: typed, text: summary(value as object, members), count: members.count };
    if (options.levels === 0) return head;
    const from = options.from ?? 0;
    return { ...head, from, members: listed(members, from, options) };
  } catch (error) {
    if (error instanceof SharedBuffersError)
      return { type: type ?? 'error', text: '', error: messageOf(error) };
    throw error;
  }
}

function listed(members: Members, from: number, options: PreviewOptions): NonNullable<Preview['members']> {
  const inner = { ...options, levels: options.levels - 1, from: 0 };
  const end = Math.min(members.count, from + options.width);
  const list = [];
  for (let index = from; index < end; index++) {
    const { label, type, read } = members.at(index);
    list.push({ label, value: preview(read, inner, type) });
  }
  return list;
}

/**
 * What a path of member numbers leads to.
 * @throws RangeError where it leads nowhere
 */
export function memberAt(value: unknown, path: readonly number[]): unknown {
  let found = value;
  for (const index of path) {
    const members = membersOf(found);
    if (members === undefined || index >= members.count) throw new RangeError('there is no such member');
    found = members.at(index).read();
  }
  return found;
}

/** `undefined` where a value is one piece. */
function membersOf(value: unknown): Members | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  if (RecordProxy.is(value)) return recordMembers(value);
  if (value instanceof Uint8Array || value instanceof NdArray) return undefined;
  if (isTupleLike(value) || isListLike(value) || ArrayBuffer.isView(value)) {
    const list = value as unknown as { readonly length: number; at(index: number): unknown };
    return { count: list.length, at: (index) => ({ label: String(index), read: () => list.at(index) }) };
  }
  if (isSetLike(value)) {
    const items = [...(value as Iterable<unknown>)];
    return { count: items.length, at: (index) => ({ label: String(index), read: () => items[index] }) };
  }
  if (!isDictLike(value)) return undefined;
  const pairs = [...value];
  return {
    count: pairs.length,
    at(index) {
      const [key, member] = pairs[index] as [unknown, unknown];
      return { label: inline(key), read: () => member };
    },
  };
}

function recordMembers(record: RecordProxy): Members {
  const { slots } = schemaOf(record);
  const values = record as unknown as Record<string, unknown>;
  return {
    count: slots.length,
    at(index) {
      const { name, type } = slots[index] as (typeof slots)[number];
      return { label: name, type: type.name, read: () => values[name] };
    },
  };
}

function typeName(value: unknown): string {
  if (value === null) return 'null';
  if (typeof value !== 'object') return typeof value === 'string' ? 'text' : typeof value;
  if (RecordProxy.is(value)) return schemaOf(value).name;
  return Object.getPrototypeOf(value)?.constructor?.name ?? 'object';
}

function leafText(value: unknown, length: number): string {
  if (typeof value === 'string') return shortened(value, length);
  if (value === undefined) return '';
  if (typeof value !== 'object' || value === null) return Object.is(value, -0) ? '-0' : String(value);
  if (value instanceof Uint8Array) return bytesText(value, length);
  if (value instanceof NdArray) return arrayText(value, length);
  // DateTime, PlainDate, Decimal.
  const json: unknown = JSON.parse(JSON.stringify(value) ?? 'null');
  return shortened(typeof json === 'string' ? json : JSON.stringify(json), length);
}

function bytesText(bytes: Uint8Array, length: number): string {
  const shown = bytes.subarray(0, Math.ceil(length / 3));
  const hex = Array.from(shown, (byte) => byte.toString(16).padStart(2, '0')).join(' ');
  const more = shown.length < bytes.length ? ' …' : '';
  return `${bytes.length} bytes${bytes.length === 0 ? '' : `: ${hex}${more}`}`;
}

function arrayText(array: NdArray, length: number): string {
  const { dtype, shape } = array;
  const items: string[] = [];
  for (const item of array.values()) {
    if (items.length * 2 > length) break;
    items.push(inline(item));
  }
  const name = typeof dtype === 'string' ? dtype : 'structured';
  return shortened(`${name} [${shape.join(', ')}]: ${items.join(', ')}`, length);
}

function shortened(text: string, length: number): string {
  return text.length <= length ? text : `${text.slice(0, length)}… (${text.length} characters)`;
}

/** A value within a line of others. */
function inline(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value.length > 40 ? `${value.slice(0, 40)}…` : value);
  const members = membersOf(value);
  if (members === undefined) return leafText(value, 40);
  return brackets(value as object, members.count === 0 ? '' : '…');
}

function brackets(value: object, inner: string): string {
  const isList = isTupleLike(value) || isListLike(value) || ArrayBuffer.isView(value);
  return isList ? `[${inner}]` : `{${inner}}`;
}

/** The first members on a line. */
function summary(value: object, members: Members): string {
  const hasLabels = RecordProxy.is(value) || isDictLike(value);
  const parts: string[] = [];
  for (let index = 0; index < members.count; index++) {
    const member = members.at(index);
    const read = readMember(member);
    if (read === undefined) continue;
    if (parts.length === summaryMembers || parts.join(', ').length > summaryLength) {
      parts.push('…');
      break;
    }
    parts.push(hasLabels ? `${member.label}: ${read}` : read);
  }
  return brackets(value, parts.join(', '));
}

function readMember({ read }: Member): string | undefined {
  try {
    const value = read();
    return value === undefined ? undefined : inline(value);
  } catch (error) {
    if (error instanceof SharedBuffersError) return '⚠';
    throw error;
  }
}
