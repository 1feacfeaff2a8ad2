/** The command line as its users meet it: what it prints, where, and with which exit code. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { before, describe, test } from 'node:test';
import { storedTypes } from '#src/schema/stored-types.js';
import { type CliResult, endOf, runCli, scratchFolder, startCli } from './support/cli.js';
import { fixturePath } from './support/fixtures.js';

const scratch = scratchFolder();

const citySchema = {
  name: 'City',
  slots: [
    ['name', 'str'],
    ['population', 'uint32'],
    ['area', 'float64'],
    ['capital', 'bool'],
    ['code', 'bytes'],
    ['serial', 'int64'],
    ['mayor', 'struct:Mayor'],
  ],
  types: [{ name: 'Mayor', slots: [['name', 'str']] }],
};
const lima = {
  name: 'Lima',
  population: 9_751_717,
  area: 2672.3,
  capital: true,
  code: 'TElN',
  serial: '9007199254740993',
  mayor: { name: 'R. L.' },
};
const cusco = { name: 'Cusco, "navel"', population: 428_450, area: 385, capital: false, mayor: null };
const cities = `${JSON.stringify(lima)}\n\n${JSON.stringify(cusco)}\n`;

const schemaPath = scratch.write('city.json', citySchema);
const citiesPath = scratch.path('cities.map');
const arrayPath = scratch.path('cities.array');
const idsPath = scratch.path('cities.ids');

async function succeeds(args: string[], input = ''): Promise<string> {
  const { code, stdout, stderr } = await runCli(args, input);
  assert.equal(stderr, '');
  assert.equal(code, 0);
  return stdout;
}

/** One line of error on stderr, nothing on stdout. */
function assertFailure({ code, stdout, stderr }: CliResult, expectedCode: number, message: RegExp): void {
  assert.match(stderr, message);
  assert.match(stderr, /^sharedbuffers: [^\n]+\n$/);
  assert.equal(stdout, '');
  assert.equal(code, expectedCode);
}

before(async () => {
  await succeeds(['build', citiesPath, '--schema', schemaPath, '--key', 'name'], cities);
  await succeeds(['build', arrayPath, '--schema', schemaPath], cities);
  await succeeds(
    ['build', idsPath, '--kind', 'id-mapper', '--id-mapper', 'NumericIdMapper'],
    '[7, 70]\n["18446744073709551615", "9007199254740993"]\n',
  );
});

describe('help', { concurrency: 2 }, () => {
  for (const command of ['build', 'info', 'get', 'dump', 'verify', 'types', 'serve', 'completion']) {
    test(`of ${command}, with examples`, async () => {
      const help = await succeeds([command, '--help']);
      assert.match(help, new RegExp(`^Usage: sharedbuffers ${command}[ |]`));
      assert.match(help, /\nExamples:\n {2}\$ /);
      if (command !== 'completion') assert.match(help, /--schema <file>/);
    });
  }

  test('of the program, and its version', async () => {
    assert.match(await succeeds(['--help']), /Commands:.*build.*Examples:/s);
    const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
      version: string;
    };
    assert.equal(await succeeds(['--version']), `${version}\n`);
  });

  test('where there is no command', async () => {
    const { code, stdout, stderr } = await runCli([]);
    assert.equal(code, 2);
    assert.equal(stdout, '');
    assert.match(stderr, /^Usage: sharedbuffers/);
  });
});

