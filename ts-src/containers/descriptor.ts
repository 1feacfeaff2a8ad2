/** Descriptors: which file a container is in, as plain data that crosses to other threads and processes. */
import { resolve } from 'node:path';
import { describe, InvalidTypeError, SharedBuffersError } from '../errors.js';
import { changeBetween, type FileState } from '../file-state.js';
import type { OpenOptions } from '../region.js';

/** What a container can be. */
export type ContainerKind = 'array' | 'mapping' | 'multi-mapping' | 'id-mapper' | 'bundle' | 'pool';

/**
 * Names an open container in its file: strings and numbers only, so that it crosses `postMessage`, `workerData` and
 * `fork` alike. What it names is opened by `open`, or by the class of the container.
 */
export interface ContainerDescriptor {
  /** Version of this form. */
  readonly sharedbuffers: 1;
  /** What kind of container it is. */
  readonly kind: ContainerKind;
  /** The name of the id mapper, where there is one. */
  readonly idMapper?: string;
  /** Absolute. */
  readonly path: string;
  /** Device and inode of the file, in decimal digits. */
  readonly device: string;
  /** See `device`. */
  readonly inode: string;
  /** Bytes in the whole file. */
  readonly fileSize: number;
  /** When the content was last modified, in nanoseconds since 1970, in decimal digits. */
  readonly modifiedNs: string;
  /** Where in the file the container starts, in bytes. */
  readonly offset: number;
  /** How many bytes belong to it; without it, all to the end of the file. */
  readonly size?: number;
  /** Limits on reading, where they were given. */
  readonly maxDepth?: number;
  /** As `maxDepth`. */
  readonly maxValues?: number;
  /** `private` where the file was to be copied, not mapped. */
  readonly storage?: 'private';
}

/** What a descriptor says beside the file: which form the container has. */
export interface DescribedForm {
  readonly kind: ContainerKind;
  readonly idMapper: { readonly name: string } | undefined;
}

export function describeOpened(
  path: string,
  { device, inode, fileSize, modifiedNs }: FileState,
  { kind, idMapper }: DescribedForm,
  { offset = 0, size, maxDepth, maxValues, copy }: OpenOptions,
): ContainerDescriptor {
  return {
    sharedbuffers: 1,
    kind,
    ...(idMapper && { idMapper: idMapper.name }),
    path,
    device,
    inode,
    fileSize,
    modifiedNs,
    offset,
    ...(size !== undefined && { size }),
    ...(maxDepth !== undefined && { maxDepth }),
    ...(maxValues !== undefined && { maxValues }),
    ...(copy && { storage: 'private' }),
  };
}

const kinds: readonly unknown[] = ['array', 'mapping', 'multi-mapping', 'id-mapper', 'bundle', 'pool'];

/**
 * A descriptor that somebody sent, looked at field by field. Whatever else it has is ignored.
 * @throws InvalidTypeError that names the field
 */
export function checkDescriptor(value: object): ContainerDescriptor {
  const given = value as { readonly [field: string]: unknown };
  if (given.sharedbuffers === undefined) {
    const advice = ArrayBuffer.isView(value) ? '; what bytes hold is opened by from(bytes)' : '';
    throw new InvalidTypeError(
      `expected the path of a file, or a descriptor, found ${describe(value)}${advice}`,
    );
  }
  requireField('sharedbuffers', given.sharedbuffers, (field) => field === 1, 'the version 1');
  requireField('kind', given.kind, (field) => kinds.includes(field), `one of ${kinds.join(', ')}`);
  requireField('idMapper', given.idMapper ?? '', isString, 'the name of an id mapper');
  requireField('path', given.path, isPath, 'an absolute path');
  for (const name of ['device', 'inode', 'modifiedNs']) {
    requireField(name, given[name], isInteger, 'an integer in decimal digits');
  }
  for (const name of ['fileSize', 'offset']) requireField(name, given[name], isCount, 'a number of bytes');
  for (const name of ['size', 'maxDepth', 'maxValues']) {
    requireField(name, given[name] ?? 0, isCount, 'an integer, 0 or more');
  }
  requireField('storage', given.storage ?? 'private', (field) => field === 'private', '"private"');
  return value as ContainerDescriptor;
}

function requireField(
  name: string,
  value: unknown,
  isRight: (value: unknown) => boolean,
  what: string,
): void {
  if (!isRight(value)) {
    throw new InvalidTypeError(
      `the descriptor of a container: expected ${name} to be ${what}, found ${describe(value)}`,
    );
  }
}

const isString = (value: unknown) => typeof value === 'string';
const isPath = (value: unknown) =>
  typeof value === 'string' && !value.includes('\0') && value !== '' && resolve(value) === value;
const isInteger = (value: unknown) => typeof value === 'string' && /^-?\d{1,40}$/.test(value);
const isCount = (value: unknown) => Number.isSafeInteger(value) && (value as number) >= 0;

/** The options that a descriptor stands for. */
export function optionsOf({ offset, size, maxDepth, maxValues, storage }: ContainerDescriptor): OpenOptions {
  return {
    offset,
    ...(size !== undefined && { size }),
    ...(maxDepth !== undefined && { maxDepth }),
    ...(maxValues !== undefined && { maxValues }),
    ...(storage === 'private' && { copy: true }),
  };
}

/** @throws SharedBuffersError `ERR_SHAREDBUFFERS_FILE_CHANGED` where the file is not the one that was described */
export function requireUnchanged(described: ContainerDescriptor, found: FileState): void {
  const change = changeBetween(described, found);
  if (change === 'none') return;
  throw new SharedBuffersError(
    'ERR_SHAREDBUFFERS_FILE_CHANGED',
    `${described.path} was ${change === 'replaced' ? 'replaced by another file' : 'written to in place'} since it was ` +
      `described (${briefly(described)} then, ${briefly(found)} now); open it by its path, or with follow: true, ` +
      'to read what it is now',
  );
}

function briefly({ inode, fileSize, modifiedNs }: FileState): string {
  return `inode ${inode}, ${fileSize} bytes, modified at ${modifiedNs}`;
}
