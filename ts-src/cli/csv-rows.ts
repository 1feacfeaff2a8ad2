/** Rows of CSV as they come: fields as texts, and the line that each row starts on. */
import { pipeline } from 'node:stream';
import { CsvError, type Options, parse } from 'csv-parse';
import { CommandError } from './failures.js';
import type { Input } from './input.js';
import { readUtf8 } from './lines.js';

export interface CsvRow {
  /** `undefined` where a field is empty and has no quotes. */
  readonly fields: readonly (string | undefined)[];
  /** The line that it starts on. */
  readonly number: number;
}

/** A quote that is never closed makes a field of all that follows: better not all of it in memory. */
const longestRow = 2 ** 28;

/** All rows, the header too. Empty lines are none, but in files of one column, where they are rows without a value. */
export async function* readCsvRows({ stream, name }: Input): AsyncGenerator<CsvRow> {
  const rows = new RowCounter();
  const options: Options<CsvRow, RawRow> = {
    bom: true,
    record_delimiter: ['\r\n', '\n'],
    relax_column_count: true,
    max_record_size: longestRow,
    raw: true,
    on_record: (row) => rows.take(row),
  };
  // The declarations have no name for rows with their raw text.
  const parser = parse(options as unknown as Options);
  // What goes wrong is thrown where the rows are read.
  pipeline(readUtf8(stream, name), parser, () => {});
  try {
    yield* parser as AsyncIterable<CsvRow>;
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    throw new CommandError(`${name}:${rows.nextLine}: ${messageOf(error)}`);
  }
}

interface RawRow {
  readonly record: string[];
  readonly raw: string;
}

/** Counts lines; the parser's own count takes CRLF within quotes for two. */
class RowCounter {
  /** The line that the next row starts on. */
  nextLine = 1;
  #width: number | undefined;

  take({ record, raw }: RawRow): CsvRow | undefined {
    const number = this.nextLine;
    this.nextLine += 1 + record.reduce((count, field) => count + countOf(field, '\n'), 0);
    if (this.#width !== 1 && record.length === 1 && raw.trim() === '') return undefined;
    this.#width ??= record.length;
    return { fields: record.includes('') ? withoutMissing(record, raw) : record, number };
  }
}

/** The parser can say which fields have quotes, but then it takes eight times as long. */
function withoutMissing(fields: readonly string[], raw: string): (string | undefined)[] {
  let start = 0;
  return fields.map((field) => {
    const hasQuotes = raw[start] === '"';
    start += field.length + (hasQuotes ? 2 + countOf(field, '"') : 0) + 1;
    return field === '' && !hasQuotes ? undefined : field;
  });
}

function countOf(text: string, character: string): number {
  let count = 0;
  for (let at = text.indexOf(character); at >= 0; at = text.indexOf(character, at + 1)) count++;
  return count;
}

function messageOf(error: CsvError): string {
  const field = `field ${Number(error.index) + 1}`;
  switch (error.code) {
    case 'CSV_QUOTE_NOT_CLOSED':
      return `${field}: expected a closing quote, found the end of the input`;
    case 'CSV_INVALID_CLOSING_QUOTE':
      return `${field}: expected a comma or the end of the line behind the closing quote; quotes within are doubled`;
    case 'INVALID_OPENING_QUOTE':
      return `${field}: found a quote in a field that does not start with one`;
    case 'CSV_MAX_RECORD_SIZE':
      return 'the row is too long; is a quote not closed?';
    default:
      return error.message;
  }
}