describe('wrong usage ends with 2', { concurrency: 2 }, () => {
  const wrong: [args: string[], message: RegExp][] = [
    [['bogus'], /unknown command 'bogus'/],
    [['dump'], /missing required argument 'file'/],
    [['get', citiesPath], /missing required argument 'key'/],
    [['dump', citiesPath, '--bogus'], /unknown option '--bogus'/],
    [['dump', citiesPath, '--format', 'yaml'], /'yaml' is invalid.*jsonl, csv, tagged/],
    [['dump', citiesPath, '--kind', 'table'], /'table' is invalid/],
    [['dump', citiesPath, '--id-mapper', 'Mapper'], /'Mapper' is invalid.*StringId32Mapper/],
    [['dump', citiesPath, '--offset', '1e3'], /number of bytes/],
    [['dump', fixturePath('StringIdMapper-10.bin'), '--kind', 'id-mapper'], /needs --id-mapper/],
    [['dump', citiesPath, '--kind', 'object'], /--schema is needed/],
    [['dump', citiesPath, '--kind', 'value'], /needs --type/],
    [['get', citiesPath, '--tagged', 'Lima'], /"Lima" is no JSON/],
    [['get', fixturePath('val-unicode.bin'), '--type', 'str', 'x'], /has no keys/],
    [['types', idsPath], /has no schema/],
    [['build', scratch.path('x'), '--kind', 'mapping', '--schema', schemaPath], /--id-mapper is needed/],
    [['build', scratch.path('x'), '--from', 'yaml'], /'yaml' is invalid.*jsonl, csv, tagged, parquet/],
    [
      ['build', scratch.path('x'), '--from', 'tagged', '--key', 'name', '--schema', schemaPath],
      /--key is for mappings, and not for tagged JSON/,
    ],
    [
      ['build', scratch.path('x'), '--schema', schemaPath, '--key', 'mayor'],
      /"mayor" \(a struct\) holds no keys/,
    ],
    [['build', scratch.path('x'), '--schema', schemaPath, '--key', 'nam'], /City has no slot "nam"/],
    [['build', scratch.path('x'), '--schema', schemaPath, '--duplicates', 'keep'], /--duplicates is for/],
  ];
  for (const [args, message] of wrong) {
    test(args.map((arg) => arg.replace(/^.*\//, '')).join(' '), async () => {
      assertFailure(await runCli(args), 2, message);
    });
  }
});

describe('what is wrong with files ends with 1', { concurrency: 2 }, () => {
  const bytes = () => readFileSync(citiesPath);
  const mapping = ['--kind', 'mapping', '--id-mapper', 'StringIdMapper'];
  const failing: [what: string, args: () => string[], message: RegExp][] = [
    ['no such file', () => ['info', scratch.path('none')], /none: no such file or directory/],
    ['a folder', () => ['info', scratch.path('.')], /illegal operation on a directory|not a regular file/],
    ['an empty file', () => ['dump', scratch.write('empty', '')], /empty: the file is empty/],
    [
      'a file by Python',
      () => ['dump', fixturePath('map-StringIdMapper-10.bin')],
      /does not say what it is: .* --kind mapping --id-mapper StringIdMapper/,
    ],
    ['another kind', () => ['dump', arrayPath, ...mapping], /array/],
    ['another id mapper', () => ['dump', idsPath, '--id-mapper', 'StringIdMapper'], /NumericIdMapper/],
    ['an unknown type', () => ['dump', citiesPath, '--type', 'mapped_thing'], /unknown type "mapped_thing"/],
    [
      'a truncated mapping',
      () => ['dump', scratch.write('cut', bytes().subarray(0, 400))],
      /truncated|more than|does not/,
    ],
    [
      'a truncated array',
      () => ['dump', scratch.write('cut.array', readFileSync(arrayPath).subarray(0, 300))],
      /incomplete/,
    ],
    ['a part beyond the end', () => ['dump', citiesPath, '--offset', '99999'], /99999/],
    [
      'a schema that does not fit',
      () => [
        'dump',
        citiesPath,
        '--schema',
        scratch.write('other.json', { name: 'City', slots: [['name', 'int8']] }),
      ],
      /City\.name/,
    ],
    [
      'a schema that is none',
      () => ['dump', citiesPath, '--schema', scratch.write('bad.json', '{"name"')],
      /bad\.json: the schema is no JSON/,
    ],
    [
      'no schema file',
      () => ['dump', citiesPath, '--schema', scratch.path('none.json')],
      /none\.json: no such file/,
    ],
    [
      'an entry of no bundle',
      () => ['dump', citiesPath, '--entry', 'x'],
      /expected a file of kind bundle, found mapping/,
    ],
  ];
  for (const [what, args, message] of failing) {
    test(what, async () => assertFailure(await runCli(args()), 1, message));
  }
});

describe('info', () => {
  test('as JSON', async () => {
    const info = JSON.parse(await succeeds(['info', citiesPath, '--json'])) as Record<string, unknown>;
    assert.deepEqual(Object.keys(info).sort(), [
      ...['count', 'idMapper', 'kind', 'offset', 'schema', 'sections', 'size', 'valueCount', 'versions'],
    ]);
    const { kind, idMapper, count, valueCount, size, schema } = info;
    assert.deepEqual(
      { kind, idMapper, count, valueCount, size },
      {
        kind: 'mapping',
        idMapper: 'StringIdMapper',
        count: 2,
        valueCount: 2,
        size: readFileSync(citiesPath).length,
      },
    );
    const { name, slots, types } = schema as typeof citySchema;
    assert.equal(name, 'City');
    assert.deepEqual(slots, citySchema.slots);
    assert.deepEqual(
      types.map((type) => [type.name, type.slots]),
      [['Mayor', [['name', 'str']]]],
    );
    // What it prints is a schema file.
    const again = scratch.path('again.map');
    const printed = scratch.write('printed.json', schema);
    await succeeds(['build', again, '--schema', printed, '--key', 'name'], cities);
    assert.deepEqual(readFileSync(again), readFileSync(citiesPath));
  });

  test('as text', async () => {
    const text = await succeeds(['info', citiesPath]);
    assert.match(text, /^kind +mapping$/m);
    assert.match(text, /^id mapper +StringIdMapper$/m);
    assert.match(text, /^ {2}population +uint32$/m);
    assert.match(text, /^Mayor$/m);
  });

  test('of an id mapper, and of a part of a file', async () => {
    const junk = Buffer.alloc(48, 0xa5);
    const inside = scratch.write('inside', Buffer.concat([junk, readFileSync(idsPath), junk]));
    const size = readFileSync(idsPath).length;
    const info = await succeeds(['info', inside, '--offset', '48', '--size', String(size), '--json']);
    const { kind, count, offset, ...rest } = JSON.parse(info) as Record<string, unknown>;
    assert.deepEqual(
      { kind, count, offset, size: rest.size },
      { kind: 'id-mapper', count: 2, offset: 48, size },
    );
    assert.ok(!('schema' in rest) && !('userData' in rest) && !('valueCount' in rest));
  });
});

describe('get', () => {
  test('answers with records, and null where there is none', async () => {
    const lines = (await succeeds(['get', citiesPath, 'Lima', 'Quito'])).split('\n');
    assert.deepEqual(JSON.parse(lines[0] as string), ['Lima', lima]);
    assert.equal(lines[1], '["Quito",null]');
  });

  test('takes numbers', async () => {
    const printed = await succeeds([
      'get',
      idsPath,
      '7',
      '007',
      '18446744073709551615',
      'x',
      '18446744073709551616',
    ]);
    assert.equal(
      printed,
      '[7,70]\n[7,70]\n["18446744073709551615","9007199254740993"]\n["x",null]\n["18446744073709551616",null]\n',
    );
    assert.equal(await succeeds(['get', idsPath, '--', '-1']), '[-1,null]\n');
  });

  test('takes tagged keys', async () => {
    const bytes = '{"$bytes":"TGltYQ=="}';
    const printed = await succeeds(['get', citiesPath, '--tagged', '"Lima"', bytes, '5', 'null']);
    const lines = printed
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as [unknown, unknown]);
    assert.deepEqual(
      lines.map(([key]) => key),
      ['Lima', { $bytes: 'TGltYQ==' }, 5, null],
    );
    assert.deepEqual(lines[0]?.[1], lines[1]?.[1]);
    assert.deepEqual((lines[0] as [unknown, { fields: object }])[1].fields, {
      ...lima,
      code: { $bytes: 'TElN' },
      serial: { $int: '9007199254740993' },
      mayor: { $struct: 'Mayor', fields: { name: 'R. L.' } },
    });
    assert.deepEqual([lines[2]?.[1], lines[3]?.[1]], [null, null]);
  });

  test('takes indexes of arrays, from the end where negative', async () => {
    const printed = await succeeds(['get', arrayPath, '--', '1', '-1', '2', '-3', 'x']);
    const lines = printed
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as [unknown, { name: string } | null]);
    assert.deepEqual(
      lines.map(([key, record]) => [key, record?.name]),
      [
        [1, cusco.name],
        [-1, cusco.name],
        [2, undefined],
        [-3, undefined],
        ['x', undefined],
      ],
    );
  });

  test('reads keys from standard input, each where it was asked for', async () => {
    const printed = await succeeds(['get', citiesPath, 'a', '-', 'b'], 'Lima\r\n\nß');
    const keys = printed
      .trimEnd()
      .split('\n')
      .map((line) => (JSON.parse(line) as [string])[0]);
    assert.deepEqual(keys, ['a', 'Lima', '', 'ß', 'b']);
  });

  test('says which line of standard input is wrong, after the answers before it', async () => {
    const { code, stdout, stderr } = await runCli(['get', idsPath, '--tagged', '-'], '7\n{"\n');
    assert.equal(code, 1);
    assert.equal(stdout, '[7,70]\n');
    assert.match(stderr, /^sharedbuffers: standard input:2: .* is no JSON[^\n]*\n$/);
  });
});

