/** Entries of CSV: columns find their slots by the names of the header, fields mean what the type of their slot says. */
import { InvalidTypeError } from '../errors.js';
import type { Schema } from '../schema/schema.js';
import { type Field, fieldOf } from './csv-fields.js';
import { type CsvRow, readCsvRows } from './csv-rows.js';
import { type EntryReader, entriesOf } from './entries.js';
import { CommandError } from './failures.js';
import type { Input } from './input.js';

/** What an input may have in its columns. */
export interface Columns {
  readonly fields: ReadonlyMap<string, Field>;
  /** Those that there must be, with a value in every row. */
  readonly required: readonly string[];
  /** What to do where a required one is missing. */
  readonly advice?: string;
}

export function slotColumns({ slots }: Schema): Map<string, Field> {
  return new Map(slots.map(({ name, type }) => [name, fieldOf(type)]));
}

/** @param convert makes an entry of the values of a row, by the names of their columns, as JSON would have them */
export function csvReader(
  columns: Columns,
  leftOut: Set<string>,
  convert: (values: Readonly<Record<string, unknown>>) => unknown,
): EntryReader {
  return async function* (input) {
    const rows = readCsvRows(input);
    try {
      const table = await CsvTable.begin(input, rows, columns, leftOut);
      yield* entriesOf(input, rows, ({ fields }) => convert(table.values(fields)));
    } finally {
      await rows.return(undefined);
    }
  };
}

interface Column {
  readonly name: string;
  readonly field: Field;
  readonly isRequired: boolean;
}

/** The columns that a header names, in its order. */
class CsvTable {
  private constructor(
    /** `undefined` where a column is left out. */
    readonly columns: readonly (Column | undefined)[],
  ) {}

  /** Takes the header from the rows. */
  static async begin(
    input: Input,
    rows: AsyncIterator<CsvRow>,
    columns: Columns,
    leftOut: Set<string>,
  ): Promise<CsvTable> {
    const { value, done } = await rows.next();
    if (done) throw new CommandError(`${input.name}: there is no line with the names of the columns`);
    const { fields, number } = value as CsvRow;
    const names = fields.map((name) => name ?? '');
    const problem = problemOf(names, columns);
    if (problem !== undefined) throw new CommandError(`${input.name}:${number}: ${problem}`);
    return new CsvTable(names.map((name, index) => columnOf(name, index, columns, leftOut)));
  }

  /** @throws InvalidTypeError that names the column */
  values(fields: CsvRow['fields']): Record<string, unknown> {
    if (fields.length !== this.columns.length) {
      throw new InvalidTypeError(
        `expected ${this.columns.length} fields, as the header has, found ${fields.length}`,
      );
    }
    const values: Record<string, unknown> = {};
    this.columns.forEach((column, index) => {
      const value = column && readField(column, fields[index]);
      if (column !== undefined && value !== undefined) values[column.name] = value;
    });
    return values;
  }
}

function problemOf(names: readonly string[], { fields, required, advice }: Columns): string | undefined {
  const twice = names.find((name, index) => fields.has(name) && names.indexOf(name) < index);
  if (twice !== undefined) return `the column ${JSON.stringify(twice)} is there twice`;
  const missing = required.find((name) => !names.includes(name));
  if (missing !== undefined) return `there is no column ${JSON.stringify(missing)}${advice ?? ''}`;
  if (names.some((name) => fields.has(name))) return undefined;
  const known = [...fields.keys()].slice(0, 10).join(', ');
  return `expected a line with the names of columns (${known}), found none of them`;
}

function columnOf(
  name: string,
  index: number,
  { fields, required }: Columns,
  leftOut: Set<string>,
): Column | undefined {
  const field = fields.get(name);
  if (field !== undefined) return { name, field, isRequired: required.includes(name) };
  leftOut.add(name === '' ? `column ${index + 1}` : name);
  return undefined;
}

function readField({ name, field, isRequired }: Column, text: string | undefined): unknown {
  if (text === undefined || (text === '' && !field.canBeEmpty)) {
    if (isRequired) throw new InvalidTypeError(`${name}: expected a value, found an empty field`);
    return undefined;
  }
  try {
    return field.read(text);
  } catch (error) {
    if (error instanceof Error) error.message = `${name}: ${error.message}`;
    throw error;
  }
}
