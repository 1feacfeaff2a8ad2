/** Rows as comma-separated values: a line of names, then a line for each row. */
import { toJsonValue } from '../proxies/values.js';
import type { Row, Source } from './source.js';

/** A field: texts as they are, nested values as JSON, nothing where there is no value. */
function field(value: unknown): string {
  const json = toJsonValue(value, 0);
  if (json === undefined || json === null) return '';
  const text = typeof json === 'string' ? json : JSON.stringify(json);
  // An empty text is told from no value by its quotes.
  return text === '' || /[",\r\n]|^\s|\s$/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** How the columns of a source are called, and how its rows become lines. */
export class CsvRows {
  readonly header: string;
  readonly #slots: readonly string[] | undefined;

  constructor({ kind, schema }: Source) {
    this.#slots = schema?.slots.map(({ name }) => name);
    const columns = this.#slots ?? ['value'];
    const hasKey = kind === 'mapping' || kind === 'id-mapper';
    const keyName = columns.includes('key') ? '_key' : 'key';
    this.header = (hasKey ? [keyName, ...columns] : columns).map(field).join(',');
  }

  line({ key, value }: Row): string {
    const plain = value.plain();
    const fields = this.#slots?.map((name) => (plain as Record<string, unknown>)[name]) ?? [plain];
    return (key === undefined ? fields : [key.plain(), ...fields]).map(field).join(',');
  }
}
