/** Types of columns as DuckDB calls them: the slot types that suit them, and their values as records take them. */
import type {
  DuckDBBlobValue,
  DuckDBDecimalValue,
  DuckDBListType,
  DuckDBListValue,
  DuckDBMapType,
  DuckDBMapValue,
  DuckDBStructType,
  DuckDBStructValue,
  DuckDBTimestampNanosecondsValue,
  DuckDBTimestampValue,
  DuckDBType,
  DuckDBValue,
} from '@duckdb/node-api';
import { DateTime } from '../types/date-time.js';
import { Decimal } from '../types/decimal-value.js';
import { SchemaDraft } from './inference/schema-draft.js';

/** A column, or what is within one. */
export interface Column {
  readonly name: string;
  /** As a schema in JSON calls it. */
  readonly type: string;
  /** Of values that are not null. */
  convert(value: DuckDBValue): unknown;
}

type Conversion = Omit<Column, 'name'>;

/** By the names that DuckDB gives its type ids. */
const simple: Readonly<Record<string, Conversion>> = {
  BOOLEAN: same('bool'),
  TINYINT: same('int8'),
  SMALLINT: same('int16'),
  INTEGER: same('int32'),
  UTINYINT: same('uint8'),
  USMALLINT: same('uint16'),
  UINTEGER: same('uint32'),
  BIGINT: { type: 'int', convert: integer },
  UBIGINT: { type: 'uint64', convert: integer },
  HUGEINT: { type: 'Decimal', convert: (value) => Decimal.from(value as bigint) },
  UHUGEINT: { type: 'Decimal', convert: (value) => Decimal.from(value as bigint) },
  FLOAT: same('float32'),
  DOUBLE: same('float64'),
  VARCHAR: same('str'),
  BLOB: { type: 'bytes', convert: (value) => new Uint8Array((value as DuckDBBlobValue).bytes) },
  DATE: { type: 'date', convert: String },
  TIMESTAMP: { type: 'datetime', convert: (value) => instant((value as DuckDBTimestampValue).micros) },
  TIMESTAMP_TZ: { type: 'datetime', convert: (value) => instant((value as DuckDBTimestampValue).micros) },
  TIMESTAMP_NS: {
    type: 'datetime',
    convert: (value) => instant((value as DuckDBTimestampNanosecondsValue).nanos / 1000n),
  },
  DECIMAL: { type: 'Decimal', convert: (value) => Decimal.from(String(value as DuckDBDecimalValue)) },
};

function same(type: string): Conversion {
  return { type, convert: (value) => value };
}

function integer(value: DuckDBValue): number | bigint {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : (value as bigint);
}

/** Without a time zone it is taken as UTC, as Parquet means it where it says so. */
function instant(micros: bigint): DateTime {
  return new DateTime(micros);
}

/** @param draft takes the structs that are within */
export function columnOf(name: string, type: DuckDBType | undefined, draft: SchemaDraft): Column {
  return { name, ...conversionOf(name, type, draft) };
}

function conversionOf(name: string, type: DuckDBType | undefined, draft: SchemaDraft): Conversion {
  switch (type?.constructor.name) {
    case 'DuckDBListType':
    case 'DuckDBArrayType':
      return listConversion((type as DuckDBListType).valueType);
    case 'DuckDBMapType':
      return mapConversion(type as DuckDBMapType);
    case 'DuckDBStructType':
      return structConversion(name, type as DuckDBStructType, draft);
    default:
      // Times, intervals, identifiers and whatever else there is have a text.
      return simple[nameOf(type)] ?? { type: 'str', convert: String };
  }
}

function nameOf(type: DuckDBType | undefined): string {
  const text = String(type);
  if (text === 'TIMESTAMP WITH TIME ZONE') return 'TIMESTAMP_TZ';
  return text.replace(/\(.*$/s, '');
}

function listConversion(member: DuckDBType): Conversion {
  const convert = memberConversion(member);
  return { type: 'list', convert: (value) => (value as DuckDBListValue).items.map(convert) };
}

function mapConversion({ keyType, valueType }: DuckDBMapType): Conversion {
  const key = memberConversion(keyType);
  const member = memberConversion(valueType);
  return {
    type: 'dict',
    convert: (value) =>
      new Map((value as DuckDBMapValue).entries.map((entry) => [key(entry.key), member(entry.value)])),
  };
}

/** Members of collections have no schema of their own: records among them are dicts. */
function memberConversion(type: DuckDBType): (value: DuckDBValue) => unknown {
  const draft = new SchemaDraft('Record');
  const { convert } =
    type.constructor.name === 'DuckDBStructType'
      ? { convert: structAsDict(type as DuckDBStructType, draft) }
      : conversionOf('Member', type, draft);
  return (value) => (value === null ? null : convert(value));
}

function structConversion(name: string, type: DuckDBStructType, draft: SchemaDraft): Conversion {
  const fields = fieldsOf(type, draft);
  const slots = fields.map((field): [string, string] => [field.name, field.type]);
  return {
    type: draft.addStruct(name, slots),
    convert: (value) => Object.fromEntries(pairsOf(value as DuckDBStructValue, fields)),
  };
}

function structAsDict(type: DuckDBStructType, draft: SchemaDraft): (value: DuckDBValue) => unknown {
  const fields = fieldsOf(type, draft);
  return (value) => new Map(pairsOf(value as DuckDBStructValue, fields));
}

function fieldsOf({ entryNames, entryTypes }: DuckDBStructType, draft: SchemaDraft): Column[] {
  return entryNames.map((name, index) => columnOf(name, entryTypes[index], draft));
}

function pairsOf({ entries }: DuckDBStructValue, fields: readonly Column[]): [string, unknown][] {
  return fields
    .map(({ name, convert }): [string, unknown] => {
      const value = entries[name];
      return [name, value === null || value === undefined ? undefined : convert(value)];
    })
    .filter(([, value]) => value !== undefined);
}
