/** Rows as comma-separated values: a line of names, then a line for each row. */
import { stringify } from 'csv-stringify/sync';
import { type Field, fieldOf, keyColumn, textField } from './csv-fields.js';
import type { Row, Source } from './source.js';

const options = {
  // An empty text is told from no value by its quotes. Spaces at the ends get them for readers that trim.
  quoted_match: /^$|^\s|\s$/,
};

function lineOf(fields: readonly (string | undefined)[]): string {
  return stringify([[...fields]], options).slice(0, -1);
}

/** How the columns of a source are called, and how its rows become lines. */
export class CsvRows {
  readonly header: string;
  readonly #slots: readonly { name: string; field: Field }[] | undefined;

  constructor({ kind, schema }: Source) {
    this.#slots = schema?.slots.map(({ name, type }) => ({ name, field: fieldOf(type) }));
    const columns = this.#slots?.map(({ name }) => name) ?? ['value'];
    const hasKey = kind === 'mapping' || kind === 'multi-mapping' || kind === 'id-mapper';
    this.header = lineOf(hasKey ? [keyColumn(columns), ...columns] : columns);
  }

  line({ key, value }: Row): string {
    const fields = this.#fields(value.plain());
    return lineOf(key === undefined ? fields : [textField.print(key.plain()), ...fields]);
  }

  #fields(plain: unknown): (string | undefined)[] {
    if (this.#slots === undefined) return [textField.print(plain)];
    return this.#slots.map(({ name, field }) => field.print((plain as Record<string, unknown>)[name]));
  }
}
