/** Everything that can be done with containers. */
import { Bundle, MappedArray, toObject } from 'sharedbuffers';
import type { BundleEntryClass } from '#src/containers/bundle.js';
import { generationIn } from '#src/containers/container.js';
import { FindingList, type Verification } from '#src/containers/findings.js';
import { AnyIdMapper } from '#src/containers/id-mapper.js';
import { idMapperClasses } from '#src/containers/id-mappers.js';
import type { AnyMapping } from '#src/containers/mapping.js';
import { verifyArray, verifyIdMapper, verifyMapping } from '#src/containers/verify.js';
import { type Attempts, Violation } from './attempt.js';
import { useRecord, useValue } from './use-values.js';

const mostRows = 6;
const mostRecords = 2;
/** Rows that `verify` looks at are as many as the file has; nothing is learned from the last ones. */
const mostYields = 3;

const foreignKeys = [
  'absent',
  '',
  'key 1',
  0,
  1,
  17,
  -1,
  1.5,
  2 ** 32,
  2 ** 53,
  5n,
  2n ** 64n - 1n,
  new Uint8Array([1, 2]),
  null,
  undefined,
  true,
  [1, 2],
];

/** A container of any class; what only some of them have is tried where it is there. */
type AnyMethods = Record<string, ((...args: unknown[]) => unknown) | undefined>;

export function useContainer(container: object, attempts: Attempts): void {
  if (container instanceof Bundle) useBundle(container, attempts);
  else if (container instanceof MappedArray) useArray(container, attempts);
  else useKeyed(container as AnyMapping<unknown, object>, attempts);
}

function useArray(array: MappedArray, attempts: Attempts): void {
  const length = attempts.try('length', () => array.length) ?? 0;
  attempts.take('iterate', mostRows, () => array);
  for (const index of [attempts.random.below(length), -1]) {
    const record = attempts.try('at', () => array.at(index));
    if (record !== undefined) useRecord(record, attempts);
  }
  attempts.sometimes('slice', () => array.slice(0, 20));
  useColumns(array, attempts);
  attempts.sometimes('requireSlots', () => (length < 1000 ? array.source.requireSlots() : undefined));
  verify(attempts, (findings) => verifyArray(generationIn(array), findings));
}

function useKeyed(container: AnyMapping<unknown, object> | AnyIdMapper<unknown>, attempts: Attempts): void {
  attempts.try('size', () => container.size);
  const keys = attempts.take('keys', mostRows, () => container.keys());
  const bytes = attempts.take('keysAsBytes', mostRows, () => container.keysAsBytes());
  const values = attempts.take<unknown>('values', mostRows, () => container.values());
  attempts.take<unknown>('entries', mostRows, () => container.entries());
  for (const value of values.slice(0, mostRecords)) useValue(value, attempts);
  for (const key of keys) useValue(key, attempts);
  const foreign = Array.from({ length: 4 }, () => attempts.random.pick(foreignKeys));
  for (const key of [...keys, ...bytes.slice(0, 2), ...foreign]) useKey(container, key, attempts);
  const methods = container as unknown as AnyMethods;
  const all = [...keys, ...foreignKeys];
  for (const name of ['getMany', 'hasMany', 'indexOfMany']) {
    if (methods[name] === undefined) continue;
    attempts.try(name, () => methods[name]?.call(container, all));
    attempts.try(name, () => methods[name]?.call(container, Uint32Array.of(1, 2, 3)));
  }
  if (container.size < 2000) attempts.sometimes('countKeys', () => container.countKeys());
  if (container instanceof AnyIdMapper) {
    for (const name of ['keyColumn', 'hashColumn', 'valueColumn', 'copySync']) {
      attempts.sometimes(name, () => methods[name]?.call(container));
    }
    verify(attempts, (findings) => verifyIdMapper(generationIn(container), findings));
  } else {
    useArray(container.records, attempts);
    useColumns(container, attempts);
    const slot = attempts.random.pick(container.schema.slots).name;
    attempts.sometimes('getColumn', () => methods.getColumn?.call(container, all, slot, { mask: true }));
    attempts.try('idMapper', () => useKey(container.idMapper, keys[0], attempts));
    verify(attempts, (findings) => verifyMapping(generationIn(container), findings));
  }
}

function useKey(container: object, key: unknown, attempts: Attempts): void {
  const methods = container as AnyMethods;
  for (const name of ['has', 'get', 'getFirst', 'count']) {
    if (methods[name] !== undefined) attempts.sometimes(name, () => methods[name]?.call(container, key));
  }
  if (methods.getIter !== undefined) {
    attempts.take('getIter', mostRows, () => methods.getIter?.call(container, key) as Iterable<unknown>);
  }
}

/** Scans: columns and cursors. */
function useColumns(container: MappedArray | AnyMapping<unknown, object>, attempts: Attempts): void {
  const { random } = attempts;
  const methods = container as unknown as AnyMethods;
  const names = attempts.try('schema', () => container.schema.slots.map(({ name }) => name)) ?? [];
  for (const name of names) {
    attempts.sometimes('column', () => methods.column?.call(container, name, { mask: random.oneIn(2) }));
  }
  attempts.sometimes('columns', () => methods.columns?.call(container, names, { mask: true }));
  attempts.sometimes('cursor', () => {
    const cursor = container.cursor();
    for (let row = 0; row < mostRows && cursor.advance(); row++) toObject(cursor.record as object);
    cursor.moveTo(random.below(mostRows));
  });
}

function useBundle(bundle: Bundle, attempts: Attempts): void {
  for (const name of attempts.take('names', mostRows, () => bundle.names())) {
    attempts.try('entry', () => bundle.entry(name));
    attempts.try('placeOf', () => bundle.placeOf(name));
    attempts.try('bytes', () => bundle.bytes(name));
    attempts.sometimes('isIntact', () => bundle.isIntact(name));
    const container = attempts.try('get', () => bundle.get(name));
    if (container !== undefined) useContainer(container, attempts);
    const type = idMapperClasses.get('StringIdMapper') as unknown as BundleEntryClass;
    const mapper = attempts.try('open', () => bundle.open(name, type));
    if (mapper !== undefined) useContainer(mapper, attempts);
  }
}

function verify(attempts: Attempts, walk: (findings: FindingList) => Verification): void {
  attempts.try('verify', () => {
    let yields = 0;
    const findings = new FindingList(20);
    for (const _ of walk(findings)) if (++yields > mostYields || attempts.isOver) break;
    for (const { offset, message } of findings.list) {
      if (!Number.isFinite(offset) || message === '')
        throw new Violation(`a finding without place or words: ${offset} ${message}`);
    }
  });
}