describe('dump', () => {
  const sorted = (text: string) => text.trimEnd().split('\n').sort();

  test('JSON lines, the key first', async () => {
    const lines = sorted(await succeeds(['dump', citiesPath]));
    assert.ok(lines.every((line) => line.startsWith('{"key":"')));
    assert.deepEqual(JSON.parse(lines[1] as string), { key: 'Lima', ...lima });
    assert.deepEqual(JSON.parse(lines[0] as string), { key: cusco.name, ...cusco });
    assert.equal(await succeeds(['dump', idsPath]), '[7,70]\n["18446744073709551615","9007199254740993"]\n');
  });

  test('what it prints can be built again', async () => {
    const dumped = await succeeds(['dump', citiesPath]);
    const copy = scratch.path('copy.map');
    await succeeds(['build', copy, '--schema', schemaPath, '--id-mapper', 'StringIdMapper'], dumped);
    assert.equal(await succeeds(['dump', copy]), dumped);
    const ids = scratch.path('copy.ids');
    await succeeds(
      ['build', ids, '--kind', 'id-mapper', '--id-mapper', 'NumericIdMapper'],
      await succeeds(['dump', idsPath]),
    );
    assert.equal(await succeeds(['dump', ids]), await succeeds(['dump', idsPath]));
  });

  test('a slot called "key" is told from the key', async () => {
    const schema = scratch.write('key.json', { name: 'K', slots: [['key', 'int8']] });
    const path = scratch.path('key.map');
    await succeeds(
      ['build', path, '--schema', schema, '--id-mapper', 'StringIdMapper'],
      '["a", {"key": 1}]\n',
    );
    assert.equal(await succeeds(['dump', path]), '["a",{"key":1}]\n');
    assert.equal(await succeeds(['dump', path, '--format', 'csv']), '_key,key\na,1\n');
  });

  test('CSV', async () => {
    const [header, ...rows] = (await succeeds(['dump', citiesPath, '--format', 'csv'])).trimEnd().split('\n');
    assert.equal(header, 'key,name,population,area,capital,code,serial,mayor');
    assert.deepEqual(rows.sort(), [
      '"Cusco, ""navel""","Cusco, ""navel""",428450,385,false,,,',
      'Lima,Lima,9751717,2672.3,true,TElN,9007199254740993,"{""name"":""R. L.""}"',
    ]);
    assert.equal(
      await succeeds(['dump', idsPath, '--format', 'csv']),
      'key,value\n7,70\n18446744073709551615,9007199254740993\n',
    );
  });

  test('ends quietly when nobody reads on', async () => {
    const path = scratch.path('many.ids');
    const lines = Array.from({ length: 200_000 }, (_, index) => `[${index},${index}]\n`).join('');
    await succeeds(['build', path, '--kind', 'id-mapper', '--id-mapper', 'NumericId32Mapper'], lines);
    assert.equal(await succeeds(['dump', path]), lines.replaceAll(' ', ''));
    const child = startCli(['dump', path]);
    const result = endOf(child);
    await once(child.stdout as NodeJS.ReadableStream, 'data');
    child.stdout?.destroy();
    const { code, stderr } = await result;
    assert.equal(stderr, '');
    assert.equal(code, 0);
  });
});

