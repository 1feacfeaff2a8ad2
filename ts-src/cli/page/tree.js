/** A value with what is within it, which is asked for when somebody unfolds it. */
import { ask, grouped, make } from './dom.js';

/** Collections of more members stay folded until they are asked for. */
const unfoldedMembers = 12;

/**
 * The members of a value as a list.
 * @param {object} preview as the server sends it
 * @param {object} place parameters that name the value: entry, row or key, and path
 */
export function membersOf(preview, place) {
  const list = make('ul', { className: 'members' });
  const show = ({ members = [], from = 0 }) => {
    members.forEach(({ label, value }, index) => {
      list.append(memberItem(label, value, within(place, from + index)));
    });
    const shown = from + members.length;
    if (shown < preview.count) list.append(moreItem(preview.count - shown, () => more(shown)));
  };
  const more = async (from) => {
    const next = await ask('value', { ...place, from });
    list.lastChild.remove();
    const first = list.children.length;
    show(next);
    list.children[first]?.querySelector('summary, .leaf')?.focus();
  };
  show(preview);
  if (preview.count === 0) list.append(make('li', { className: 'note' }, 'empty'));
  return list;
}

function within(place, index) {
  return { ...place, path: place.path ? `${place.path}.${index}` : String(index) };
}

function memberItem(label, preview, place) {
  // Spaces, so that what is copied or read aloud has words.
  const type = make('span', { className: 'type' }, preview.type);
  const head = [make('span', { className: 'label' }, label), ' ', type, ' '];
  if (preview.count === undefined) {
    return make('li', { className: 'leaf', tabIndex: -1 }, ...head, textOf(preview));
  }
  const details = make('details', {}, make('summary', {}, ...head, textOf(preview), ' ', countOf(preview)));
  const unfold = async () => {
    const loaded = preview.members === undefined ? await ask('value', place) : preview;
    details.append(loaded.error === undefined ? membersOf(loaded, place) : textOf(loaded));
  };
  if (preview.members !== undefined && preview.count <= unfoldedMembers) {
    details.open = true;
    unfold();
  } else {
    details.addEventListener('toggle', () => unfold().catch((error) => details.append(problem(error))), {
      once: true,
    });
  }
  return make('li', {}, details);
}

function countOf({ count }) {
  return make('span', { className: 'count' }, `${grouped(count)}`);
}

function moreItem(left, load) {
  const button = make('button', { type: 'button', className: 'more' }, `show more (${grouped(left)} left)`);
  const item = make('li', {}, button);
  button.addEventListener('click', () => load().catch((error) => item.append(problem(error))));
  return item;
}

/** @param {Error} error */
export function problem(error) {
  return make('span', { className: 'error' }, error.message);
}

/** The line of a value. */
export function textOf({ text, error, isMissing, type }) {
  if (error !== undefined) return make('span', { className: 'error' }, error);
  if (isMissing) return make('span', { className: 'none' }, 'not set');
  const isNone = text === 'null' && type !== 'text' && type !== 'str';
  return make('span', { className: isNone ? 'none' : 'value' }, text);
}
