/** Building of single records and bare values: a file with nothing else in it. */
import { packFirst } from '../building/bare-value.js';
import { runSoon, type Steps } from '../building/steps.js';
import { openWorkspace } from '../building/workspace.js';
import { parseTagged } from '../exact/tagged.js';
import type { AnySlotType } from '../types/slot-type.js';
import { StructType } from '../types/struct.js';
import { type BuildRequest, type InputFormat, recordReader, rootOf } from './build-plan.js';
import { fieldOf } from './csv-fields.js';
import { csvReader } from './csv-input.js';
import { type EntryReader, jsonReader, lineReader, plainRecord } from './entries.js';
import { typeOf } from './open-source.js';
import { parquetReader } from './parquet.js';
import { fromPlain, PlainRecords } from './plain.js';

/** How a single record or value is read and packed. */
export interface SingleBuild {
  readonly read: EntryReader;
  /** Fields of the input that the schema does not name. */
  readonly leftOut: ReadonlySet<string>;
  /** Makes the bytes of the file of its one entry. */
  pack(entry: unknown): Uint8Array;
}

export function planSingle(kind: 'object' | 'value', request: BuildRequest): SingleBuild {
  const leftOut = new Set<string>();
  if (kind === 'object') {
    const schema = rootOf(request);
    const read = recordReader(schema, request.from, leftOut);
    return { read, leftOut, pack: (record) => schema.pack(record as never) };
  }
  const type = typeOf(request.type, request.schema);
  const read = valueReader(type, request.from, leftOut);
  return { read, leftOut, pack: (value) => packValue(type, value) };
}

function valueReader(type: AnySlotType, from: InputFormat, leftOut: Set<string>): EntryReader {
  if (from === 'tagged') return lineReader((text) => type.fromExact(parseTagged(text)));
  const convert =
    type instanceof StructType
      ? plainRecord(new PlainRecords(type.schema(), leftOut))
      : (json: unknown) => fromPlain(type, json);
  if (from === 'jsonl') return jsonReader(convert);
  if (from === 'parquet') return parquetReader((row) => convert((row as { value?: unknown }).value));
  const columns = { fields: new Map([['value', fieldOf(type)]]), required: ['value'] };
  return csvReader(columns, leftOut, ({ value }) => convert(value));
}

function packValue(type: AnySlotType, value: unknown): Uint8Array {
  if (type.inline) {
    const bytes = new Uint8Array(type.size);
    type.write(new DataView(bytes.buffer), 0, value);
    return bytes;
  }
  return packFirst(type, value);
}

/** The file appears under its name when it is complete. */
export async function writeWhole(path: string, bytes: Uint8Array): Promise<void> {
  await runSoon(writing(path, bytes));
}

function* writing(path: string, bytes: Uint8Array): Steps<void> {
  const workspace = yield* openWorkspace(path, undefined);
  try {
    yield* workspace.output.append(bytes);
    yield* workspace.complete();
    yield* workspace.publish();
  } catch (error) {
    yield* workspace.discard();
    throw error;
  }
}
