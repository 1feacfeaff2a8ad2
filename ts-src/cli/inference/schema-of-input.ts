/** The schema of a build that was called without one: found out from the input, said, and written where it is wanted. */
import { writeFileSync } from 'node:fs';
import { schemasFromJson } from '../../schema/schema-json.js';
import { type BuildRequest, kindToBuild } from '../build-plan.js';
import { UsageError } from '../failures.js';
import { Input } from '../input.js';
import { inputName } from '../lines.js';
import { parquetSchema } from '../parquet.js';
import { grouped, Progress } from '../progress.js';
import { RepeatableInput } from '../repeatable-input.js';
import { schemaFileOf } from '../schema-file.js';
import { type Inferred, inferSchema } from './infer.js';
import { recordName, type SchemaDraftJson } from './schema-draft.js';

/** A request that has its schema, and the input from its start. */
export interface Prepared {
  readonly request: BuildRequest;
  readonly input: Input;
  close(): Promise<void>;
}

export interface PreparationOptions {
  readonly out: string;
  readonly path: string | undefined;
  /** Takes the schema that was found out. */
  readonly writeSchema: string | undefined;
  readonly signal: AbortSignal;
  say(note: string): void;
}

/** Opens the input, having read all of it before where the schema has to come from there. */
export async function prepare(request: BuildRequest, options: PreparationOptions): Promise<Prepared> {
  const { out, path, writeSchema, signal } = options;
  if (!needsSchema(request)) {
    if (writeSchema !== undefined) throw new UsageError('--write-schema is for builds without --schema');
    return { request, input: Input.open(path, signal), close: async () => {} };
  }
  const hasKey = isMapping(request) && request.key === undefined;
  if (request.from === 'parquet') {
    const json = await parquetSchema(path, recordName(out), hasKey);
    const known = withSchema(request, json, undefined);
    saySchema(json, new Map(), `the columns of ${inputName(path)}`, options);
    return { request: known, input: Input.open(path, signal), close: async () => {} };
  }
  const repeatable = await RepeatableInput.open(path, out, signal);
  try {
    const inferred = await infer(request, repeatable, hasKey, options);
    const rows = `${grouped(inferred.rows)} ${inferred.rows === 1 ? 'row' : 'rows'} of ${inputName(path)}`;
    saySchema(inferred.json, inferred.remarks, rows, options);
    const known = withSchema(request, inferred.json, inferred.idMapper);
    return { request: known, input: repeatable.read(), close: () => repeatable.close() };
  } catch (error) {
    await repeatable.close();
    throw error;
  }
}

/** Tagged JSON names its types itself, but for those of slots; single values have a type instead. */
function needsSchema(request: BuildRequest): boolean {
  const kind = kindToBuild(request);
  if (request.schema !== undefined || kind === 'value' || kind === 'id-mapper') return false;
  if (request.from !== 'tagged') return true;
  throw new UsageError('--from tagged needs --schema: a file with the schema as JSON');
}

function isMapping(request: BuildRequest): boolean {
  const kind = kindToBuild(request);
  return kind === 'mapping' || kind === 'multi-mapping';
}

async function infer(
  { from }: BuildRequest,
  repeatable: RepeatableInput,
  hasKey: boolean,
  { out }: PreparationOptions,
): Promise<Inferred> {
  const progress = new Progress();
  const input = repeatable.read();
  let bytes = 0;
  input.stream.on('data', (piece: Buffer) => {
    bytes += piece.length;
  });
  // Listening starts the flow of a stream; whoever reads the rows is to do that.
  input.stream.pause();
  try {
    return await inferSchema(input, {
      from: from === 'csv' ? 'csv' : 'jsonl',
      name: recordName(out),
      hasKey,
      onProgress: (rows) =>
        progress.update({
          title: 'inferring the schema',
          done: bytes / Math.max(repeatable.size, 1),
          text: () => `${grouped(rows)} rows`,
        }),
    });
  } finally {
    progress.clear();
    input.stream.destroy();
  }
}

function withSchema(
  request: BuildRequest,
  json: SchemaDraftJson,
  idMapper: string | undefined,
): BuildRequest {
  const schema = schemaFileOf(schemasFromJson(json));
  return { ...request, schema, idMapper: request.idMapper ?? idMapper };
}

function saySchema(
  json: SchemaDraftJson,
  remarks: Inferred['remarks'],
  source: string,
  { writeSchema, say }: PreparationOptions,
): void {
  const kept = writeSchema === undefined ? '; --write-schema FILE keeps it' : `, and is in ${writeSchema}`;
  if (writeSchema !== undefined) writeFileSync(writeSchema, schemaText(json));
  const lines = [json, ...(json.types ?? [])].flatMap(({ name, slots }, index) => {
    const width = Math.max(...slots.map(([slot]) => slot.length));
    const rows = slots.map(([slot, type]) => {
      const remark = index === 0 ? remarks.get(slot) : '';
      return `    ${slot.padEnd(width)}  ${type}${remark ? `  (${remark})` : ''}`;
    });
    return [`  ${name}`, ...rows];
  });
  say(`the schema comes from ${source}${kept}\n${lines.join('\n')}`);
}

/** A slot a line, as a person would write it. */
function schemaText({ name, slots, types }: SchemaDraftJson): string {
  const slotLines = (list: SchemaDraftJson['slots'], indent: string) =>
    `[\n${list.map((slot) => `${indent}  ${JSON.stringify(slot)}`).join(',\n')}\n${indent}]`;
  const structs = (types ?? []).map(
    (type) => `    {"name": ${JSON.stringify(type.name)}, "slots": ${slotLines(type.slots, '    ')}}`,
  );
  const parts = [`  "name": ${JSON.stringify(name)}`, `  "slots": ${slotLines(slots, '  ')}`];
  if (structs.length > 0) parts.push(`  "types": [\n${structs.join(',\n')}\n  ]`);
  return `{\n${parts.join(',\n')}\n}\n`;
}
