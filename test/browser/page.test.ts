/** The page of `sharedbuffers serve` in a real Chromium: `npm run test:browser` runs it. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdirSync, readFileSync } from 'node:fs';
import { after, before, describe, test } from 'node:test';
import { type Browser, chromium, type Page } from 'playwright-core';
import { Bundle, mappingOf, NumericIdMapper, Schema, StringIdMapper, t } from 'sharedbuffers';
import { scratchFolder } from '../support/cli.js';
import { type Served, startServing } from '../support/serve.js';

const scratch = scratchFolder();
/** Where pictures of the page go, for eyes; nowhere where it is not said. */
const pictures = process.env.PICTURES;

const Mayor = new Schema('Mayor', { name: t.text, terms: t.list().optional() });
const City = new Schema('City', {
  name: t.text,
  population: t.uint32,
  area: t.float64.optional(),
  mayor: Mayor.optional(),
  tags: t.list().optional(),
});
const Cities = mappingOf(StringIdMapper, City);
const Numbers = mappingOf(NumericIdMapper, new Schema('Number', { square: t.uint32 }));

const markup = '<img src=x onerror="document.title = 1">';
const running: Served[] = [];
const troubles: string[] = [];
let browser: Browser;

before(async () => {
  const cities: [string, object][] = Array.from({ length: 120 }, (_, index) => [
    `city ${index}`,
    { name: `City ${index}`, population: index * 1000 },
  ]);
  const lima = {
    name: 'Lima',
    population: 9_751_717,
    area: 2672.3,
    mayor: { name: 'R. L.', terms: Array.from({ length: 250 }, (_, index) => index) },
    tags: ['port', 1, [2, 3], null],
  };
  cities.push(['Lima', lima], ['markup', { name: markup, population: 0 }]);
  await Cities.build(cities as never, scratch.path('cities.map'));
  const bytes = readFileSync(scratch.path('cities.map'));
  bytes[bytes.lastIndexOf('R. L.')] = 0xff;
  scratch.write('broken.map', bytes);
  const numbers = (function* () {
    for (let key = 0; key < 2_000_000; key++) yield [key, { square: (key * key) % 2 ** 32 }] as const;
  })();
  await Numbers.build(numbers as never, scratch.path('numbers.map'));
  const entries = [
    ['cities', scratch.path('cities.map')],
    ['note.txt', new TextEncoder().encode('no container')],
  ];
  await Bundle.build(entries as never, scratch.path('bundle.zip'));
  browser = await chromium.launch({
    executablePath: process.env.CHROMIUM as string,
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
    ],
  });
});

after(async () => {
  await browser.close();
  for (const { child } of running) {
    child.kill();
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
  }
  assert.deepEqual(troubles, []);
});

interface View {
  readonly width?: number;
  readonly colorScheme?: 'light' | 'dark';
}

/** Opens the page of a file; what the browser complains about fails the tests in the end. */
async function open(file: string, { width = 1300, colorScheme = 'light' }: View = {}): Promise<Page> {
  const served = await startServing([scratch.path(file)]);
  running.push(served);
  const context = await browser.newContext({ viewport: { width, height: 900 }, colorScheme });
  const page = await context.newPage();
  page.on('console', (message) => {
    // Answers that say what is wrong are shown on the page, and by the browser too.
    if (!message.text().startsWith('Failed to load resource')) troubles.push(`${file}: ${message.text()}`);
  });
  page.on('pageerror', (error) => troubles.push(`${file}: ${error.message}`));
  page.on('requestfailed', (request) => troubles.push(`${file}: ${request.url()}`));
  await page.goto(served.url.href);
  await page.waitForSelector('#details dt');
  return page;
}

/** Waits until the page shows so many rows. */
async function rowsAre(page: Page, count: number): Promise<void> {
  await page.waitForSelector(`#table tbody tr:nth-child(${count})`);
  await page.waitForSelector(`#table tbody tr:nth-child(${count + 1})`, { state: 'detached' });
}

async function picture(page: Page, name: string): Promise<void> {
  if (pictures === undefined) return;
  mkdirSync(pictures, { recursive: true });
  await page.screenshot({ path: `${pictures}/${name}.png` });
}

async function lookUp(page: Page, key: string): Promise<string> {
  await page.fill('#key', key);
  await page.press('#key', 'Enter');
  await page.waitForSelector(`.found:has(code:text-is(${JSON.stringify(JSON.stringify(key))}))`);
  return page.innerText('.found');
}

