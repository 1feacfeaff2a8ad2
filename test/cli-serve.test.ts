/** The page of `sharedbuffers serve`: who gets it, and what it is answered. How it looks is for test/browser. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { after, before, describe, test } from 'node:test';
import {
  arrayOf,
  Bundle,
  mappingOf,
  multiMappingOf,
  ObjectIdMapper,
  Schema,
  StringIdMapper,
  StringIdMultiMapper,
  t,
  tuple,
} from 'sharedbuffers';
import type { Preview } from '#src/cli/serve/preview.js';
import { endOf, runCli, scratchFolder } from './support/cli.js';
import { fetchRaw, type Served, startServing } from './support/serve.js';

const scratch = scratchFolder();

const Mayor = new Schema('Mayor', { name: t.text, since: t.date.optional() });
const City = new Schema('City', {
  name: t.text,
  population: t.uint32,
  serial: t.int64.optional(),
  mayor: Mayor.optional(),
  tags: t.list().optional(),
  code: t.bytes.optional(),
});
const Cities = mappingOf(StringIdMapper, City);

const lima = {
  name: 'Lima',
  population: 9_751_717,
  serial: 9_007_199_254_740_993n,
  mayor: { name: 'R. L.', since: '2023-01-01' },
  tags: ['port', 1, [2, 3], null],
  code: Uint8Array.of(0, 255),
};

const running: Served[] = [];
after(async () => {
  for (const { child } of running) {
    child.kill();
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
  }
});

async function serve(...args: string[]): Promise<URL> {
  const served = await startServing(args);
  running.push(served);
  return served.url;
}

async function ask<T>(
  url: URL,
  question: string,
  parameters: Record<string, string | number> = {},
): Promise<T> {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(parameters)) query.set(name, String(value));
  const { status, body } = await fetchRaw(new URL(`api/${question}?${query}`, url));
  assert.equal(status, 200, body);
  return JSON.parse(body) as T;
}

interface Rows {
  count: number;
  rows: { row: number; key?: Preview; value: Preview }[];
}

const memberOf = (value: Preview | undefined, label: string) =>
  value?.members?.find((member) => member.label === label)?.value;

let citiesPath: string;
let cities: URL;
before(async () => {
  citiesPath = scratch.path('cities.map');
  await Cities.build(
    [
      ['Lima', lima],
      ['Cusco', { name: 'Cusco', population: 428_450 }],
    ] as never,
    citiesPath,
  );
  cities = await serve(citiesPath);
});

describe('who gets an answer', () => {
  test('the page has what it needs, and may load nothing else', async () => {
    const page = await fetchRaw(cities);
    assert.equal(page.status, 200);
    assert.match(String(page.headers['content-security-policy']), /^default-src 'none'; script-src 'self';/);
    assert.equal(page.headers['x-content-type-options'], 'nosniff');
    assert.equal(page.headers['referrer-policy'], 'no-referrer');
    const named = [...page.body.matchAll(/(?:src|href)="([^"#:]+)"/g)].map((match) => match[1] as string);
    assert.deepEqual(named, ['page.css', 'page.js']);
    for (const name of [...named, 'chart.js', 'dom.js', 'tree.js']) {
      const file = await fetchRaw(new URL(name, cities));
      assert.equal(file.status, 200);
      // Nothing comes from elsewhere; the namespace of SVG is only a name.
      assert.doesNotMatch(file.body.replaceAll('http://www.w3.org/2000/svg', ''), /https?:\/\//);
    }
  });

  test('nobody without the secret part of the address', async () => {
    for (const path of ['/', '/api/file', '/x/', `/${'x'.repeat(24)}/api/file`]) {
      const { status, body } = await fetchRaw(new URL(path, cities));
      assert.equal(status, 404);
      assert.doesNotMatch(body, /Lima/);
    }
  });

  test('nobody under another name, and no page of another site', async () => {
    const file = new URL('api/file', cities);
    for (const host of ['evil.example', `evil.example:${cities.port}`, '127.0.0.1', `127.0.0.1:1`]) {
      assert.equal((await fetchRaw(file, { host })).status, 403, host);
    }
    assert.equal((await fetchRaw(file, { host: `localhost:${cities.port}` })).status, 200);
    for (const site of ['cross-site', 'same-site']) {
      assert.equal((await fetchRaw(file, { 'sec-fetch-site': site })).status, 403);
    }
    assert.equal((await fetchRaw(file, { 'sec-fetch-site': 'same-origin' })).status, 200);
  });

  test('only questions, and only for files of the page', async () => {
    assert.equal((await fetchRaw(new URL('api/file', cities), {}, 'POST')).status, 405);
    for (const path of ['../../package.json', '..%2f..%2fpackage.json', 'constructor', 'page.ts']) {
      const { status } = await fetchRaw(
        new URL(`${cities.pathname}${path}`.replace('../', '%2e%2e/'), cities),
      );
      assert.equal(status, 404, path);
    }
    for (const question of [
      'api/none',
      'api/rows?from=-1',
      'api/value?row=2',
      'api/value?row=0&path=x',
      'api/find',
      'api/value?row=0&path=99',
    ]) {
      assert.equal((await fetchRaw(new URL(question, cities))).status, 400, question);
    }
  });

  test('it does not listen but on the loopback address', async () => {
    const refused = connect({ host: '127.0.0.2', port: Number(cities.port) });
    const [error] = (await once(refused, 'error')) as [NodeJS.ErrnoException];
    assert.ok(error.code);
  });
});

describe('what is answered', () => {
  test('what the file holds, and where its bytes go', async () => {
    const file = await ask<{
      rows: number;
      keys: string;
      sizes: { name: string; bytes: number }[];
      slots: string[];
    }>(cities, 'file');
    assert.equal(file.rows, 2);
    assert.equal(file.keys, 'string');
    assert.deepEqual(file.slots, ['name', 'population', 'serial', 'mayor', 'tags', 'code']);
    const names = file.sizes.map(({ name }) => name);
    for (const name of ['keys', 'id table', 'sections', 'records', 'index of records', 'schema']) {
      assert.ok(names.includes(name), name);
    }
    const sum = file.sizes.reduce((total, { bytes }) => total + bytes, 0);
    assert.equal(sum, readFileSync(citiesPath).length);
  });

  test('rows with their values in short', async () => {
    const { rows, count } = await ask<Rows>(cities, 'rows');
    assert.equal(count, 2);
    const row = rows.find(({ key }) => key?.text === 'Lima');
    assert.deepEqual(memberOf(row?.value, 'serial'), { type: 'int64', text: '9007199254740993' });
    assert.deepEqual(memberOf(row?.value, 'tags'), {
      type: 'list',
      text: '["port", 1, […], null]',
      count: 4,
    });
    assert.deepEqual(memberOf(row?.value, 'mayor')?.text, '{name: "R. L.", since: 2023-01-01}');
    assert.deepEqual(memberOf(row?.value, 'code')?.text, '2 bytes: 00 ff');
    const other = rows.find(({ key }) => key?.text === 'Cusco');
    assert.equal(memberOf(other?.value, 'serial')?.isMissing, true);
    assert.deepEqual((await ask<Rows>(cities, 'rows', { from: 2 })).rows, []);
  });

  test('the value of a key, and what is within it', async () => {
    const { key, value } = await ask<{ key: string; value: Preview }>(cities, 'find', { key: 'Lima' });
    assert.equal(key, '"Lima"');
    assert.equal(memberOf(memberOf(value, 'mayor'), 'name')?.text, 'R. L.');
    const tags = await ask<Preview>(cities, 'value', { key: 'Lima', path: '4' });
    assert.deepEqual(
      tags.members?.map((member) => member.value.text),
      ['port', '1', '[2, 3]', 'null'],
    );
    const inner = await ask<Preview>(cities, 'value', { key: 'Lima', path: '4.2', from: 1 });
    assert.deepEqual(inner.members, [{ label: '1', value: { type: 'number', text: '3' } }]);
    assert.deepEqual(await ask(cities, 'find', { key: 'Quito' }), { key: '"Quito"' });
    const tagged = await ask<{ value: Preview }>(cities, 'find', { key: '{"$bytes":"TGltYQ=="}', tagged: 1 });
    assert.equal(memberOf(tagged.value, 'name')?.text, 'Lima');
  });

  test('arrays by index, lists piece by piece', async () => {
    const path = scratch.path('long.array');
    const Long = new Schema('Long', { items: t.listView(), text: t.text });
    const items = Array.from({ length: 100_000 }, (_, index) => index);
    await arrayOf(Long).build([{ items, text: 'x'.repeat(50_000) }], path);
    const url = await serve(path);
    const { value } = await ask<{ value: Preview }>(url, 'find', { key: -1 });
    const list = memberOf(value, 'items');
    assert.deepEqual([list?.count, list?.members?.length], [100_000, 100]);
    const piece = await ask<Preview>(url, 'value', { row: 0, path: '0', from: 99_950 });
    assert.deepEqual([piece.members?.length, piece.members?.at(-1)?.value.text], [50, '99999']);
    assert.match(memberOf(value, 'text')?.text ?? '', /^x{20000}… \(50000 characters\)$/);
  });

  test('all values of a key, and keys that are no text', async () => {
    const multi = scratch.path('multi.map');
    await multiMappingOf(StringIdMultiMapper, Mayor).build(
      [
        ['a', { name: 'x' }],
        ['a', { name: 'y' }],
      ] as never,
      multi,
    );
    const { value } = await ask<{ value: Preview }>(await serve(multi), 'find', { key: 'a' });
    assert.deepEqual(value.members?.map((member) => memberOf(member.value, 'name')?.text).sort(), ['x', 'y']);
    const objects = scratch.path('objects.map');
    await mappingOf(ObjectIdMapper, Mayor).build([[tuple(1, 'a'), { name: 'z' }]] as never, objects);
    const found = await ask<{ value: Preview }>(await serve(objects), 'find', {
      key: '{"$tuple":[1,"a"]}',
      tagged: 1,
    });
    assert.equal(memberOf(found.value, 'name')?.text, 'z');
  });

  test('entries of a bundle, each when it is chosen', async () => {
    const path = scratch.path('bundle.zip');
    await Bundle.build([['cities', citiesPath]], path);
    const url = await serve(path);
    const file = await ask<{ description: { kind: string; entries: { name: string }[] } }>(url, 'file');
    assert.equal(file.description.kind, 'bundle');
    const [entry] = file.description.entries;
    const rows = await ask<Rows>(url, 'rows', { entry: entry?.name ?? '' });
    assert.equal(rows.count, 2);
  });

  test('what is wrong in a record, in its place', async () => {
    const bytes = readFileSync(citiesPath);
    bytes[bytes.lastIndexOf('R. L.')] = 0xff;
    const url = await serve(scratch.write('broken.map', bytes));
    const { rows } = await ask<Rows>(url, 'rows');
    const value = rows.find(({ key }) => key?.text === 'Lima')?.value;
    assert.equal(memberOf(value, 'population')?.text, '9751717');
    const row = rows.findIndex(({ key }) => key?.text === 'Lima');
    const mayor = await ask<Preview>(url, 'value', { row, path: '3' });
    assert.match(memberOf(mayor, 'name')?.error ?? '', /UTF-8/);
    assert.equal(memberOf(mayor, 'since')?.text, '2023-01-01');
  });

  test('the text of values goes no further than their bytes', async () => {
    const path = scratch.path('markup.array');
    await arrayOf(Mayor).build([{ name: '<img src=x onerror=alert(1)>' }], path);
    const { headers, body } = await fetchRaw(new URL('api/rows', await serve(path)));
    assert.match(String(headers['content-type']), /^application\/json/);
    assert.match(body, /<img/);
  });
});

describe('as a program', () => {
  test('says what cannot be served, before it listens', async () => {
    const { code, stdout, stderr } = await runCli(['serve', scratch.path('none')]);
    assert.deepEqual([code, stdout], [1, '']);
    assert.match(stderr, /none: no such file/);
    const taken = await runCli(['serve', citiesPath, '--port', cities.port]);
    assert.deepEqual([taken.code, taken.stdout], [1, '']);
    assert.match(taken.stderr, /^sharedbuffers: port \d+: something else uses it; [^\n]+\n$/);
    assert.equal((await runCli(['serve', citiesPath, '--port', '99999'])).code, 2);
  });

  test('ends with 130 when interrupted', { skip: process.platform === 'win32' }, async () => {
    const { child, url } = await startServing([citiesPath]);
    const ended = endOf(child);
    await fetchRaw(url);
    child.kill('SIGINT');
    const { code, stderr } = await ended;
    assert.deepEqual([code, stderr], [130, '']);
  });
});
