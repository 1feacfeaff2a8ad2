// As much of lmdb as the documentation uses, over a Map.
export function open() {
  const values = new Map();
  return {
    get: (key) => structuredClone(values.get(key)),
    putSync: (key, value) => values.set(key, structuredClone(value)).has(key),
    getKeys: () => [...values.keys()].sort(),
    getRange: () => [...values].sort(([a], [b]) => (a < b ? -1 : 1)).map(([key, value]) => ({ key, value })),
    transactionSync: (work) => work(),
    close: async () => values.clear(),
  };
}
