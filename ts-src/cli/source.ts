/** What commands read from, whatever its kind: rows in order, lookups by key, a description, a check of everything. */
import type { ContainerDescription } from '../containers/describe.js';
import type { FindingList, Verification } from '../containers/verify.js';
import type { Tagged } from '../exact/tagged.js';
import type { Schema } from '../schema/schema.js';
import type { AskedKey, KeyForm } from './keys.js';
import type { Kind } from './selection.js';

/** Something that can be read in two ways, each when it is asked for. */
export interface Readable {
  /** As the library reads it: a record, a number, a text, … */
  plain(): unknown;
  /** As tagged JSON. */
  exact(): Tagged;
}

export interface Row {
  /** Arrays, single records and values have none. */
  readonly key: Readable | undefined;
  readonly value: Readable;
}

export interface Source {
  readonly kind: Kind;
  readonly count: number;
  /** What keys look like; `undefined` where there is nothing to look up. */
  readonly keys: KeyForm | undefined;
  /** Of the records; `undefined` where the values are none. */
  readonly schema: Schema | undefined;
  row(index: number): Row;
  /** What a key leads to; `undefined` where it is absent. */
  find(key: AskedKey['key']): Readable | undefined;
  describe(): ContainerDescription;
  verify(findings: FindingList): Verification;
  close(): void;
}
