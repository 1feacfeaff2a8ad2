/** CSV on the command line: what is dumped can be built again, and what is wrong is said with its place. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type CliResult, runCli, scratchFolder } from './support/cli.js';

const scratch = scratchFolder();

const schemaPath = scratch.write('city.json', {
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
});
const schema = ['--schema', schemaPath];

async function succeeds(args: string[], input: string | Uint8Array = ''): Promise<string> {
  const { code, stdout, stderr } = await runCli(args, input);
  assert.equal(stderr, '');
  assert.equal(code, 0);
  return stdout;
}

function assertFailure({ code, stdout, stderr }: CliResult, expectedCode: number, message: RegExp): void {
  assert.match(stderr, message);
  assert.match(stderr, /^sharedbuffers: [^\n]+\n$/);
  assert.equal(stdout, '');
  assert.equal(code, expectedCode);
}

/** The records of an array that is built of CSV. */
async function recordsOf(csv: string | Uint8Array, flags = schema): Promise<unknown[]> {
  const path = scratch.path('records.array');
  await succeeds(['build', path, '--from', 'csv', ...flags], csv);
  const lines = (await succeeds(['dump', path, '--format', 'tagged'])).split('\n').slice(0, -1);
  return lines.map((line) => (JSON.parse(line) as { fields: unknown }).fields);
}

