/** The page: what the file holds, a page of its rows, and the answer to a key. */
import { sizeChart } from './chart.js';
import { ask, byId, byteSize, grouped, make } from './dom.js';
import { membersOf, problem, textOf } from './tree.js';

const pageRows = 50;

/** What is shown: the entry of a bundle, and the first row. */
const state = { entry: undefined, from: 0, file: undefined };

/** Runs what may fail, and shows the failure. */
async function attempt(work) {
  const line = byId('problem');
  line.hidden = true;
  try {
    await work();
  } catch (error) {
    line.textContent = error.message;
    line.hidden = false;
  }
}

async function showFile() {
  byId('answer').replaceChildren();
  const file = await ask('file', { entry: state.entry });
  state.file = file;
  const { description, sizes, rows, keys } = file;
  const name = file.file.replace(/^.*[\\/]/, '');
  document.title = state.entry === undefined ? name : `${state.entry} in ${name}`;
  byId('file').textContent = name;
  byId('facts').textContent = factsOf(file);
  if (description.entries !== undefined) showEntries(description.entries);
  byId('size-section').hidden = sizes.length === 0;
  byId('sizes').replaceChildren(...sizeChart(sizes));
  byId('schema-section').hidden = description.schema === undefined;
  if (description.schema !== undefined) byId('schema').replaceChildren(...schemaTables(description.schema));
  byId('details').replaceChildren(...detailsOf(file));
  showLookup(keys);
  byId('records').hidden = description.kind === 'bundle';
  if (description.kind === 'bundle') byId('answer').replaceChildren(entryList(description.entries ?? []));
  if (description.kind !== 'bundle') await showRows(Math.min(state.from, Math.max(rows - 1, 0)));
}

function factsOf({ description, rows, keys }) {
  const { kind, idMapper, size, entries } = description;
  const count =
    kind === 'bundle' ? `${entries?.length ?? 0} entries` : keys === undefined ? '' : `${grouped(rows)} rows`;
  return [
    idMapper === undefined ? kind : `${kind} (${idMapper})`,
    count,
    size === undefined ? '' : byteSize(size),
  ]
    .filter((part) => part !== '')
    .join(' · ');
}

function showEntries(entries) {
  const choice = byId('entry');
  const options = entries.map(({ name, refused }) =>
    make('option', { value: name, disabled: refused !== undefined }, name),
  );
  choice.replaceChildren(make('option', { value: '' }, 'the whole bundle'), ...options);
  choice.value = state.entry ?? '';
  byId('entry-choice').hidden = false;
}

/** The entries as buttons: the way in that nobody overlooks. */
function entryList(entries) {
  const buttons = entries.map(({ name, refused }) => {
    const button = make(
      'button',
      { type: 'button', disabled: refused !== undefined, title: refused ?? '' },
      name,
    );
    button.addEventListener('click', () => chooseEntry(name));
    return button;
  });
  const hint = entries.length === 0 ? 'The bundle has no entries.' : 'Choose an entry to read it:';
  return make('p', { className: 'entries' }, hint, ...buttons);
}

function chooseEntry(name) {
  state.entry = name || undefined;
  state.from = 0;
  byId('entry').value = name;
  return attempt(showEntryChoice);
}

function schemaTables(schema) {
  return [schema, ...(schema.types ?? [])].flatMap(({ name, slots }) => [
    make('h3', {}, name),
    make(
      'table',
      { className: 'slots' },
      make(
        'tbody',
        {},
        ...slots.map(([slot, type]) =>
          make('tr', {}, make('th', { scope: 'row' }, slot), make('td', {}, type.replace(/^struct:/, ''))),
        ),
      ),
    ),
  ]);
}

function detailsOf({ file, description }) {
  const { kind, idMapper, count, valueCount, offset, size, versions, sections, userData, entries } =
    description;
  const facts = [
    ['path', file],
    ['kind', kind],
    ['id mapper', idMapper],
    [
      kind === 'bundle' ? 'entries' : idMapper === undefined ? 'records' : 'rows',
      count === undefined ? undefined : grouped(count),
    ],
    ['records stored', valueCount === undefined ? undefined : grouped(valueCount)],
    ['size', size === undefined ? undefined : `${grouped(size)} bytes`],
    ['starts at', offset === 0 ? undefined : `byte ${grouped(offset)}`],
    [
      'format',
      versions &&
        Object.entries(versions)
          .map((pair) => pair.join(' '))
          .join(', '),
    ],
    ['sections', sections?.map((section) => `${section.kind} (${byteSize(section.size)})`).join(', ')],
    ['user data', userData === undefined ? undefined : JSON.stringify(userData)],
    ...(entries ?? []).map((entry) => [
      entry.name,
      entry.refused ?? [entry.kind, entry.idMapper, byteSize(entry.size)].filter(Boolean).join(', '),
    ]),
  ];
  return facts
    .filter(([, value]) => value !== undefined && value !== '')
    .flatMap(([name, value]) => [make('dt', {}, name), make('dd', {}, value)]);
}

function showLookup(keys) {
  byId('lookup').hidden = keys === undefined;
  const key = byId('key');
  const hints = {
    index: 'an index, from the end where negative',
    numeric: 'an integer',
    string: 'a text',
    approx: 'a text',
    object: 'a text',
  };
  key.placeholder = hints[keys] ?? '';
  byId('tagged-choice').hidden = keys === 'index' || keys === 'numeric';
  byId('tagged').checked = false;
  byId('tagged-choice').title = 'for keys that are no text: {"$bytes": "…"}, {"$tuple": […]}, 5, …';
}

