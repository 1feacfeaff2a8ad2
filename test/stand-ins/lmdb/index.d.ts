export interface Database<V, K> {
  get(key: K): V | undefined;
  putSync(key: K, value: V): boolean;
  getKeys(): Iterable<K>;
  getRange(): Iterable<{ key: K; value: V }>;
  transactionSync<T>(work: () => T): T;
  close(): Promise<void>;
}
export declare function open<V, K>(options: { path: string }): Database<V, K>;
