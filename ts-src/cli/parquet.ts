/** Rows of Parquet, read by the optional package `@duckdb/node-api`, as rows of plain JSON would be. */
import { statSync } from 'node:fs';
import type { DuckDBConnection, DuckDBResult, DuckDBValue } from '@duckdb/node-api';
import { type EntryConverter, type EntryReader, entriesOf } from './entries.js';
import { CommandError, UsageError } from './failures.js';
import { checkSlotCount, SchemaDraft, type SchemaDraftJson } from './inference/schema-draft.js';
import { isStandardInput } from './lines.js';
import { type Column, columnOf } from './parquet-types.js';

type DuckDb = typeof import('@duckdb/node-api');

async function loadDuckDb(): Promise<DuckDb> {
  try {
    return await import('@duckdb/node-api');
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const isMissing = code === 'ERR_MODULE_NOT_FOUND' && message.includes('@duckdb/node-api');
    throw new CommandError(
      isMissing
        ? 'Parquet is read by the package @duckdb/node-api, which is not installed: npm install @duckdb/node-api'
        : `Parquet is read by the package @duckdb/node-api, which does not run here: ${message}`,
    );
  }
}

interface OpenParquet {
  readonly result: DuckDBResult;
  close(): void;
}

/** @throws UsageError where there is no file; CommandError where it is no Parquet, or nothing is there to read it */
async function openParquet(path: string | undefined): Promise<OpenParquet> {
  if (isStandardInput(path)) throw new UsageError('Parquet is read from a file: name it');
  // The error for a file that is not there is the system's.
  statSync(path);
  const { DuckDBInstance } = await loadDuckDb();
  const instance = await DuckDBInstance.create(':memory:');
  const connection = await instance.connect();
  const close = () => {
    connection.closeSync();
    instance.closeSync();
  };
  try {
    return { result: await startReading(connection, path), close };
  } catch (error) {
    close();
    throw error;
  }
}

async function startReading(connection: DuckDBConnection, path: string): Promise<DuckDBResult> {
  try {
    return await connection.stream(`SELECT * FROM read_parquet('${path.replaceAll("'", "''")}')`);
  } catch (error) {
    throw new CommandError(`${path}: ${(error as Error).message}`);
  }
}

function columnsOf(result: DuckDBResult, draft: SchemaDraft): Column[] {
  const types = result.columnTypes();
  return result.columnNames().map((name, index) => columnOf(name, types[index], draft));
}

/**
 * The schema of a file.
 * @param hasKey whether the column `key` is a key beside the slots
 */
export async function parquetSchema(
  path: string | undefined,
  name: string,
  hasKey: boolean,
): Promise<SchemaDraftJson> {
  const { result, close } = await openParquet(path);
  try {
    const draft = new SchemaDraft(name);
    const columns = columnsOf(result, draft).filter((column) => !hasKey || column.name !== 'key');
    checkSlotCount(columns.length);
    return draft.complete(columns.map((column) => [column.name, column.type]));
  } finally {
    close();
  }
}

/** An entry for each row; its number stands where messages about other inputs have the line. */
export function parquetReader(convert: EntryConverter): EntryReader {
  return async function* (input) {
    yield* entriesOf(input, parquetRows(input.path), ({ values }) => convert(values));
  };
}

interface ParquetRow {
  readonly number: number;
  readonly values: Readonly<Record<string, unknown>>;
}

async function* parquetRows(path: string | undefined): AsyncGenerator<ParquetRow> {
  const { result, close } = await openParquet(path);
  try {
    const columns = columnsOf(result, new SchemaDraft('Record'));
    let number = 0;
    for (let chunk = await result.fetchChunk(); chunk?.rowCount; chunk = await result.fetchChunk()) {
      for (const row of chunk.getRows()) {
        number++;
        yield { number, values: valuesOf(row, columns) };
      }
    }
  } finally {
    close();
  }
}

/** Null is no value, as an empty field of CSV is. */
function valuesOf(row: readonly DuckDBValue[], columns: readonly Column[]): Record<string, unknown> {
  const values: Record<string, unknown> = {};
  columns.forEach(({ name, convert }, index) => {
    const value = row[index];
    if (value !== null && value !== undefined) values[name] = convert(value);
  });
  return values;
}
