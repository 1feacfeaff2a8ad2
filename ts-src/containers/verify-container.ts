/** `verify`: looks at all of an open container and tells what is wrong with it. */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { Slices } from '../building/slices.js';
import { describe, InvalidTypeError } from '../errors.js';
import { Bundle, verifyBundle } from './bundle.js';
import { generationIn } from './container.js';
import { type Finding, FindingList, type Verification } from './findings.js';
import { AnyIdMapper } from './id-mapper.js';
import { MappedArray } from './mapped-array.js';
import { AnyMapping } from './mapping.js';
import type { AnyContainer } from './open.js';
import { verifyArray, verifyIdMapper, verifyMapping } from './verify.js';

/** What a check may be asked for. */
export interface VerifyOptions {
  /** How many findings are kept; all are counted. Default 100. */
  maxFindings?: number;
  /** Ends the check: the promise is rejected with the signal's reason. */
  signal?: AbortSignal;
  /** Told about every 100 ms how many rows and records were looked at. */
  onProgress?: (progress: { readonly checked: number; readonly findings: number }) => void;
}

/** What a check found. */
export interface VerifyReport {
  /** Whether nothing is wrong. */
  readonly ok: boolean;
  /** How many findings there are. */
  readonly count: number;
  /** The first of them. Offsets are in bytes, from the start of the container. */
  readonly findings: readonly Finding[];
  /** How many rows and records were looked at. */
  readonly checked: number;
}

const progressMilliseconds = 100;

/**
 * Looks at every row, key, record, pointer, text and number of a container, and at the checksums of what this library
 * adds; in bundles at the checksums of all entries, and into those that say what they are. Works in slices of a few
 * milliseconds, between which others have the thread. Takes some memory for values that are shared, but no more for a
 * larger file.
 * @throws InvalidTypeError where that is no container that can be checked: a pool does not say where its records are
 */
export async function verify(
  container: Pick<AnyContainer, 'closed'>,
  options: VerifyOptions = {},
): Promise<VerifyReport> {
  const { signal, onProgress } = options;
  const findings = new FindingList(options.maxFindings);
  const slices = new Slices();
  let checked = 0;
  let toldAt = performance.now();
  signal?.throwIfAborted();
  for (checked of verificationOf(container, findings)) {
    if (!slices.timeIsUp) continue;
    if (onProgress !== undefined && performance.now() - toldAt >= progressMilliseconds) {
      onProgress({ checked, findings: findings.count });
      toldAt = performance.now();
    }
    await nextTurn();
    signal?.throwIfAborted();
    slices.begin();
  }
  return reportOf(findings, checked);
}

/** `verify` at once. */
export function verifySync(
  container: Pick<AnyContainer, 'closed'>,
  options: Pick<VerifyOptions, 'maxFindings'> = {},
): VerifyReport {
  const findings = new FindingList(options.maxFindings);
  let checked = 0;
  for (checked of verificationOf(container, findings));
  return reportOf(findings, checked);
}

function reportOf({ count, list }: FindingList, checked: number): VerifyReport {
  return { ok: count === 0, count, findings: list, checked };
}

function verificationOf(container: unknown, findings: FindingList): Verification {
  if (container instanceof MappedArray) return verifyArray(generationIn(container), findings);
  if (container instanceof AnyIdMapper) return verifyIdMapper(generationIn(container), findings);
  if (container instanceof AnyMapping) return verifyMapping(generationIn(container), findings);
  if (container instanceof Bundle) return verifyBundle(generationIn(container), findings);
  throw new InvalidTypeError(`verify: expected an open container, found ${describe(container)}`);
}
