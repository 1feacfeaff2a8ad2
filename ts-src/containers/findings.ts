/** What checks of containers find: the first findings, and how many there are. */
import { CorruptDataError, SharedBuffersError } from '../errors.js';
import type { Findings } from '../types/slot-type.js';

/** Something that is wrong with a file. */
export interface Finding {
  /** Position in the region. */
  readonly offset: number;
  /** What is wrong, and what was expected. */
  readonly message: string;
}

/** Yields how many rows and records were looked at so far. */
export type Verification = Generator<number, void, undefined>;

/** Values met that are remembered for each type; beyond that, shared values are checked once more. */
const rememberedVisits = 1_000_000;

export class FindingList implements Findings {
  readonly list: Finding[] = [];
  count = 0;
  readonly #visits = new Map<object, Set<number>>();

  /** @param limit how many findings are kept; all are counted */
  constructor(readonly limit = 100) {}

  add(offset: number, message: string): void {
    this.count++;
    if (this.list.length < this.limit) this.list.push({ offset, message });
  }

  /** Adds what a read threw about the data; throws anything else on. */
  addError(error: unknown, offset: number): void {
    if (!isAboutData(error)) throw error;
    const found = error instanceof CorruptDataError ? error.offset : undefined;
    this.add(found ?? offset, error.message.replace(/ \(at offset \d+\)$/, ''));
  }

  /** Puts what they were found in before findings, from number `from` on. */
  sayWhich(from: number, what: string): void {
    for (let index = from; index < this.list.length; index++) {
      const { offset, message } = this.list[index] as Finding;
      if (!message.startsWith(what)) this.list[index] = { offset, message: `${what}: ${message}` };
    }
  }

  firstVisit(type: object, position: number): boolean {
    let positions = this.#visits.get(type);
    if (positions === undefined) {
      positions = new Set();
      this.#visits.set(type, positions);
    }
    if (positions.has(position)) return false;
    if (positions.size >= rememberedVisits) positions.clear();
    positions.add(position);
    return true;
  }
}

const codesAboutData = new Set<unknown>([
  'ERR_SHAREDBUFFERS_TOO_LARGE',
  'ERR_SHAREDBUFFERS_UNSUPPORTED',
  'ERR_SHAREDBUFFERS_ENCODING',
  'ERR_SHAREDBUFFERS_UNSAFE_INTEGER',
]);

function isAboutData(error: unknown): error is SharedBuffersError {
  return (
    error instanceof CorruptDataError ||
    (error instanceof SharedBuffersError && codesAboutData.has(error.code))
  );
}
