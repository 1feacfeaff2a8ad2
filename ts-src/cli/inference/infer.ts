/** Finding out the schema of an input that comes without one: all of it is read, for a row at its end counts too. */
import { describe, InvalidTypeError } from '../../errors.js';
import { type CsvRow, readCsvRows } from '../csv-rows.js';
import { entriesOf, parseJson } from '../entries.js';
import { CommandError } from '../failures.js';
import type { Input } from '../input.js';
import { readLines } from '../lines.js';
import {
  checkSlotCount,
  SchemaDraft,
  type SchemaDraftJson,
  slotsOfCsv,
  slotsOfJson,
} from './schema-draft.js';
import { Shape } from './shape.js';

export interface InferenceRequest {
  readonly from: 'jsonl' | 'csv';
  /** Of the records. */
  readonly name: string;
  /** Whether rows have a key beside their slots, in a field "key" or before the record. */
  readonly hasKey: boolean;
  onProgress(rows: number): void;
}

export interface Inferred {
  readonly json: SchemaDraftJson;
  readonly rows: number;
  /** Of the keys beside the slots. */
  readonly idMapper: string | undefined;
  /** By the name of the slot, where there is something to say of it. */
  readonly remarks: ReadonlyMap<string, string>;
}

/** @throws CommandError that names the line which is no row */
export async function inferSchema(input: Input, request: InferenceRequest): Promise<Inferred> {
  const rows = new Rows(request.hasKey);
  const items = request.from === 'csv' ? addCsv(input, rows) : addJson(input, rows);
  for await (const _ of items) request.onProgress(rows.count);
  if (rows.count === 0) {
    throw new CommandError(`${input.name}: there are no rows that a schema could be inferred from`);
  }
  try {
    return rows.inferred(request);
  } catch (error) {
    throw error instanceof InvalidTypeError ? new CommandError(`${input.name}: ${error.message}`) : error;
  }
}

class Rows {
  count = 0;
  readonly key = new Shape();
  readonly record = new Shape();

  constructor(readonly hasKey: boolean) {}

  inferred({ name, from, hasKey }: InferenceRequest): Inferred {
    const fields = this.record.fields ?? new Map<string, Shape>();
    checkSlotCount(fields.size);
    const draft = new SchemaDraft(name);
    const slots = from === 'csv' ? slotsOfCsv(fields) : slotsOfJson(this.record, draft);
    const remarks = new Map([...fields].map(([slot, shape]) => [slot, remarkOf(shape, this.count)]));
    return {
      json: draft.complete(slots),
      rows: this.count,
      idMapper: hasKey ? this.#idMapper() : undefined,
      remarks,
    };
  }

  #idMapper(): string | undefined {
    const { kinds, isNegative } = this.key;
    if (kinds.size !== 1) return undefined;
    if (kinds.has('text')) return 'StringIdMapper';
    return kinds.has('integer') && !isNegative ? 'NumericIdMapper' : undefined;
  }
}

function remarkOf(shape: Shape, rows: number): string {
  const missing = rows - shape.values;
  const parts = [
    shape.kinds.size === 0 ? 'no values' : missing > 0 ? `missing in ${missing} of ${rows} rows` : '',
    shape.hasUnsafe ? 'JSON numbers hold no integers beyond 2^53 exactly' : '',
  ];
  return parts.filter((part) => part !== '').join('; ');
}

async function* addJson(input: Input, rows: Rows): AsyncGenerator<unknown> {
  yield* entriesOf(input, readLines(input.stream, input.name), ({ text }) => {
    const json = parseJson(text);
    const row = rows.hasKey ? withoutKey(json, rows.key) : json;
    if (typeof row !== 'object' || row === null || Array.isArray(row)) {
      throw new InvalidTypeError(`expected an object {"slot": value, …}, found ${describe(row)}`);
    }
    rows.record.add(row);
    if (rows.record.hasTooMany) checkSlotCount(Infinity);
    rows.count++;
  });
}

/** The record of `{"key": …, …slots}` or `[key, {…slots}]`. */
function withoutKey(json: unknown, keys: Shape): unknown {
  if (Array.isArray(json) && json.length === 2) {
    keys.add(json[0]);
    return json[1];
  }
  if (typeof json !== 'object' || json === null || Array.isArray(json) || !('key' in json)) {
    throw new InvalidTypeError(
      `there is no "key" in ${describe(json)}; --key names the slot that holds the key`,
    );
  }
  const { key, ...record } = json;
  keys.add(key);
  return record;
}

async function* addCsv(input: Input, rows: Rows): AsyncGenerator<unknown> {
  const items = readCsvRows(input);
  const { value: header, done } = await items.next();
  if (done) return;
  const columns = (header as CsvRow).fields.map((name) => columnOf(name, rows));
  rows.record.kinds.add('object');
  yield* entriesOf(input, items, ({ fields }) => {
    columns.forEach((shape, index) => {
      const text = fields[index];
      if (shape !== undefined && text !== undefined && text !== '') addText(shape, text);
    });
    rows.count++;
  });
}

/** Columns without a name are left out, as those are that a schema does not name. */
function columnOf(name: string | undefined, rows: Rows): Shape | undefined {
  if (name === undefined || name === '') return undefined;
  if (rows.hasKey && name === 'key') return rows.key;
  const shape = rows.record.fields?.get(name) ?? new Shape(1);
  rows.record.fields?.set(name, shape);
  return shape;
}

/** With a leading zero it is a postal code or the like, and no number. */
const integerText = /^[+-]?(?:0|[1-9]\d{0,39})$/;
const floatText = /^[+-]?(?:(?:0|[1-9]\d*)(?:\.\d*)?|\.\d+)(?:e[+-]?\d+)?$/i;
const notFinite = /^[+-]?(?:nan|inf|infinity)$/i;

function addText(shape: Shape, text: string): void {
  shape.values++;
  if (integerText.test(text)) {
    const number = Number(text);
    shape.addInteger(Number.isSafeInteger(number) ? number : BigInt(text.replace('+', '')));
  } else if ((floatText.test(text) && Number.isFinite(Number(text))) || notFinite.test(text)) {
    shape.kinds.add('float');
  } else {
    shape.kinds.add(/^(?:true|false)$/i.test(text) ? 'boolean' : 'text');
  }
}
