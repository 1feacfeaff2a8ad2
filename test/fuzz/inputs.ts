/** Inputs: each is made from a seed and its number, so that it can be made again. */
import { Attempts } from './attempt.js';
import { type Field, findFields } from './fields.js';
import { type Mutated, mutate } from './mutate.js';
import type { Circumstances, Specimen } from './opening.js';
import { Random } from './random.js';
import { allSpecimens } from './specimens.js';

export interface Input {
  readonly specimen: Specimen;
  readonly circumstances: Circumstances;
  readonly mutated: Mutated;
  /** Decides on what is done with it. */
  readonly seed: number;
}

/** After that much time no further call is begun. */
const patienceMilliseconds = 300;

const specimens = allSpecimens();
const fieldsOf = new Map<Specimen, Field[]>();

export function specimenNamed(name: string): Specimen {
  const found = specimens.find((specimen) => specimen.name === name);
  if (found === undefined) throw new Error(`there is no specimen ${name}`);
  return found;
}

export function makeInput(seed: number, number: number): Input {
  const random = new Random(seed, number);
  const specimen = choose(random);
  let fields = fieldsOf.get(specimen);
  if (fields === undefined) {
    fields = findFields(specimen.bytes);
    fieldsOf.set(specimen, fields);
  }
  const circumstances: Circumstances = {
    maxValues: random.oneIn(2) ? undefined : random.pick([50, 1000, 20_000]),
    mapped: random.oneIn(24),
  };
  const other = random.oneIn(2) ? specimen : random.pick(specimens);
  const mutated = mutate(specimen.bytes, fields, other.bytes, random);
  return { specimen, circumstances, mutated, seed: random.next() };
}

/** Large specimens take long, and are of the same kinds as small ones. */
function choose(random: Random): Specimen {
  let specimen = random.pick(specimens);
  while (specimen.bytes.length > 8192 && !random.oneIn(8)) specimen = random.pick(specimens);
  return specimen;
}

/**
 * Uses an input for everything.
 * @returns how many calls that were
 * @throws Violation where something happened that must not
 */
export function use({ specimen, circumstances, seed }: Input, bytes: Uint8Array): number {
  const attempts = new Attempts(patienceMilliseconds, new Random(seed, 0));
  specimen.use(bytes, attempts, circumstances);
  return attempts.calls;
}
