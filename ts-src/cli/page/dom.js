/** Making elements, and asking the server. */

/**
 * An element with properties and children; texts are texts, never markup.
 * @param {string} name
 * @param {Record<string, unknown>} [properties]
 * @param {(Node | string | undefined)[]} children
 */
export function make(name, properties = {}, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(properties)) {
    if (key.startsWith('aria-') || key === 'role' || key === 'scope' || key === 'colspan') {
      element.setAttribute(key, String(value));
    } else {
      element[key] = value;
    }
  }
  element.append(...children.filter((child) => child !== undefined));
  return element;
}

/** @param {string} id */
export const byId = (id) => document.getElementById(id);

/**
 * What the server answers to a question.
 * @param {string} question
 * @param {Record<string, string | number | undefined>} parameters
 */
export async function ask(question, parameters = {}) {
  const given = Object.entries(parameters).filter(([, value]) => value !== undefined && value !== '');
  // A key may be empty, all else that is empty is not there.
  if (parameters.key === '') given.push(['key', '']);
  let response;
  try {
    response = await fetch(`api/${question}?${new URLSearchParams(given)}`);
  } catch {
    throw new Error('The program that serves this page has ended.');
  }
  const answer = await response.json();
  if (!response.ok) throw new Error(answer.error);
  return answer;
}

/** 1234567 as `1 234 567`, with spaces that do not break. */
export const grouped = (value) => String(value).replace(/\B(?=(\d{3})+$)/g, '\u202f');

/** 12582912 as `12.0 MiB`. */
export function byteSize(bytes) {
  const units = ['bytes', 'KiB', 'MiB', 'GiB', 'TiB'];
  const unit = Math.min(units.length - 1, Math.floor(Math.log2(Math.max(1, bytes)) / 10));
  return unit === 0 ? `${bytes} bytes` : `${(bytes / 1024 ** unit).toFixed(1)} ${units[unit]}`;
}
