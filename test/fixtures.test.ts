/** The given fixtures, which the Python library built: what it reads of them is read here too. */
import assert from 'node:assert/strict';
import { rmSync } from 'node:fs';
import { Readable } from 'node:stream';
import { describe, test } from 'node:test';
import { type BuildRequest, planContainer } from '#src/cli/build-plan.js';
import { planSingle, writeWhole } from '#src/cli/build-single.js';
import { taggedLine } from '#src/cli/commands/dump.js';
import { Input } from '#src/cli/input.js';
import { keyFromTagged } from '#src/cli/keys.js';
import { openSource } from '#src/cli/open-source.js';
import { registerTypes, schemaFileOf } from '#src/cli/schema-file.js';
import type { Kind, Selection } from '#src/cli/selection.js';
import type { Source } from '#src/cli/source.js';
import { FindingList } from '#src/containers/findings.js';
import type { Tagged } from '#src/exact/tagged.js';
import { schemasFromJson } from '#src/schema/schema-json.js';
import { runCli, scratchFolder } from './support/cli.js';
import { assertList, assertTagged, groupByKey, sortCanonically } from './support/content.js';
import { fixturePath } from './support/fixtures.js';
import {
  type Fixture,
  fixtures,
  flagsOf,
  type ListedContent,
  schemaJsonOf,
  whatIsMissing,
} from './support/manifest.js';
import { describeStored } from './support/stored-schemas.js';

// Naive datetimes are in local time, and the fixtures were made in UTC.
process.env.TZ = 'UTC';

const readable = fixtures.filter((fixture) => whatIsMissing(fixture) === undefined);
/** Bundles and pools hold several things, each of which is read as such. */
const isSeveral = ({ kind }: Fixture) => kind === 'zip-bundle' || kind === 'pool-dump';
const succeeding = readable.filter((fixture) => fixture.expect_error === undefined && !isSeveral(fixture));

let forgetTypes = () => {};

/** What the flags of FORMAT.md say of a fixture, but for its place in the file. Its types are known from then on. */
function selectionFor(fixture: Fixture): Selection {
  const hasSchema = fixture.schema !== undefined || fixture.types !== undefined;
  const schema = hasSchema ? schemaFileOf(schemasFromJson(schemaJsonOf(fixture))) : undefined;
  forgetTypes();
  forgetTypes = schema === undefined ? () => {} : registerTypes(schema);
  return {
    kind: fixture.kind.replace('packed-', '') as Kind,
    type: fixture.classes.type,
    idMapper: fixture.classes.IdMapper,
    schema,
  };
}

function open(fixture: Fixture, path = fixturePath(fixture.file)): Source {
  return openSource(path, { ...selectionFor(fixture), offset: fixture.offset, size: fixture.size });
}

function exactRows(source: Source): [Tagged, Tagged][] {
  return Array.from({ length: source.count }, (_, index) => {
    const { key, value } = source.row(index);
    return [key === undefined ? index : key.exact(), value.exact()];
  });
}

function checkContent(source: Source, fixture: Fixture): void {
  if (fixture.kind.startsWith('packed-')) {
    assertTagged(source.row(0).value.exact(), fixture.expected as Tagged, 'the value');
    return;
  }
  const expected = fixture.expected as ListedContent;
  const description = source.describe();
  assert.equal(description.count, expected.count, 'count');
  assert.equal(description.valueCount, expected.value_count, 'value count');
  assertTagged(description.userData, expected.user_data, 'user data');
  const rows = exactRows(source);
  if (fixture.kind === 'array') {
    assertList(rows, expected.items, expected.items_listed, expected.sha256_items, 'items');
    return;
  }
  const isMulti = fixture.classes.IdMapper?.includes('Multi') === true;
  const entries = sortCanonically(isMulti ? groupByKey(rows) : rows);
  assertList(entries, expected.entries, expected.entries_listed, expected.sha256_entries, 'entries');
  checkLookups(source, expected);
}

