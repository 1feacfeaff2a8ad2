import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { canonicalTagged, taggedDict, taggedSet } from '#src/exact/canonical.js';
import { isTaggedObject, type Tagged, untag } from '#src/exact/tagged.js';
import { userDataToTagged } from '#src/exact/user-data.js';
import { readSchemaPickle } from '#src/schema/pickle-reader.js';
import { writeSchemaPickle } from '#src/schema/pickle-writer.js';
import type { StoredSchema } from '#src/schema/stored.js';
import { storageOrder, storedTypes } from '#src/schema/stored-types.js';
import { float } from '#src/types/float.js';
import { tuple } from '#src/types/tuple.js';
import { randomNumbers } from '../support/random.js';
import { describeStored, storedSchema } from '../support/stored-schemas.js';

const script = fileURLToPath(new URL('../../../test/python/schema_pickles.py', import.meta.url));
const seed = Number(process.env.SEED ?? Date.now() % 1_000_000);
const folder = mkdtempSync(join(tmpdir(), 'sharedbuffers-pickles-'));
after(() => rmSync(folder, { recursive: true }));

interface Understood {
  name: string;
  schema: unknown;
  user_data: Tagged;
}

function python(command: string, folder: string, ...args: string[]): Understood[] {
  const executable = process.env.SHAREDBUFFERS_PYTHON;
  assert.ok(executable, 'SHAREDBUFFERS_PYTHON names the Python that has the library');
  const { status, stdout, stderr } = spawnSync(executable, [script, command, folder, ...args], {
    encoding: 'utf8',
    maxBuffer: 1 << 28,
    env: { ...process.env, TZ: 'UTC', PYTHONIOENCODING: 'utf8' },
  });
  assert.equal(status, 0, stderr);
  return stdout
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Understood);
}

function newFolder(name: string): string {
  const path = join(folder, name);
  mkdirSync(path);
  return path;
}

/** Python prints sets and dicts in an order of its own. */
function sorted(tagged: Tagged): Tagged {
  if (Array.isArray(tagged)) return tagged.map(sorted);
  if (!isTaggedObject(tagged)) return tagged;
  const members = untag(tagged, '$set');
  if (Array.isArray(members)) return taggedSet(members.map(sorted));
  const entries = untag(tagged, '$dict');
  if (Array.isArray(entries)) return taggedDict(entries.map((entry) => sorted(entry) as [Tagged, Tagged]));
  return Object.fromEntries(Object.entries(tagged).map(([key, value]) => [key, sorted(value)]));
}

function assertUnderstood(schema: StoredSchema, expected: Understood, note: string): void {
  assert.deepEqual(describeStored(schema), expected.schema, note);
  const userData = userDataToTagged(schema.userData ?? null);
  assert.equal(canonicalTagged(sorted(userData)), canonicalTagged(sorted(expected.user_data)), note);
}

test(`what Python pickles is read and written again (SEED=${seed})`, () => {
  const theirs = newFolder('theirs');
  const ours = newFolder('ours');
  const written = python('write', theirs, String(seed), '100');
  for (const expected of written) {
    const schema = readSchemaPickle(readFileSync(join(theirs, expected.name)), { exactFloats: true });
    assertUnderstood(schema, expected, expected.name);
    writeFileSync(join(ours, expected.name), writeSchemaPickle(schema));
  }
  assert.deepEqual(python('read', ours).map(normal), written.map(normal));
});

function normal({ name, schema, user_data }: Understood): Understood {
  return { name, schema, user_data: sorted(user_data) };
}

/** Schemas that refer to each other in any way, cycles included. */
function randomGraph(random: (below: number) => number): StoredSchema {
  const names = [...storedTypes.keys()];
  const schemas = Array.from({ length: 1 + random(6) }, () => storedSchema({}, { version: 1 + random(2) }));
  for (const schema of schemas) {
    for (let i = random(5); i > 0; i--) schema.slotTypes.set(`v${i}`, names[random(names.length)] as string);
    for (let i = random(4); i > 0; i--) {
      schema.slotTypes.set(`n${i}`, schemas[random(schemas.length)] as StoredSchema);
    }
    schema.slotKeys = storageOrder(schema.slotTypes);
  }
  return schemas[0] as StoredSchema;
}

test(`what is pickled here is loaded by Python, recursive schemas too (SEED=${seed})`, () => {
  const random = randomNumbers(seed);
  const userData = {
    text: 'é名😀',
    float: float(3),
    big: [2n ** 64n, -(2n ** 100n), -1, 255, 65536],
    bytes: [new Uint8Array(0), Uint8Array.of(0, 200, 10)],
    mixed: new Map<unknown, unknown>([
      [tuple(1, 'a'), new Set([1, tuple(2)])],
      [null, tuple()],
    ]),
  };
  const path = newFolder('graphs');
  // half of the roots are copies that share their slots with a schema below them
  const schemas = Array.from({ length: 200 }, (_, i) => {
    const schema = randomGraph(random);
    return i % 2 ? { ...schema, userData } : Object.assign(schema, { userData });
  });
  for (const [i, schema] of schemas.entries()) {
    writeFileSync(join(path, `${String(i).padStart(3, '0')}.pickle`), writeSchemaPickle(schema));
  }
  const understood = python('read', path);
  assert.equal(understood.length, schemas.length);
  for (const [i, schema] of schemas.entries()) {
    const again = readSchemaPickle(writeSchemaPickle(schema), { exactFloats: true });
    assertUnderstood(again, understood[i] as Understood, `${i}`);
    assert.deepEqual(describeStored(again), describeStored(schema));
  }
});