describe('verify', () => {
  test('finds nothing wrong', async () => {
    for (const path of [citiesPath, arrayPath, idsPath]) {
      assert.match(await succeeds(['verify', path]), /nothing wrong with the [a-z-]+ of 2 (rows|records)\n$/);
    }
  });

  test('says what is wrong and where, and ends with 1', async () => {
    const bytes = readFileSync(citiesPath);
    // The text of a record: not UTF-8 any more.
    const at = bytes.lastIndexOf('R. L.');
    bytes[at] = 0xff;
    const { code, stdout, stderr } = await runCli(['verify', scratch.write('broken.map', bytes)]);
    assert.equal(code, 1);
    assert.equal(stderr, '');
    assert.match(stdout, new RegExp(`broken\\.map: at offset ${at - 2}: record \\d: .*UTF-8`));
  });

  test('prints findings as JSON', async () => {
    const bytes = readFileSync(citiesPath);
    const at = bytes.lastIndexOf('R. L.');
    bytes[at] = 0xff;
    const path = scratch.write('broken.map', bytes);
    const { code, stdout } = await runCli(['verify', path, '--json']);
    assert.equal(code, 1);
    const { findings, ...rest } = JSON.parse(stdout) as { findings: { offset: number; message: string }[] };
    assert.deepEqual(rest, { file: path, kind: 'mapping', count: 2, findingCount: 1 });
    assert.equal(findings[0]?.offset, at - 2);
    assert.match(findings[0]?.message ?? '', /UTF-8/);
    const right = JSON.parse(await succeeds(['verify', citiesPath, '--json'])) as { findings: unknown[] };
    assert.deepEqual(right.findings, []);
  });

  test('sees rows out of order', async () => {
    const bytes = readFileSync(idsPath);
    const rows = Number(bytes.readBigUInt64LE(8));
    bytes.writeBigUInt64LE(2n ** 64n - 1n, rows);
    bytes.writeBigUInt64LE(7n, rows + 16);
    const { code, stdout } = await runCli(['verify', scratch.write('disorder.ids', bytes)]);
    assert.equal(code, 1);
    assert.match(stdout, new RegExp(`at offset ${rows + 16}: row 1 of the id table is out of order`));
  });
});