describe('build --from csv', () => {
  test('takes fields by the types of their slots', async () => {
    const csv = [
      'serial,name,population,area,capital,code,mayor',
      '9223372036854775807,"Lima, ""la""\ngris",4294967295,-1.5e3,true,TElN,"{""name"":""R. L.""}"',
      '-9007199254740993, Cusco ,+007,.5,0,"","{}"',
      '0,,0,inf,1,,',
      ',"",,NaN,FALSE,,null',
    ].join('\n');
    assert.deepEqual(await recordsOf(csv), [
      {
        serial: { $int: '9223372036854775807' },
        name: 'Lima, "la"\ngris',
        population: 4_294_967_295,
        area: { $float: '-1500.0' },
        capital: true,
        code: { $bytes: 'TElN' },
        mayor: { $struct: 'Mayor', fields: { name: 'R. L.' } },
      },
      {
        serial: { $int: '-9007199254740993' },
        name: ' Cusco ',
        population: 7,
        area: 0.5,
        capital: false,
        code: { $bytes: '' },
        mayor: { $struct: 'Mayor', fields: {} },
      },
      { serial: 0, population: 0, area: { $float: 'inf' }, capital: true },
      { name: '', area: { $float: 'nan' }, capital: false, mayor: null },
    ]);
  });

  test('takes a byte order mark, CRLF and empty lines', async () => {
    const csv = '\ufeff"name",population\r\n\r\n"a\r\nb",1\r\n  \n"",2\r\n\r\n';
    assert.deepEqual(await recordsOf(csv), [
      { name: 'a\r\nb', population: 1 },
      { name: '', population: 2 },
    ]);
  });

  test('tells an empty text from no value wherever it stands', async () => {
    const slots = ['a', 'b', 'c'].map((name) => [name, 'str']);
    const flags = ['--schema', scratch.write('texts.json', { name: 'T', slots })];
    assert.deepEqual(await recordsOf('a,b,c\n"",,""\n,"",\n"x"",""y","","z"""\n"\n",,""\n', flags), [
      { a: '', c: '' },
      { b: '' },
      { a: 'x","y', b: '', c: 'z"' },
      { a: '\n', c: '' },
    ]);
    assert.deepEqual(await recordsOf('a\n""\n\nx\n', flags), [{ a: '' }, {}, { a: 'x' }]);
  });

  test('leaves unknown columns out and names them', async () => {
    const path = scratch.path('unknown.array');
    const csv = 'country,name,,"mayor"\nC,A,x,"{""age"":5}"\n';
    const { code, stderr } = await runCli(['build', path, '--from', 'csv', ...schema], csv);
    assert.equal(code, 0);
    assert.match(stderr, /^sharedbuffers: note: .*left out: country, column 3, mayor\.age\n$/);
    assert.equal(await succeeds(['dump', path]), '{"name":"A","mayor":{}}\n');
  });

  test('takes keys from a slot, bytes too', async () => {
    const path = scratch.path('keyed.map');
    const build = ['build', path, '--from', 'csv', ...schema, '--key'];
    await succeeds([...build, 'name'], 'name,population\nLima,5\n');
    assert.equal(await succeeds(['get', path, 'Lima']), '["Lima",{"name":"Lima","population":5}]\n');
    await succeeds([...build, 'code'], 'code\nTElN\n');
    assert.equal(await succeeds(['get', path, 'LIM']), '["LIM",{"code":"TElN"}]\n');
    await succeeds([...build, 'serial'], 'serial\n9007199254740993\n');
    assert.match(await succeeds(['get', path, '9007199254740993']), /"serial":"9007199254740993"/);
  });

  test('reads large files in pieces', async () => {
    const rows = Array.from({ length: 40_000 }, (_, index) => `"city ""${index}""\nÑ",${index}\r\n`).join('');
    const input = scratch.write('large.csv', `name,population\r\n${rows}`);
    const path = scratch.path('large.array');
    await succeeds(['build', path, input, '--from', 'csv', ...schema]);
    assert.equal(
      await succeeds(['get', path, '39999']),
      `[39999,${JSON.stringify({ name: 'city "39999"\nÑ', population: 39_999 })}]\n`,
    );
    const bad = scratch.write('bad.csv', `name,population\r\n${rows}x,y\r\n`);
    assertFailure(
      await runCli(['build', path, bad, '--from', 'csv', ...schema]),
      1,
      /bad\.csv:80002: population/,
    );
  });

  const wrong: [what: string, csv: string | Uint8Array, message: RegExp][] = [
    [
      'no integer',
      'name,population\n"a\nb",1\nc,1.5\n',
      /:4: population: expected an integer \(uint32\), found "1\.5"/,
    ],
    ['too large an integer', 'name,population\na,1\nb,4294967296\n', /:3: .*City\.population: .*4294967296/],
    ['no number', 'area\n1,5\n', /:2: expected 1 fields, as the header has, found 2/],
    ['a word', 'area,name\nbig,A\n', /:2: area: expected a number \(float64\), found "big"/],
    [
      'no boolean',
      'name,capital\na,yes\n',
      /:2: capital: expected true, false, 1 or 0 \(bool\), found "yes"/,
    ],
    ['no base64', 'name,code\na,?\n', /:2: code: expected bytes as base64, found "\?"/],
    ['no JSON', 'name,mayor\na,{\n', /:2: mayor: expected JSON \(Mayor\), found "\{"/],
    ['JSON of another type', 'name,mayor\na,5\n', /:2: mayor: expected an object \(Mayor\), found 5/],
    [
      'JSON without quotes around it',
      'name,mayor\r\n"a\r\nb",\r\n"",{"name":5}\r\n',
      /:4: field 2: found a quote/,
    ],
    ['a wrong type in JSON', 'name,mayor\na,"{""name"":5}"\n', /:2: .*City\.mayor\.name: expected a string/],
    ['an open quote', 'name\n"a\nb\n', /:2: field 1: expected a closing quote, found the end/],
    [
      'text behind a quote',
      'name,area\na,1\n"b" ,1\n',
      /:3: field 1: expected a comma or the end of the line/,
    ],
    ['no UTF-8', Uint8Array.of(0x6e, 0x61, 0x6d, 0x65, 0x0a, 0x61, 0x0a, 0xff), /:3: the line is not UTF-8/],
    ['nothing', '', /standard input: there is no line with the names of the columns/],
    [
      'no header',
      'Lima,5\n',
      /:1: expected a line with the names of columns \(name, population, .*found none/,
    ],
    ['a column twice', 'name,area,name\n', /:1: the column "name" is there twice/],
  ];
  for (const [what, csv, message] of wrong) {
    test(`fails from ${what}`, async () => {
      const result = await runCli(['build', scratch.path('wrong.array'), '--from', 'csv', ...schema], csv);
      assertFailure(result, 1, message);
    });
  }

  test('fails without a key', async () => {
    const build = ['build', scratch.path('x.map'), '--from', 'csv', ...schema];
    const mapping = [...build, '--id-mapper', 'StringIdMapper'];
    assertFailure(
      await runCli(mapping, 'name\nA\n'),
      1,
      /:1: there is no column "key"; --key names the slot/,
    );
    assertFailure(
      await runCli(mapping, 'key,name\n,A\n'),
      1,
      /:2: key: expected a value, found an empty field/,
    );
    assertFailure(
      await runCli([...build, '--key', 'name'], 'name,area\n,1\n'),
      1,
      /:2: name: expected a value/,
    );
    const numeric = [...build, '--id-mapper', 'NumericIdMapper'];
    assertFailure(
      await runCli(numeric, 'key,name\nx,A\n'),
      1,
      /:2: key: expected an integer \(key\), found "x"/,
    );
  });

  test('infers a schema where there is none', async () => {
    const path = scratch.path('none');
    const { code, stderr } = await runCli(['build', path, '--from', 'csv'], 'a\n1\n');
    assert.equal(code, 0, stderr);
    assert.equal(await succeeds(['dump', path]), '{"a":1}\n');
    assertFailure(await runCli(['build', path, '--from', 'csv'], 'a\n'), 1, /no rows that a schema could/);
  });
});

describe('what dump --format csv prints, build --from csv takes back', () => {
  const rows = [
    {
      name: ' "a",\r\n',
      population: 1,
      area: 0.1,
      capital: true,
      code: '',
      serial: '-9223372036854775808',
      mayor: { name: '' },
    },
    { name: '', area: 1e300, serial: 5 },
    { name: '\rx' },
    { name: '\ufeffy', area: 3 },
    {},
  ];

  async function assertRoundTrip(path: string, flags: string[], dumpFlags: string[] = []): Promise<void> {
    const dumped = await succeeds(['dump', path, ...dumpFlags, '--format', 'csv']);
    const copy = scratch.path('copy');
    await succeeds(['build', copy, '--from', 'csv', ...flags], dumped);
    // Not the bytes: string keys are stored in the order in which they come.
    const tagged = (file: string) => succeeds(['dump', file, ...dumpFlags, '--format', 'tagged']);
    assert.equal(await tagged(copy), await tagged(path));
  }

  test('arrays', async () => {
    const path = scratch.path('all.array');
    await succeeds(['build', path, ...schema], rows.map((row) => `${JSON.stringify(row)}\n`).join(''));
    await assertRoundTrip(path, schema);
  });

  test('collections, dates and decimals', async () => {
    const types = ['list', 'tuple', 'dict', 'set', 'object', 'datetime', 'date', 'Decimal', 'buffer'];
    const slots = types.map((type) => [type.toLowerCase(), type]);
    const flags = ['--schema', scratch.write('all.json', { name: 'A', slots })];
    const path = scratch.path('types.array');
    const fields = {
      list: [1, 'x', [0.5]],
      tuple: { $tuple: [1, null] },
      dict: { $dict: [['a', 1]] },
      set: { $set: [1, 2] },
      object: '5',
      datetime: { $datetime: '2020-01-02T03:04:05.000006' },
      date: { $date: '2020-01-02' },
      decimal: { $decimal: '1.50' },
      buffer: { $bytes: '' },
    };
    const lines = [fields, {}].map((each) => `${JSON.stringify({ $struct: 'A', fields: each })}\n`);
    await succeeds(['build', path, ...flags, '--from', 'tagged'], lines.join(''));
    await assertRoundTrip(path, flags);
    const copy = scratch.path('types-copy.array');
    await succeeds(['build', copy, ...flags], await succeeds(['dump', path]));
    assert.equal(await succeeds(['dump', copy, '--format', 'tagged']), lines.join(''));
  });

  test('floats that JSON does not have', async () => {
    const flags = ['--schema', scratch.write('float.json', { name: 'F', slots: [['x', 'float32']] })];
    const path = scratch.path('floats.array');
    const floats = ['inf', '-inf', 'nan', '-0.0', '1e+30'].map((text) => ({ $float: text }));
    const lines = [...floats, 0.1].map((x) => `${JSON.stringify({ $struct: 'F', fields: { x } })}\n`);
    await succeeds(['build', path, ...flags, '--from', 'tagged'], lines.join(''));
    await assertRoundTrip(path, flags);
  });

  test('mappings, where a slot is called key too', async () => {
    const slots = [
      ['key', 'int8'],
      ['_key', 'str'],
    ];
    const flags = ['--schema', scratch.write('keys.json', { name: 'K', slots })];
    for (const [idMapper, lines] of [
      ['StringIdMapper', '["",{"key":1}]\n["a,b",{"_key":""}]\n'],
      ['NumericIdMapper', '[7,{"key":1}]\n["18446744073709551615",{}]\n'],
    ] as const) {
      const path = scratch.path('keys.map');
      const all = [...flags, '--id-mapper', idMapper];
      await succeeds(['build', path, ...all], lines);
      await assertRoundTrip(path, all);
    }
  });

  test('id mappers', async () => {
    for (const [idMapper, lines] of [
      ['StringIdMapper', '["",1]\n["\\"a\\"","9007199254740993"]\n'],
      ['NumericIdMapper', '[7,70]\n["18446744073709551615",0]\n'],
    ] as const) {
      const flags = ['--kind', 'id-mapper', '--id-mapper', idMapper];
      const path = scratch.path('ids');
      await succeeds(['build', path, ...flags], lines);
      await assertRoundTrip(path, flags);
    }
  });

  test('single objects and values', async () => {
    const path = scratch.path('single');
    const object = ['--kind', 'object', ...schema];
    await succeeds(['build', path, ...object], JSON.stringify(rows[0]));
    await assertRoundTrip(path, object, object);
    for (const [type, json] of [
      ['str', '""'],
      ['float64', '1.5'],
      ['int64', '"9007199254740993"'],
    ] as const) {
      await succeeds(['build', path, '--type', type], json);
      await assertRoundTrip(path, ['--type', type], ['--type', type]);
    }
    assertFailure(
      await runCli(['build', path, '--type', 'int8', '--from', 'csv'], 'value\n1\n2\n'),
      1,
      /:3: a single value takes one line/,
    );
  });
});