describe('the page', () => {
  test('shows what the file holds', async () => {
    const page = await open('cities.map');
    assert.equal(await page.title(), 'cities.map');
    assert.match(await page.innerText('#facts'), /^mapping \(StringIdMapper\) · 122 rows/);
    assert.match(await page.innerText('#schema'), /City.*population\s+uint32.*Mayor.*terms\s+list/s);
    assert.match(await page.innerText('#sizes'), /records.*id table.*all/s);
    await page.waitForSelector('.bar-chart rect');
    const parts = await page.locator('.bar-chart rect').count();
    assert.equal(parts, await page.locator('#sizes tbody tr:not(.total)').count());
    assert.match((await page.getAttribute('.bar-chart', 'aria-label')) ?? '', /records \d/);
    await picture(page, 'wide-light');
  });

  test('looks keys up, and unfolds what is nested', async () => {
    const page = await open('cities.map', { colorScheme: 'dark' });
    assert.match(await lookUp(page, 'Lima'), /population\s+uint32\s+9751717/);
    const mayor = page.locator('.found details', { has: page.locator('.label:text-is("mayor")') }).first();
    assert.match(await mayor.innerText(), /name\s+text\s+R\. L\./);
    const terms = page.locator('.found details', { has: page.locator('.label:text-is("terms")') }).last();
    await terms.locator('summary').first().click();
    await terms.locator('.more').click();
    await terms.locator('li:nth-child(200)').waitFor();
    await terms.locator('.more').click();
    await terms.locator('li:nth-child(250)').waitFor();
    assert.equal(await terms.locator('.more').count(), 0);
    await picture(page, 'found-dark');
    assert.match(await lookUp(page, 'Atlantis'), /There is no such key/);
    await page.check('#tagged');
    await page.fill('#key', '{"$bytes": "TGltYQ=="}');
    await page.press('#key', 'Enter');
    await page.waitForSelector('.found:has-text("9751717")');
    await page.fill('#key', 'Lima');
    await page.press('#key', 'Enter');
    await page.waitForSelector('#problem:has-text("no JSON")');
  });

  test('pages through rows, by the keyboard too', async () => {
    const page = await open('cities.map');
    await rowsAre(page, 50);
    await page.focus('#next');
    await page.keyboard.press('Enter');
    await page.waitForSelector('#extent:has-text("to 99 of 122")');
    await page.click('#last');
    await page.waitForSelector('#extent:has-text("to 121 of 122")');
    assert.ok(await page.isDisabled('#next'));
    await page.fill('#row', '100');
    await page.press('#row', 'Enter');
    await page.waitForSelector('.unfold:text-is("100")');
    await rowsAre(page, 22);
    await page.focus('.unfold');
    await page.keyboard.press('Enter');
    await page.waitForSelector('.unfolded .members');
    await page.waitForSelector('.unfold[aria-expanded="true"]');
    await page.keyboard.press('Enter');
    await page.waitForSelector('.unfolded', { state: 'detached' });
    await page.reload();
    await page.waitForSelector('.unfold:text-is("100")');
  });

  test('takes texts for texts', async () => {
    const page = await open('cities.map');
    assert.match(await lookUp(page, 'markup'), /<img src=x onerror=/);
    assert.equal(await page.title(), 'cities.map');
    assert.equal(await page.locator('.found img').count(), 0);
  });

  test('reads millions of rows page by page', async () => {
    const page = await open('numbers.map');
    await page.click('#last');
    await page.waitForSelector('#extent:has-text("1\u202f999\u202f999 of 2\u202f000\u202f000")');
    assert.match(await lookUpNumber(page, '1999999'), /square\s+uint32\s+\d+/);
  });

  test('shows what is wrong in its place', async () => {
    const page = await open('broken.map');
    await page.fill('#key', 'Lima');
    await page.press('#key', 'Enter');
    await page.waitForSelector('.found .error');
    const found = await page.innerText('.found');
    assert.match(found, /UTF-8/);
    assert.match(found, /population\s+uint32\s+9751717/);
    await picture(page, 'broken-light');
  });

  test('opens the entries of a bundle', async () => {
    const page = await open('bundle.zip');
    await page.click('.entries button:text-is("cities")');
    await page.waitForSelector('#table tbody tr');
    assert.equal(await page.inputValue('#entry'), 'cities');
    await page.selectOption('#entry', 'note.txt');
    await page.waitForSelector('#problem:has-text("does not say what it is")');
    assert.ok(!(await page.isVisible('#records')));
    await page.selectOption('#entry', '');
    await page.waitForSelector('.entries');
    await picture(page, 'bundle-light');
  });

  test('fits into a narrow window, in the dark', async () => {
    const page = await open('cities.map', { width: 360, colorScheme: 'dark' });
    await page.click('.unfold');
    await page.waitForSelector('.unfolded .members');
    const [width, room] = (await page.evaluate(
      '[document.documentElement.scrollWidth, document.documentElement.clientWidth]',
    )) as [number, number];
    assert.ok(width <= room, `${width} of ${room}`);
    await picture(page, 'narrow-dark');
  });
});

async function lookUpNumber(page: Page, key: string): Promise<string> {
  await page.fill('#key', key);
  await page.press('#key', 'Enter');
  await page.waitForSelector('.found');
  return page.innerText('.found');
}