describe('types', () => {
  test('are what records read as', async () => {
    assert.equal(
      await succeeds(['types', citiesPath]),
      [
        'export interface City {',
        '  readonly name?: string | null;',
        '  readonly population?: number | null;',
        '  readonly area?: number | null;',
        '  readonly capital?: boolean | null;',
        '  readonly code?: Uint8Array | null;',
        '  readonly serial?: bigint | null;',
        '  readonly mayor?: Mayor | null;',
        '}',
        '',
        'export interface Mayor {',
        '  readonly name?: string | null;',
        '}',
        '',
      ].join('\n'),
    );
  });

  test('compile under strict compilers, and say what records read as', async () => {
    const folder = scratch.path('declared');
    mkdirSync(`${folder}/node_modules`, { recursive: true });
    symlinkSync(resolve('.'), `${folder}/node_modules/sharedbuffers`, 'junction');
    const names = [...storedTypes.values()].map(({ jsonName }) => jsonName);
    const schema = scratch.write('all.json', {
      name: 'Tuple',
      slots: [...names.map((name): [string, string] => [`a ${name}`, name]), ['self', 'struct:Tuple']],
    });
    const path = scratch.path('all.array');
    await runCli(['build', path, '--schema', schema], '{"a int8": 1}\n');
    writeFileSync(`${folder}/declared.ts`, await succeeds(['types', path, '--schema', schema]));
    writeFileSync(
      `${folder}/use.ts`,
      `import type { DateTime, DictView, NdArray, Tuple } from 'sharedbuffers';
import type { Tuple2 } from './declared.js';
export function read(record: Tuple2) {
  const when: DateTime | null | undefined = record['a datetime'];
  const dict: DictView | null | undefined = record['a proxied_dict'];
  const array: NdArray | null | undefined = record['a ndarray'];
  const tuple: Tuple | null | undefined = record['a tuple'];
  const deep: number | null | undefined = record.self?.self?.['a int8'];
  const wide: bigint | null | undefined = record['a uint64'];
  return [when, dict, array, tuple, deep, wide];
}
`,
    );
    const compilerOptions = { strict: true, noEmit: true, module: 'nodenext', types: [] };
    writeFileSync(`${folder}/tsconfig.json`, JSON.stringify({ compilerOptions, files: ['use.ts'] }));
    for (const compiler of ['typescript', 'typescript-5']) {
      const tsc = resolve('node_modules', compiler, 'bin', 'tsc');
      const { stdout, status } = spawnSync(process.execPath, [tsc, '-p', folder], { encoding: 'utf8' });
      assert.equal(status, 0, stdout);
    }
  });

  test('have names that TypeScript takes', async () => {
    const schema = scratch.write('odd.json', {
      name: '1 odd-name',
      slots: [
        ['a b', 'int'],
        ['ñ', 'struct:string'],
      ],
      types: [{ name: 'string', slots: [] }],
    });
    const path = scratch.path('odd.array');
    await succeeds(['build', path, '--schema', schema], '{"a b": 1}\n');
    assert.equal(
      await succeeds(['types', path]),
      'export interface _1_odd_name {\n  readonly "a b"?: number | bigint | null;\n  readonly ñ?: string2 | null;\n}\n\nexport interface string2 {\n}\n',
    );
  });
});