/** Each entry, read through the flag that names it. */
function checkBundle(fixture: Fixture): void {
  const path = fixturePath(fixture.file);
  const expected = fixture.expected as { entry: string; content: unknown }[];
  for (const [index, entry] of (fixture.entries ?? []).entries()) {
    assert.equal(expected[index]?.entry, entry.entry);
    const source = openSource(path, { ...selectionFor(entry), entry: entry.entry });
    try {
      checkContent(source, { ...entry, expected: expected[index]?.content });
      checkClean(source);
    } finally {
      source.close();
    }
  }
  for (const entry of fixture.refused_entries ?? []) {
    assert.throws(() => openSource(path, { kind: 'array', entry }), {
      code: 'ERR_SHAREDBUFFERS_UNSUPPORTED',
    });
  }
  const whole = openSource(path, {});
  checkClean(whole);
  whole.close();
}

/** Each record, at its position. */
function checkPool(fixture: Fixture): void {
  const expected = fixture.expected as ListedContent;
  const selection = { ...selectionFor(fixture), kind: 'object' as const };
  assert.equal(fixture.positions?.length, expected.count);
  const items = (fixture.positions ?? []).map((position): Tagged => {
    const source = openSource(fixturePath(fixture.file), { ...selection, offset: position });
    try {
      checkClean(source);
      return [position, source.row(0).value.exact()];
    } finally {
      source.close();
    }
  });
  assertList(items, expected.items, expected.items_listed, expected.sha256_items, 'items');
}

function checkClean(source: Source): void {
  const findings = new FindingList();
  for (const _ of source.verify(findings));
  assert.deepEqual(findings.list, []);
}

function checkLookups(source: Source, { lookups = [], absent = [] }: ListedContent): void {
  const find = (key: Tagged) => source.find(keyFromTagged(key, source.keys ?? 'string'));
  for (const [key, value] of lookups) {
    assertTagged(find(key)?.exact() ?? null, value, `the value of ${JSON.stringify(key)}`);
  }
  for (const key of absent) assert.equal(find(key), undefined, `${JSON.stringify(key)} is absent`);
}

/** The schema that the file stores, without the one that it is read with. */
function checkStoredSchema(fixture: Fixture): void {
  const { stored_schema } = (fixture.expected ?? {}) as ListedContent;
  if (stored_schema === undefined || fixture.no_stored_schema) return;
  const source = open({ ...fixture, schema: undefined as never });
  try {
    assert.deepEqual(source.schema && describeStored(source.schema.toStored()), stored_schema);
  } finally {
    source.close();
  }
}

function countBy(reasons: string[]): string {
  const counts = new Map<string, number>();
  for (const reason of reasons) counts.set(reason, (counts.get(reason) ?? 0) + 1);
  return [...counts]
    .sort((a, b) => b[1] - a[1] || a[0].localeCompare(b[0]))
    .map(([reason, count]) => `${count} for ${reason}`)
    .join(', ');
}

describe('the given fixtures', () => {
  let checked = 0;

  for (const fixture of readable) {
    test(fixture.name, () => {
      if (fixture.expect_error !== undefined) {
        assert.throws(() => open(fixture).close());
      } else if (fixture.kind === 'zip-bundle') {
        checkBundle(fixture);
      } else if (fixture.kind === 'pool-dump') {
        checkPool(fixture);
      } else {
        const source = open(fixture);
        try {
          checkContent(source, fixture);
          checkClean(source);
        } finally {
          source.close();
        }
        checkStoredSchema(fixture);
      }
      checked++;
    });
  }

  test('are checked wherever the library reads what they hold', (context) => {
    const left = fixtures.flatMap((fixture) => whatIsMissing(fixture) ?? []);
    const remark = left.length === 0 ? '' : `; left to later work: ${countBy(left)}`;
    context.diagnostic(`checked ${checked} of ${fixtures.length}${remark}`);
    assert.equal(checked + left.length, fixtures.length);
    // With fixed-size types, text, bytes and structs, and the four simple id mappers.
    assert.ok(checked >= 111, `${checked} were checked`);
  });
});

/** One fixture of each sort, told apart by what the flags and the output depend on. */
function oneOfEach(all: readonly Fixture[]): Fixture[] {
  const sorts = new Map<string, Fixture>();
  for (const fixture of all) {
    const { kind, classes, offset, schema, types, expected } = fixture;
    const isEmpty = (expected as ListedContent | null)?.count === 0;
    const sort = [
      kind,
      classes.IdMapper,
      classes.type,
      Boolean(offset),
      isEmpty,
      types && schema !== undefined,
    ];
    const key = JSON.stringify(sort);
    if (!sorts.has(key)) sorts.set(key, fixture);
  }
  return [...sorts.values()];
}

