/** What commands read from, whatever its kind: rows in order, lookups by key, a description, a check of everything. */
import type { ContainerDescription } from '../containers/describe.js';
import type { FindingList, Verification } from '../containers/findings.js';
import type { Tagged } from '../exact/tagged.js';
import type { Schema } from '../schema/schema.js';
import type { AskedKey, KeyForm } from './keys.js';
import type { Kind } from './selection.js';
import type { SizePart } from './sizes.js';

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
  /** Whether keys have any number of values. */
  readonly isMulti?: boolean;
  /** Of the records; `undefined` where the values are none. */
  readonly schema: Schema | undefined;
  /** Where in the file the positions of findings count from, where that is not its start. */
  readonly base?: number;
  row(index: number): Row;
  /** What a key leads to, the list of all its values where it may have several; `undefined` where it is absent. */
  find(key: AskedKey['key']): Readable | undefined;
  describe(): ContainerDescription;
  /** What its bytes are spent on; single records and values do not know where they end. */
  sizes?(): SizePart[];
  verify(findings: FindingList): Verification;
  close(): void;
}