describe('build', () => {
  test('says what it built', async () => {
    const path = scratch.path('said.map');
    const said = await succeeds(['build', path, '--schema', schemaPath, '--key', 'name'], cities);
    assert.match(said, /said\.map: 2 entries, [0-9.]+ (bytes|KiB), \d+\.\d\d s\n$/);
  });

  test('reads a file', async () => {
    const input = scratch.write('cities.jsonl', `\ufeff${cities}`);
    const path = scratch.path('fromfile.map');
    await succeeds(['build', path, input, '--schema', schemaPath, '--key', 'population']);
    assert.match(await succeeds(['get', path, '428450']), /^\[428450,\{"name":"Cusco/);
  });

  test('names fields that the schema does not', async () => {
    const path = scratch.path('extra.array');
    const { code, stderr } = await runCli(
      ['build', path, '--schema', schemaPath],
      '{"name": "A", "mayor": {"name": "B", "age": 5}, "country": "C"}\n',
    );
    assert.equal(code, 0);
    assert.match(stderr, /^sharedbuffers: note: .*: mayor\.age, country\n$/);
  });

  test('warns of what Python could not read', async () => {
    const schema = scratch.write('slot.json', { name: 'P', slots: [['slot', 'int']] });
    const { code, stderr } = await runCli(
      ['build', scratch.path('slot.array'), '--schema', schema],
      '{"slot": 1}\n',
    );
    assert.equal(code, 0);
    assert.match(stderr, /^sharedbuffers: note: P\.slot: Python reserves/);
  });

  test('a single object and a single value', async () => {
    const path = scratch.path('single');
    const object = ['--kind', 'object', '--schema', schemaPath];
    await succeeds(['build', path, ...object], JSON.stringify(lima));
    assert.deepEqual(JSON.parse(await succeeds(['dump', path, ...object])), lima);
    await succeeds(['build', path, '--type', 'str'], '"Ñandú"');
    assert.equal(await succeeds(['dump', path, '--type', 'str']), '"Ñandú"\n');
    await succeeds(['build', path, '--type', 'uint16'], '513');
    assert.deepEqual([...readFileSync(path)], [1, 2]);
    assertFailure(
      await runCli(['build', path, '--type', 'str'], '"a"\n"b"\n'),
      1,
      /input:2: .* takes one line/,
    );
    assertFailure(await runCli(['build', path, '--type', 'str'], ''), 1, /no line/);
    assert.deepEqual([...readFileSync(path)], [1, 2]);
  });

  const target = ['--schema', schemaPath, '--key', 'name'];
  const wrongInput: [what: string, input: string | Uint8Array, message: RegExp][] = [
    ['no JSON', '{"name": "A"}\n{"name"\n', /standard input:2: the line is no JSON/],
    ['no object', '{"name": "A"}\n5\n', /standard input:2: there is no "name" in 5/],
    ['no key', '{"population": 5}\n', /standard input:1: there is no "name"/],
    ['not UTF-8', Uint8Array.of(0x22, 0xff, 0x22), /standard input:1: the line is not UTF-8/],
    [
      'out of range',
      '{"name": "A"}\n\n{"name": "B", "population": -1}\n{"name": "C"}\n',
      /standard input:3: .*City\.population: .*-1/,
    ],
    ['a wrong type', '{"name": "A", "capital": 1}\n', /standard input:1: .*City\.capital/],
    ['no base64', '{"name": "A", "code": "?"}\n', /standard input:1: code: expected bytes as base64/],
    [
      'an integer that JSON rounds',
      '{"name": "A", "serial": 9007199254740993}\n',
      /serial: .*write it as a string/,
    ],
    ['a key twice', '{"name": "A"}\n{"name": "A"}\n', /^sharedbuffers: (?!standard).*"A"/],
  ];
  for (const [what, input, message] of wrongInput) {
    test(`from ${what} fails and leaves nothing`, async () => {
      const folder = scratch.path(`wrong ${what}`);
      mkdirSync(folder);
      assertFailure(await runCli(['build', `${folder}/x.map`, ...target], input), 1, message);
      assert.deepEqual(readdirSync(folder), []);
    });
  }

  test('leaves the file that is there as it is when it fails', async () => {
    const path = scratch.path('kept');
    writeFileSync(path, 'as it was');
    assertFailure(await runCli(['build', path, ...target], 'x\n'), 1, /no JSON/);
    assert.equal(readFileSync(path, 'utf8'), 'as it was');
    assertFailure(
      await runCli(['build', scratch.path('no/such/folder/x'), ...target], cities),
      1,
      /no such file/,
    );
    assertFailure(
      await runCli(['build', path, scratch.path('none.jsonl'), ...target]),
      1,
      /none\.jsonl: no such file/,
    );
  });

  test('says so where the input is given before the file to build', async () => {
    const input = scratch.path('first.jsonl');
    writeFileSync(input, cities);
    const out = scratch.path('second.map');
    assertFailure(
      await runCli(['build', input, out, ...target]),
      2,
      /second\.map: .*the file to build comes first/,
    );
    assert.equal(readFileSync(input, 'utf8'), cities);
    assert.ok(!existsSync(out));
  });

  test('by policy where keys are equal', async () => {
    const twice = '{"name": "A", "population": 1}\n{"name": "A", "population": 2}\n';
    const path = scratch.path('twice.map');
    for (const [policy, population, count] of [
      ['first', 1, 1],
      ['last', 2, 1],
      ['keep', 1, 2],
    ] as const) {
      await succeeds(['build', path, ...target, '--duplicates', policy], twice);
      assert.equal(await succeeds(['get', path, 'A']), `["A",{"name":"A","population":${population}}]\n`);
      assert.equal((JSON.parse(await succeeds(['info', path, '--json'])) as { count: number }).count, count);
    }
  });

  test('ends with 130 when interrupted, and leaves nothing', {
    skip: process.platform === 'win32',
  }, async () => {
    const folder = scratch.path('interrupted');
    mkdirSync(folder);
    const child = startCli(['build', `${folder}/x.map`, ...target]);
    const result = endOf(child);
    child.stdin?.write('{"name": "A"}\n');
    // Its temporary files show that it is at work.
    while (readdirSync(folder).length === 0) await new Promise((resolve) => setTimeout(resolve, 20));
    child.kill('SIGINT');
    const { code } = await result;
    assert.equal(code, 130);
    assert.deepEqual(readdirSync(folder), []);
    assert.ok(!existsSync(`${folder}/x.map`));
  });
});