describe('what the given fixtures hold, built again from its dump', () => {
  const scratch = scratchFolder();

  async function buildAgain(fixture: Fixture, lines: string[], path: string): Promise<void> {
    const request: BuildRequest = { ...selectionFor(fixture), from: 'tagged' };
    const kind = request.kind as Exclude<Kind, 'bundle'>;
    const input = new Input(Readable.from([Buffer.from(lines.join('\n'))]), 'lines');
    if (kind === 'object' || kind === 'value') {
      const single = planSingle(kind, request);
      for await (const entry of single.read(input)) await writeWhole(path, single.pack(entry));
      return;
    }
    const plan = planContainer(kind, request);
    await plan.build(plan.read(input), path, plan.hasKeys ? { duplicates: 'keep' } : {});
  }

  for (const fixture of succeeding) {
    test(fixture.name, async () => {
      const linesOf = (source: Source) => {
        const lines = Array.from({ length: source.count }, (_, index) => taggedLine(source.row(index)));
        source.close();
        return lines;
      };
      const lines = linesOf(open(fixture));
      const path = scratch.path(fixture.file);
      await buildAgain(fixture, lines, path);
      assert.deepEqual(linesOf(open({ ...fixture, offset: 0, size: undefined as never }, path)), lines);
      // What the file says of itself has to suffice, where it says something.
      if (!fixture.kind.startsWith('packed-')) assert.deepEqual(linesOf(openSource(path, {})), lines);
      rmSync(path);
    });
  }
});

describe('the command line reads the given fixtures', { concurrency: 2 }, () => {
  const scratch = scratchFolder();

  function argumentsFor(fixture: Fixture): string[] {
    const flags = flagsOf(fixture);
    if (fixture.schema === undefined && fixture.types === undefined)
      return [fixturePath(fixture.file), ...flags];
    const schema = scratch.write(`${fixture.name}.json`, schemaJsonOf(fixture));
    return [fixturePath(fixture.file), ...flags, '--schema', schema];
  }

  const parseLines = (text: string) =>
    text
      .split('\n')
      .slice(0, -1)
      .map((line) => JSON.parse(line) as Tagged);

  for (const fixture of oneOfEach(succeeding)) {
    test(`dump and get of ${fixture.name}`, async () => {
      const dumped = await runCli(['dump', ...argumentsFor(fixture), '--format', 'tagged']);
      assert.equal(dumped.stderr, '');
      assert.equal(dumped.code, 0);
      const source = open(fixture);
      const rows = exactRows(source);
      source.close();
      const isKeyed = fixture.kind === 'mapping' || fixture.kind === 'id-mapper';
      const expected = isKeyed ? rows : rows.map(([, value]) => value);
      assertTagged(parseLines(dumped.stdout), expected, 'dump');
      if (!isKeyed) return;
      const { lookups = [], absent = [] } = fixture.expected as ListedContent;
      const keys = [...lookups.map(([key]) => key), ...absent].map((key) => JSON.stringify(key));
      if (keys.length === 0) return;
      const got = await runCli(['get', ...argumentsFor(fixture), '--tagged', '-'], `${keys.join('\n')}\n`);
      assert.equal(got.stderr, '');
      assert.equal(got.code, 0);
      const nothing = fixture.classes.IdMapper?.includes('Multi') === true ? [] : null;
      const answers = [...lookups, ...absent.map((key): [Tagged, Tagged] => [key, nothing])];
      assertTagged(parseLines(got.stdout), answers, 'get');
    });
  }

  for (const fixture of readable.filter(({ expect_error }) => expect_error !== undefined)) {
    test(`refuses ${fixture.name}`, async () => {
      const { code, stdout, stderr } = await runCli(['dump', ...argumentsFor(fixture), '--format', 'tagged']);
      assert.equal(code, 1);
      assert.equal(stdout, '');
      assert.match(stderr, /^sharedbuffers: [^\n]+\n$/);
    });
  }
});
