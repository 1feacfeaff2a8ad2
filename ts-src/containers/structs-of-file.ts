/**
 * The structs behind the typecodes in a file: as the file describes them, as `open` was told of them, or as this process
 * registered them.
 */
import { walkSchemas } from '../building/plan.js';
import { describe, InvalidTypeError } from '../errors.js';
import type { RecordReader } from '../proxies/reader.js';
import type { Region } from '../region.js';
import { bindReader } from '../schema/binding.js';
import { schemasFromStored } from '../schema/from-stored.js';
import { Schema } from '../schema/schema.js';
import { type NamedSchema, schemasFromJson } from '../schema/schema-json.js';
import { schemaToJson } from '../schema/schema-to-json.js';
import type { StructSchema } from '../types/struct.js';
import { codeOfStruct, knownCodeOfStruct, setRegionStructs, structByCode } from '../types/struct-registry.js';
import type { KindDescription } from './sections.js';

/** The part of the description of a file that is about typecodes. */
export type StructsOfFile = Pick<KindDescription, 'typecodes' | 'types'>;

/** What a file says of the structs whose records were stored with their typecodes. */
export function describeStructs(structs: Iterable<StructSchema>): StructsOfFile {
  const coded = new Set(structs);
  const named = [...new Set([...coded].flatMap(walkSchemas))].map(
    (schema): NamedSchema => ({
      name: schema.name,
      schema: schema.toStored(),
      typecode: coded.has(schema) ? codeOfStruct(schema) : undefined,
    }),
  );
  const [first] = named;
  if (first === undefined) return {};
  const { types = [] } = schemaToJson(first.schema, { types: named });
  const typecodes = Object.fromEntries(
    types.flatMap(({ name, typecode }) => (typecode === undefined ? [] : [[name, typecode]])),
  );
  return { typecodes, types };
}

/**
 * Makes the structs of a file known to what reads from its region.
 * @param types schemas that `open` was given
 * @throws InvalidTypeError where one of these has no typecode, neither in the file nor in this process
 */
export function knowStructs(
  region: Region,
  description: StructsOfFile | undefined,
  types: readonly StructSchema[] | undefined,
): void {
  if (types === undefined && description?.typecodes === undefined) return;
  const structs = new Structs(description ?? {}, types ?? []);
  setRegionStructs(region, (code) => structs.readerOf(code));
}

class Structs {
  readonly #described: StructsOfFile;
  readonly #given = new Map<number, StructSchema>();
  readonly #readers = new Map<number, RecordReader | undefined>();
  #stored: ReadonlyMap<number, StructSchema> | undefined;

  constructor(described: StructsOfFile, types: readonly StructSchema[]) {
    this.#described = described;
    for (const schema of checkTypes(types)) this.#given.set(this.#codeOf(schema), schema);
  }

  readerOf(code: number): RecordReader | undefined {
    if (!this.#readers.has(code)) this.#readers.set(code, this.#makeReader(code));
    return this.#readers.get(code);
  }

  /** What the file describes decides where the bytes are; which slots show is for who knows the struct by that name. */
  #makeReader(code: number): RecordReader | undefined {
    this.#stored ??= storedStructs(this.#described);
    const stored = this.#stored.get(code);
    const registered = structByCode(code);
    const declared = this.#given.get(code) ?? registered;
    if (stored === undefined) return declared?.reader;
    const isMeant = this.#given.has(code) || declared?.name === stored.name;
    return isMeant && declared !== undefined ? bindReader(declared, stored) : stored.reader;
  }

  #codeOf(schema: StructSchema): number {
    const code = this.#described.typecodes?.[schema.name] ?? knownCodeOfStruct(schema);
    if (code !== undefined) return code;
    throw new InvalidTypeError(
      `option types: ${schema.name} has no typecode, and the file names none for it; call ${schema.name}.register('…')`,
    );
  }
}

function checkTypes(types: unknown): readonly StructSchema[] {
  if (Array.isArray(types) && types.every((type) => type instanceof Schema)) return types;
  throw new InvalidTypeError(`option types: expected an array of schemas, found ${describe(types)}`);
}

/** The structs that a file describes, by their typecodes; none where its description makes no sense. */
function storedStructs({ types = [] }: StructsOfFile): ReadonlyMap<number, StructSchema> {
  const structs = new Map<number, StructSchema>();
  try {
    const { types: named } = schemasFromJson({ types });
    const made = schemasFromStored(named);
    for (const { schema, typecode } of named) {
      if (typecode !== undefined) structs.set(typecode, made.get(schema) as Schema);
    }
  } catch {
    // The description is a convenience: typecodes that nobody knows are errors where they are read.
    structs.clear();
  }
  return structs;
}
