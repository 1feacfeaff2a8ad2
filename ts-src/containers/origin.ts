/** Where a container came from: a file, read in one form, and read in it again where another file takes its place. */
import { statSync } from 'node:fs';
import { CorruptDataError, InvalidTypeError, SharedBuffersError } from '../errors.js';
import { changeBetween, type FileState, stateOfUnheld } from '../file-state.js';
import { Region } from '../region.js';
import type { ContainerOptions, Generation } from './container.js';
import { type ContainerDescriptor, type ContainerKind, describeOpened } from './descriptor.js';
import { FindingList, type Verification } from './findings.js';
import type { IdMapperKind } from './id-mapper-kinds.js';
import { checkKindAfter } from './kind.js';

/** What a class of containers makes of a region. */
export interface ContainerForm<G extends Generation> {
  readonly kind: ContainerKind;
  /** Kinds of files that it reads, its own first. */
  readonly accepts: readonly ContainerKind[];
  readonly idMapper: IdMapperKind | undefined;
  /** @param before what the new one takes the place of */
  generation(region: Region, options: ContainerOptions | undefined, before?: G): G;
  /** Looks at all of it; `undefined` where there is nothing that could be looked at. */
  verify: ((generation: G, findings: FindingList) => Verification) | undefined;
}

/** What a region holds, checked as far as the options ask. */
export function generationOf<G extends Generation>(
  form: ContainerForm<G>,
  region: Region,
  options: ContainerOptions | undefined,
  before?: G,
): G {
  const generation = readGeneration(form, region, options, before);
  if (options?.verify) verifyAll(form, generation);
  return generation;
}

function readGeneration<G extends Generation>(
  form: ContainerForm<G>,
  region: Region,
  options: ContainerOptions | undefined,
  before: G | undefined,
): G {
  try {
    return form.generation(region, options, before);
  } catch (error) {
    checkKindAfter(error, region, form.accepts, form.idMapper);
    throw error;
  }
}

function verifyAll<G extends Generation>(form: ContainerForm<G>, generation: G): void {
  if (form.verify === undefined) {
    throw new InvalidTypeError(
      `option verify: a ${form.kind} has nothing to go by`,
      'ERR_SHAREDBUFFERS_INVALID_ARGUMENT',
    );
  }
  const findings = new FindingList(1);
  for (const _ of form.verify(generation, findings)) if (findings.count > 0) break;
  const [first] = findings.list;
  if (first !== undefined) throw new CorruptDataError(first.message, first.offset);
}

export class Origin<G extends Generation> {
  /** What the container is a part of, which is replaced as a whole; set for entries of bundles. */
  within: string | undefined;

  /** @param path absolute */
  constructor(
    readonly path: string,
    readonly form: ContainerForm<G>,
    readonly options: ContainerOptions,
  ) {}

  describe(file: FileState): ContainerDescriptor {
    return describeOpened(this.path, file, this.form, this.options);
  }

  /**
   * What the path means now; `undefined` where that is what it was before.
   * @param current what was read before
   * @throws what opening throws; SharedBuffersError `ERR_SHAREDBUFFERS_FILE_CHANGED` where somebody wrote to the file
   *   that was opened, or writes to the one that took its place
   */
  readAgain(current: G): G | undefined {
    const before = current.region.file as FileState;
    if (this.within !== undefined) {
      throw new InvalidTypeError(
        `${this.within} is replaced as a whole: refresh that, and get this container from it anew`,
        'ERR_SHAREDBUFFERS_INVALID_ARGUMENT',
      );
    }
    if (!this.#isReplaced(before, this.#stateNow())) return undefined;
    const region = Region.openFile(this.path, this.options);
    try {
      // The path may mean what it meant before by now.
      if (!this.#isReplaced(before, region.file as FileState)) {
        region.close();
        return undefined;
      }
      const generation = generationOf(this.form, region, this.options, current);
      this.#isReplaced(region.file as FileState, this.#stateNow());
      return generation;
    } catch (error) {
      region.close();
      throw nameFile(error, this.path);
    }
  }

  #stateNow(): FileState {
    return stateOfUnheld(statSync(this.path, { bigint: true }));
  }

  #isReplaced(before: FileState, now: FileState): boolean {
    const change = changeBetween(before, now);
    if (change !== 'in place') return change === 'replaced';
    throw new SharedBuffersError(
      'ERR_SHAREDBUFFERS_FILE_CHANGED',
      `${this.path} was written to in place, from ${before.fileSize} bytes modified at ${before.modifiedNs} to ` +
        `${now.fileSize} bytes modified at ${now.modifiedNs}; write a new file and rename it to the path`,
    );
  }
}

/** Says which file an error is about, where its message does not yet. */
export function nameFile(error: unknown, path: string): unknown {
  if (error instanceof Error && !error.message.includes(path)) error.message = `${path}: ${error.message}`;
  return error;
}
