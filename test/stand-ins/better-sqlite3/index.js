// As much of better-sqlite3 as the documentation uses: one table of cities.
const rows = [{ id: 2797656, name: 'Gent', population: 262_219, country: 'BE' }];

export default class Database {
  prepare(sql) {
    return {
      get: (name) => rows.find((row) => row.name === name),
      iterate: () => rows.values(),
      source: sql,
    };
  }
  close() {}
}
