/** Building of single records and bare values: a file with nothing else in it. */
import { Packer } from '../building/packer.js';
import { runSoon, type Steps } from '../building/steps.js';
import { FileWorkspace } from '../building/workspace.js';
import { InvalidTypeError } from '../errors.js';
import { parseTagged } from '../exact/tagged.js';
import type { AnySlotType } from '../types/slot-type.js';
import { StructType } from '../types/struct.js';
import type { BuildRequest } from './build-plan.js';
import type { EntryParser } from './entries.js';
import { plainRecord, taggedRecord } from './entries.js';
import { CommandError } from './failures.js';
import { requireRoot, typeOf } from './open-source.js';
import { fromPlain, PlainRecords } from './plain.js';

/** Makes the bytes of the file of its one line. */
export function packerOf(kind: 'object' | 'value', request: BuildRequest): (text: string) => Uint8Array {
  if (kind === 'object') {
    const schema = requireRoot(request.schema);
    const parse = request.from === 'tagged' ? taggedRecord(schema) : plainRecord(new PlainRecords(schema));
    return (text) => schema.pack(parse(text) as never);
  }
  const type = typeOf(request.type, request.schema);
  const parse = request.from === 'tagged' ? taggedValue(type) : plainValue(type);
  return (text) => packValue(type, parse(text));
}

function taggedValue(type: AnySlotType): EntryParser {
  return (text) => type.fromExact(parseTagged(text));
}

function plainValue(type: AnySlotType): EntryParser {
  if (type instanceof StructType) return plainRecord(new PlainRecords(type.schema()));
  return (text) => {
    try {
      return fromPlain(type, JSON.parse(text));
    } catch (error) {
      if (!(error instanceof SyntaxError)) throw error;
      throw new InvalidTypeError(`the line is no JSON: ${error.message.split('\n', 1)[0]}`);
    }
  };
}

function packValue(type: AnySlotType, value: unknown): Uint8Array {
  if (type.inline) {
    const bytes = new Uint8Array(type.size);
    type.write(new DataView(bytes.buffer), 0, value);
    return bytes;
  }
  const packer = new Packer();
  const position = type.write(packer, value);
  if (position !== 0) throw new CommandError(`a bare ${type.name} does not start with its own bytes`);
  return packer.bytes.slice(0, packer.length);
}

/** The file appears under its name when it is complete. */
export async function writeWhole(path: string, bytes: Uint8Array): Promise<void> {
  await runSoon(writing(path, bytes));
}

function* writing(path: string, bytes: Uint8Array): Steps<void> {
  const workspace = yield* FileWorkspace.open(path, undefined);
  try {
    yield* workspace.output.append(bytes);
    yield* workspace.complete();
    yield* workspace.publish();
  } catch (error) {
    yield* workspace.discard();
    throw error;
  }
}