async function lookUp() {
  const key = byId('key').value;
  const tagged = byId('tagged').checked ? 1 : undefined;
  const place = { entry: state.entry, key, tagged };
  const found = await ask('find', place);
  const title = make('h2', {}, 'Key ', make('code', {}, found.key));
  const close = make('button', { type: 'button', className: 'close', 'aria-label': 'Close the answer' }, '×');
  const box = make('section', { className: 'found' }, make('div', { className: 'bar' }, title, close));
  if (found.value === undefined) box.append(make('p', {}, 'There is no such key.'));
  else if (found.value.count === undefined) box.append(make('p', {}, textOf(found.value)));
  else box.append(membersOf(found.value, place));
  close.addEventListener('click', () => {
    box.remove();
    byId('key').focus();
  });
  byId('answer').replaceChildren(box);
}

async function showRows(from) {
  const { rows, count } = await ask('rows', { entry: state.entry, from, count: pageRows });
  state.from = from;
  remember();
  const { slots, description } = state.file;
  const columns = slots ?? ['value'];
  const hasKeys = description.idMapper !== undefined;
  const names = ['row', ...(hasKeys ? ['key'] : []), ...columns];
  const types = new Map([['row', 'number'], ...(description.schema?.slots ?? [])]);
  const heads = names.map((name) =>
    make('th', { scope: 'col', className: alignment(types.get(name)) }, name),
  );
  byId('table').tHead.replaceChildren(make('tr', {}, ...heads));
  byId('table').tBodies[0].replaceChildren(...rows.map((row) => rowOf(row, names, slots)));
  byId('row').value = String(from);
  const last = from + rows.length - 1;
  byId('extent').textContent = count === 0 ? 'none' : `to ${grouped(Math.max(last, 0))} of ${grouped(count)}`;
  for (const id of ['first', 'previous']) byId(id).disabled = from === 0;
  for (const id of ['next', 'last']) byId(id).disabled = last >= count - 1;
}

function rowOf({ row, key, value }, names, slots) {
  const unfold = make(
    'button',
    { type: 'button', className: 'unfold', 'aria-expanded': 'false' },
    grouped(row),
  );
  const line = make('tr', {}, make('th', { scope: 'row', className: 'number' }, unfold));
  if (key !== undefined) line.append(cell(key, 'key'));
  if (slots === undefined) line.append(cell(value));
  else if (value.error !== undefined) {
    line.append(make('td', { colspan: Math.max(slots.length, 1) }, textOf(value)));
  } else for (const { value: member } of value.members ?? []) line.append(cell(member));
  unfold.addEventListener('click', () => attempt(() => toggleRow(unfold, line, row, names.length)));
  return line;
}

/** The class of cells of such a type. */
function alignment(type = '') {
  return /^(u?int\d*|float\d*|number|bigint)$/.test(type) ? 'number' : '';
}

function cell(preview, name = '') {
  const kind = alignment(preview.type);
  const content = preview.isMissing ? make('span', { className: 'none' }, '–') : textOf(preview);
  return make('td', { className: `${name} ${kind}`.trim(), title: preview.error ?? preview.text }, content);
}

async function toggleRow(button, line, row, columns) {
  if (button.getAttribute('aria-expanded') === 'true') {
    line.nextSibling.remove();
    button.setAttribute('aria-expanded', 'false');
    return;
  }
  const place = { entry: state.entry, row };
  const value = await ask('value', place);
  const content =
    value.error !== undefined || value.count === undefined ? textOf(value) : membersOf(value, place);
  line.after(make('tr', { className: 'unfolded' }, make('td', { colspan: columns }, content)));
  button.setAttribute('aria-expanded', 'true');
}

/** The address keeps what is shown, for reloading and for going back. */
function remember() {
  const parameters = new URLSearchParams();
  if (state.entry !== undefined) parameters.set('entry', state.entry);
  if (state.from > 0) parameters.set('row', String(state.from));
  const hash = parameters.size === 0 ? '' : `#${parameters}`;
  if (hash !== location.hash) history.replaceState(null, '', `${location.pathname}${hash}`);
}

function recall() {
  const parameters = new URLSearchParams(location.hash.slice(1));
  state.entry = parameters.get('entry') ?? undefined;
  const row = Number(parameters.get('row') ?? 0);
  state.from = Number.isSafeInteger(row) && row >= 0 ? row : 0;
}

function goTo(from) {
  const most = Math.max(state.file.rows - 1, 0);
  return attempt(() => showRows(Math.min(Math.max(0, from), most)));
}

function listen() {
  byId('first').addEventListener('click', () => goTo(0));
  byId('previous').addEventListener('click', () => goTo(state.from - pageRows));
  byId('next').addEventListener('click', () => goTo(state.from + pageRows));
  byId('last').addEventListener('click', () => goTo(state.file.rows - pageRows));
  byId('row').addEventListener('change', () => {
    const row = Number(byId('row').value.replace(/[\s\u202f]/g, ''));
    if (Number.isSafeInteger(row)) goTo(row);
    else byId('row').value = String(state.from);
  });
  byId('lookup').addEventListener('submit', (event) => {
    event.preventDefault();
    attempt(lookUp);
  });
  byId('entry').addEventListener('change', () => chooseEntry(byId('entry').value));
}

/** An entry that cannot be opened leaves nothing of the one before on the page. */
async function showEntryChoice() {
  remember();
  try {
    await showFile();
  } catch (error) {
    for (const id of ['lookup', 'records', 'size-section', 'schema-section']) byId(id).hidden = true;
    for (const id of ['answer', 'details']) byId(id).replaceChildren(problemIn(id, error));
    byId('facts').textContent = '';
    throw error;
  }
}

function problemIn(id, error) {
  return id === 'answer' ? make('p', {}, problem(error)) : '';
}

recall();
listen();
attempt(async () => {
  if (state.entry !== undefined) showEntries((await ask('file')).description.entries ?? []);
  await showEntryChoice();
});
