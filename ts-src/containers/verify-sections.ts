/**
 * Checking the sections that this library adds: their chain, their checksums, and of each kind that is known, what its body
 * says. A new kind of section is a check in `bodyChecks`.
 */
import { native } from '../native/index.js';
import type { Region } from '../region.js';
import type { FindingList, Verification } from './findings.js';
import type { IdTable } from './id-table.js';
import type { RecordSource } from './record-source.js';
import { faultOfChain, readKindSection, type Section, sectionKinds } from './sections.js';
import { verifyDirect, verifyRadix } from './verify-indexes.js';

/** What the rows above a chain of sections belong to. */
export interface SectionOwner {
  readonly region: Region;
  /** The chain may not reach below. */
  readonly start: number;
  /** Where the rows or the index begin. */
  readonly end: number;
  readonly sections: readonly Section[];
  /** The id table, where the rows are those of one. */
  readonly table?: IdTable;
  /** The records: of an array, and of the mapping that an id table belongs to. */
  readonly records?: RecordSource;
}

/**
 * Checks the body of a section, whose checksum is right: adds what is wrong to the findings. Long checks are generators
 * that yield now and then.
 */
export type BodyCheck = (
  section: Section,
  owner: SectionOwner,
  findings: FindingList,
) => Verification | undefined;

/** By the kind of the section. What is not here is of a later version, and none of our business. */
const bodyChecks: ReadonlyMap<number, BodyCheck> = new Map<number, BodyCheck>([
  [sectionKinds.kind, checkDescription],
  [sectionKinds.radix, verifyRadix],
  [sectionKinds.direct, verifyDirect],
]);

export function* verifySections(owner: SectionOwner, findings: FindingList): Verification {
  const { region, start, end, sections } = owner;
  const fault = faultOfChain(region, start, end, sections);
  if (fault !== undefined) findings.add(fault.offset, fault.message);
  for (const section of sections) {
    const { kind, position, length, bodyChecksum } = section;
    if ((yield* checksumOf(region, position, length)) !== bodyChecksum) {
      findings.add(position, `the section of kind ${kind} is not what was written: its checksum differs`);
      continue;
    }
    const steps = bodyChecks.get(kind)?.(section, owner, findings);
    if (steps !== undefined) yield* steps;
  }
}

/** Bytes between two yields: a section may be larger than what can be seen at once. */
const pieceBytes = 2 ** 20;

function* checksumOf(region: Region, position: number, length: number): Generator<number, bigint, undefined> {
  const hash = native.beginHash();
  for (let done = 0; done < length; done += pieceBytes) {
    native.updateHash(
      hash,
      region.bytesAt(position + done, Math.min(pieceBytes, length - done), 'a section'),
    );
    yield 0;
  }
  return native.endHash(hash);
}

function checkDescription(section: Section, { region }: SectionOwner, findings: FindingList): undefined {
  if (readKindSection(region, [section]) !== undefined) return;
  findings.add(section.position, 'the section that says what the file is cannot be read');
}
