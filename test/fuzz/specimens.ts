/** What is changed: files of all kinds, each with what opens and uses it. */
import { arrayOf, Bundle, mappingOf, multiMappingOf, Pool, type Schema } from 'sharedbuffers';
import { typeOf } from '#src/cli/open-source.js';
import { registerTypes, type SchemaFile, schemaFileOf } from '#src/cli/schema-file.js';
import { FindingList } from '#src/containers/findings.js';
import { idMapperClasses } from '#src/containers/id-mappers.js';
import { stringifyTagged } from '#src/exact/tagged.js';
import { Region } from '#src/region.js';
import { schemaFromStored } from '#src/schema/from-stored.js';
import { readSchemaPickle } from '#src/schema/pickle-reader.js';
import { parseSchemaJson, schemasFromJson } from '#src/schema/schema-json.js';
import { fixtureBytes, fixtureJson } from '../support/fixtures.js';
import { type Fixture, fixtures, schemaJsonOf, whatIsMissing } from '../support/manifest.js';
import { limitsOf, openerOf, type Specimen, useOpeners } from './opening.js';
import { ownSpecimens } from './own-specimens.js';
import { useRecord, useValue } from './use-values.js';

/** Runs with the types of a fixture known. */
function withTypes(schema: SchemaFile | undefined, use: Specimen['use']): Specimen['use'] {
  if (schema === undefined) return use;
  return (...args) => {
    const forget = registerTypes(schema);
    try {
      use(...args);
    } finally {
      forget();
    }
  };
}

function useOfFixture(fixture: Fixture): Specimen['use'] | undefined {
  const hasSchema = fixture.schema !== undefined || fixture.types !== undefined;
  const schema = hasSchema ? schemaFileOf(schemasFromJson(schemaJsonOf(fixture))) : undefined;
  const use = useOfKind(fixture, schema);
  return use && withTypes(schema, use);
}

function useOfKind(fixture: Fixture, schema: SchemaFile | undefined): Specimen['use'] | undefined {
  const { offset = 0, size, classes = {} } = fixture;
  const place = { offset, ...(size !== undefined && { size }) };
  const root = schema?.root as Schema;
  const idMapper = idMapperClasses.get(classes.IdMapper ?? '');
  switch (fixture.kind) {
    case 'packed-object':
      return (bytes, attempts, circumstances) => {
        const region = Region.fromBytes(bytes, limitsOf(circumstances));
        const record = attempts.try('a record', () => root.reader.proxyAt(region, offset));
        if (record !== undefined) useRecord(record, attempts);
      };
    case 'packed-value':
      return useOfType(offset, classes.type ?? '', schema);
    case 'array': {
      const openers = root === undefined ? [arrayOf()] : [arrayOf(root), arrayOf()];
      return useOpeners(openers.map(openerOf), place);
    }
    case 'id-mapper':
      return useOpeners([openerOf(idMapper)], place);
    case 'mapping': {
      const of = (idMapper?.kind.multi ? multiMappingOf : mappingOf) as (...args: unknown[]) => unknown;
      return useOpeners([openerOf(root === undefined ? of(idMapper) : of(idMapper, root))], place);
    }
    case 'zip-bundle':
      return useOpeners([(source, options) => Bundle.open(source, options)], place);
    case 'pool-dump':
      return (bytes, attempts, circumstances) => {
        const pool = attempts.try('load', () => Pool.load(root, bytes, limitsOf(circumstances)));
        for (const position of (fixture.positions ?? []).slice(0, 6)) {
          const record = pool && attempts.try('get', () => pool.get(position));
          if (record !== undefined) useRecord(record, attempts);
        }
      };
    default:
      return undefined;
  }
}

function useOfType(offset: number, name: string, schema: SchemaFile | undefined): Specimen['use'] {
  const type = typeOf(name, schema);
  return (bytes, attempts, circumstances) => {
    const region = Region.fromBytes(bytes, limitsOf(circumstances));
    if (type.inline) {
      const { view } = region.windowAt(0);
      attempts.try('read', () =>
        view.byteLength >= offset + type.size ? type.read(view, offset) : undefined,
      );
      return;
    }
    attempts.sometimes('the exact form', () => stringifyTagged(type.readExact(region, offset, 0)));
    attempts.sometimes('verify', () => type.verify(region, offset, 0, new FindingList(5)));
    useValue(
      attempts.try('read', () => type.read(region, offset, 0)),
      attempts,
    );
  };
}

/** Large ones are of the same kinds as small ones, and take their time. */
const mostBytes = 64 * 1024;

function fixtureSpecimens(): Specimen[] {
  const specimens: Specimen[] = [];
  for (const fixture of fixtures) {
    if (whatIsMissing(fixture) !== undefined) continue;
    const bytes = fixtureBytes(fixture.file);
    const use = bytes.length <= mostBytes ? useOfFixture(fixture) : undefined;
    if (use !== undefined) specimens.push({ name: fixture.name, kind: fixture.kind, bytes, use });
  }
  return specimens;
}

function pickleSpecimens(): Specimen[] {
  const index = fixtureJson<Record<string, unknown> | { name: string }[]>('schema-pickles/index.json');
  const names = Array.isArray(index) ? index.map(({ name }) => name) : Object.keys(index);
  return names.map((name) => ({
    name,
    kind: 'schema-pickle',
    bytes: fixtureBytes(`schema-pickles/${name.replace(/\.pickle$/, '')}.pickle`),
    use(bytes, attempts) {
      const stored = attempts.try('read a pickle', () => readSchemaPickle(bytes));
      attempts.sometimes('read a pickle exactly', () => readSchemaPickle(bytes, { exactFloats: true }));
      if (stored !== undefined) attempts.try('make a schema', () => schemaFromStored(stored).toStored());
    },
  }));
}

function jsonSpecimens(): Specimen[] {
  const described = fixtures.filter(({ schema, types }) => schema !== undefined && types !== undefined);
  const texts = [fixtures.find(({ schema }) => schema !== undefined), ...described.slice(0, 6)];
  return texts.map((fixture, index) => ({
    name: `schema-${index}`,
    kind: 'schema-json',
    bytes: Buffer.from(JSON.stringify(schemaJsonOf(fixture as Fixture))),
    use(bytes, attempts) {
      const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('utf8');
      attempts.try('read a schema', () => schemaFileOf(parseSchemaJson(text)));
    },
  }));
}

/** All of them, in an order that stays as long as nothing is added. */
export function allSpecimens(): Specimen[] {
  return [...fixtureSpecimens(), ...pickleSpecimens(), ...jsonSpecimens(), ...ownSpecimens()];
}
