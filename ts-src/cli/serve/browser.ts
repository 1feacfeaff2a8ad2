/** What the page asks for, answered from the file: nothing is read but what is asked for. */
import type { ContainerDescription } from '../../containers/describe.js';
import { SharedBuffersError } from '../../errors.js';
import { messageOf, UsageError } from '../failures.js';
import { type AskedKey, plainKey, taggedKey } from '../keys.js';
import { openSource } from '../open-source.js';
import type { Selection } from '../selection.js';
import type { SizePart } from '../sizes.js';
import type { Source } from '../source.js';
import { memberAt, type Preview, type PreviewOptions, preview } from './preview.js';

/** A question that makes no sense: answered with status 400. */
export class BadRequest extends Error {}

/** What the file, or an entry of it, holds. */
interface FileAnswer {
  readonly file: string;
  readonly entry: string | undefined;
  readonly description: ContainerDescription;
  readonly rows: number;
  /** What keys look like; without it nothing can be looked up. */
  readonly keys: string | undefined;
  readonly isMulti: boolean;
  /** Names of the slots, where the values are records. */
  readonly slots: readonly string[] | undefined;
  readonly sizes: readonly SizePart[];
}

interface RowAnswer {
  readonly row: number;
  readonly key?: Preview;
  readonly value: Preview;
}

interface FoundAnswer {
  /** As the answer calls it. */
  readonly key: string;
  /** Its value; of multi forms all of them as one list. */
  readonly value?: Preview;
}

export interface Answers {
  file: FileAnswer;
  rows: { rows: readonly RowAnswer[]; count: number };
  find: FoundAnswer;
  value: Preview;
}

const mostRows = 200;
const inRow: PreviewOptions = { levels: 1, width: 64, length: 200 };
const unfolded: PreviewOptions = { levels: 2, width: 100, length: 20_000 };
const longestPath = 256;
/** Entries of a bundle that stay open. */
const mostOpen = 16;

export class Browser {
  readonly #root: Source;
  readonly #entries = new Map<string, Source>();

  /** @throws whatever opening throws */
  constructor(
    readonly path: string,
    readonly selection: Selection,
  ) {
    this.#root = openSource(path, selection);
  }

  close(): void {
    for (const source of [this.#root, ...this.#entries.values()]) source.close();
  }

  /** @throws BadRequest; SharedBuffersError where the file is wrong */
  answer(question: string, parameters: URLSearchParams): Answers[keyof Answers] {
    const entry = parameters.get('entry') ?? undefined;
    const source = this.#sourceOf(entry);
    switch (question) {
      case 'file':
        return fileAnswer(this.path, entry, source);
      case 'rows':
        return rowsAnswer(source, parameters);
      case 'find':
        return foundAnswer(source, parameters);
      case 'value':
        return valueAnswer(source, parameters);
      default:
        throw new BadRequest('there is no such question');
    }
  }

  #sourceOf(entry: string | undefined): Source {
    if (entry === undefined) return this.#root;
    const known = this.#entries.get(entry);
    if (known !== undefined) return known;
    const source = openSource(this.path, { ...this.selection, entry });
    const [oldest] = this.#entries.keys();
    if (this.#entries.size >= mostOpen && oldest !== undefined) {
      this.#entries.get(oldest)?.close();
      this.#entries.delete(oldest);
    }
    this.#entries.set(entry, source);
    return source;
  }
}

function fileAnswer(file: string, entry: string | undefined, source: Source): FileAnswer {
  const isBundle = source.kind === 'bundle';
  return {
    file,
    entry,
    description: source.describe(),
    rows: isBundle ? 0 : source.count,
    keys: isBundle ? undefined : source.keys,
    isMulti: source.isMulti === true,
    slots: isBundle ? undefined : source.schema?.slots.map(({ name }) => name),
    sizes: source.sizes?.() ?? [],
  };
}

function rowsAnswer(source: Source, parameters: URLSearchParams): Answers['rows'] {
  const from = Math.min(integer(parameters, 'from', 0), source.count);
  const end = Math.min(from + Math.min(integer(parameters, 'count', 50), mostRows), source.count);
  const rows: RowAnswer[] = [];
  for (let row = from; row < end; row++) rows.push(rowAnswer(source, row));
  return { rows, count: source.count };
}

function rowAnswer(source: Source, row: number): RowAnswer {
  const read = rowReader(source, row);
  const hasKey = source.kind === 'mapping' || source.kind === 'multi-mapping' || source.kind === 'id-mapper';
  return {
    row,
    ...(hasKey && { key: preview(() => read().key?.plain(), { ...inRow, levels: 0 }) }),
    value: preview(() => read().value.plain(), inRow),
  };
}

/** Key and value of a row are read one by one: one of them may be wrong. */
function rowReader(source: Source, row: number): () => ReturnType<Source['row']> {
  return () => source.row(row);
}

function foundAnswer(source: Source, parameters: URLSearchParams): FoundAnswer {
  const { key, text } = askedKey(source, parameters);
  const found = source.find(key);
  if (found === undefined) return { key: text };
  return { key: text, value: preview(() => found.plain(), unfolded) };
}

/** The value of a row or of a key, or what a path within it leads to. */
function valueAnswer(source: Source, parameters: URLSearchParams): Preview {
  const path = (parameters.get('path') ?? '').split('.').filter((part) => part !== '');
  if (path.length > longestPath || !path.every((part) => /^\d{1,9}$/.test(part))) {
    throw new BadRequest('the path is no list of numbers');
  }
  const read = parameters.has('row')
    ? () => source.row(rowNumber(source, parameters)).value.plain()
    : () => source.find(askedKey(source, parameters).key)?.plain();
  const options = { ...unfolded, from: integer(parameters, 'from', 0) };
  return preview(() => memberAt(read(), path.map(Number)), options);
}

function rowNumber(source: Source, parameters: URLSearchParams): number {
  const row = integer(parameters, 'row', 0);
  if (row < source.count) return row;
  throw new BadRequest(`there is no row ${row}`);
}

function integer(parameters: URLSearchParams, name: string, otherwise: number): number {
  const text = parameters.get(name);
  if (text === null) return otherwise;
  const value = Number(text);
  if (/^\d{1,16}$/.test(text) && Number.isSafeInteger(value)) return value;
  throw new BadRequest(`${name} is no number of 0 or more`);
}

function askedKey(source: Source, parameters: URLSearchParams): AskedKey {
  const text = parameters.get('key');
  if (source.keys === undefined || text === null) throw new BadRequest('there is no key to look up');
  // Object keys that are no text can only be asked for as tagged JSON.
  const isTagged = parameters.get('tagged') === '1';
  if (!isTagged) return plainKey(text, source.keys);
  try {
    return taggedKey(text, source.keys);
  } catch (error) {
    throw error instanceof SharedBuffersError ? new BadRequest(messageOf(error)) : error;
  }
}

/** The status and the message for what answering throws; `undefined` where it is a bug. */
export function failureOf(error: unknown): { status: number; message: string } | undefined {
  if (error instanceof BadRequest || error instanceof UsageError || error instanceof RangeError) {
    return { status: 400, message: messageOf(error).replace(/^unexpected \w+: /, '') };
  }
  return error instanceof SharedBuffersError ? { status: 422, message: messageOf(error) } : undefined;
}
