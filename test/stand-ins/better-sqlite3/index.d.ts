export default class Database {
  constructor(path: string, options?: { readonly?: boolean });
  prepare<Bind extends unknown[], Row>(
    sql: string,
  ): {
    readonly source: string;
    get(...values: Bind): Row | undefined;
    iterate(...values: Bind): IterableIterator<Row>;
  };
  close(): this;
}
