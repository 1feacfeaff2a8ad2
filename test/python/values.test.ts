/** Values made at random, over all slot types: packed here and read by Python, packed by Python and read here. */
import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import fc from 'fast-check';
import { arrayOf, type Schema } from 'sharedbuffers';
import { registerTypes, schemaFileOf } from '#src/cli/schema-file.js';
import { FindingList } from '#src/containers/findings.js';
import { canonicalTagged } from '#src/exact/canonical.js';
import type { Tagged } from '#src/exact/tagged.js';
import { Region } from '#src/region.js';
import { schemasFromJson } from '#src/schema/schema-json.js';
import { jsonOf, registerStructs, type World, worlds } from '../support/arbitrary-schemas.js';
import { fromBase64, runPython, toBase64 } from '../support/python.js';
import { withoutFloats } from '../support/without-floats.js';

const seed = Number(process.env.SEED ?? Date.now() % 1_000_000);
const worldCount = 75;
const recordCount = 20;

interface Job {
  do: 'read' | 'pack';
  schema: object;
  records?: Tagged[];
  array?: string;
  as?: 'records' | 'array';
}

interface Answer {
  error?: string;
  records?: Tagged[];
  array?: string;
}

/** Recursive schemas are stored, but Python cannot unpickle what it stores of them. */
const isArray = ({ root }: World, index: number) => index % 2 === 1 && !root.isRecursive;

function assertSame(found: readonly Tagged[] | undefined, world: World, note: string): void {
  assert.equal(found?.length, world.records.length, note);
  world.records.forEach((record, index) => {
    const text = canonicalTagged(found?.[index] as Tagged);
    if (text !== canonicalTagged(record))
      assert.deepEqual(
        found?.[index],
        record,
        `${note}, record ${index} of ${JSON.stringify(jsonOf(world))}`,
      );
  });
}

/** Runs with the world's structs known by their typecodes. @param typed whether the members of collections have types */
function withSchema<T>(world: World, typed: boolean, run: (schema: Schema) => T): T {
  if (typed) {
    const unregister = registerStructs(world);
    try {
      return run(world.root.schema);
    } finally {
      unregister();
    }
  }
  const file = schemaFileOf(schemasFromJson(jsonOf(world)));
  const unregister = registerTypes(file);
  try {
    return run(file.root as Schema);
  } finally {
    unregister();
  }
}

function exactRecord(schema: Schema, bytes: Uint8Array): Tagged {
  return schema.reader.exactAt(Region.fromBytes(bytes), 0, 0);
}

function exactRecords(schema: Schema, bytes: Uint8Array): Tagged[] {
  const { source } = arrayOf(schema).from(bytes);
  const at = (number: number) => source.reader.exactAt(source.region, source.position(number), 0);
  return Array.from({ length: source.count }, (_, number) => at(number));
}

/** What `verify` says of a record. */
function findingsOf(schema: Schema, bytes: Uint8Array): string[] {
  const findings = new FindingList();
  schema.reader.verifyAt(Region.fromBytes(bytes), 0, 0, findings);
  return findings.list.map(({ message }) => message);
}

describe(`values of all types (SEED=${seed})`, () => {
  before(() => {
    process.env.TZ = 'UTC';
  });

  it('are read by Python as they were packed here', () => {
    const sample = fc.sample(worlds(recordCount, 'both'), { numRuns: worldCount, seed });
    const jobs = sample.map((world, index): Job => {
      // every other world with types of members
      return withSchema(world, index % 4 < 2, (schema) => {
        const records = world.records.map((record) => schema.fromExact(record));
        const job = { do: 'read', schema: jsonOf(world) } as const;
        if (isArray(world, index)) return { ...job, array: toBase64(arrayOf(schema).buildSync(records)) };
        return { ...job, records: records.map((record) => toBase64(schema.pack(record))) };
      });
    });
    runPython<Answer>('values.py', jobs).forEach(({ error, records }, index) => {
      const world = sample[index] as World;
      assert.equal(error, undefined, `world ${index}: ${JSON.stringify(jsonOf(world))}`);
      assertSame(records, world, `world ${index}`);
    });
  });

  it('are read here as Python packed them', () => {
    const sample = (['booleans', 'integers'] as const).flatMap((bits) =>
      fc.sample(worlds(recordCount, bits), { numRuns: Math.ceil(worldCount / 2), seed }),
    );
    const jobs = sample.map((world, index): Job => {
      const as = isArray(world, index) ? 'array' : 'records';
      return { do: 'pack', schema: jsonOf(world), records: world.records, as };
    });
    runPython<Answer>('values.py', jobs).forEach(({ error, records, array }, index) => {
      const world = sample[index] as World;
      const note = `world ${index}`;
      assert.equal(error, undefined, `${note}: ${JSON.stringify(jsonOf(world))}`);
      for (const typed of [false, true]) {
        withSchema(world, typed, (schema) => {
          if (array !== undefined) return assertSame(exactRecords(schema, fromBase64(array)), world, note);
          const packed = records?.map((record) => fromBase64(record as string)) ?? [];
          assertSame(
            packed.map((bytes) => exactRecord(schema, bytes)),
            world,
            note,
          );
          for (const bytes of packed) assert.deepEqual(findingsOf(schema, bytes), [], note);
          const again = packed.map((bytes) =>
            exactRecord(schema, schema.pack(schema.unpackFrom(bytes) as never)),
          );
          assert.deepEqual(
            again.map(withoutFloats),
            world.records.map(withoutFloats),
            `${note}, packed again`,
          );
        });
      }
    });
  });
});
