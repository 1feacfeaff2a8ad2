/** What the types of single values have in common that records point to: sharing, verification, `optional()`. */
import type { Packer } from '../building/packer.js';
import type { Tagged } from '../exact/tagged.js';
import type { Region } from '../region.js';
import { budgetOfCheck } from './budget.js';
import { OptionalSlot, type PointerType, reportFinding } from './slot-type.js';
import { lengthOf } from './weight.js';

/** A slot type for single values outside of their record. */
export interface ValueType<Read, Write> extends PointerType<Read, Write> {
  /**
   * Appends the value itself at the packer's position, whether or not it was stored before: for places where it must
   * follow what was written last, as after the header of a dynamic value.
   */
  append(packer: Packer, value: Write): void;
  optional(): OptionalSlot<this>;
}

export interface ValueTypeParts<Read, Write> {
  name: string;
  stored: string;
  read(region: Region, position: number, depth: number): Read;
  /** Checks, then appends. */
  append(packer: Packer, value: Write): void;
  readExact(region: Region, position: number, depth: number): Tagged;
  fromExact(tagged: Tagged): Write;
  /** Reads in whatever way meets everything that can be wrong with the value. Default: `read`. */
  check?(region: Region, position: number, depth: number): unknown;
  /** Whether checking a value takes so long that it is to be done once, however many point to it. */
  readonly isLarge?: boolean;
}

export function valueType<Read, Write>(parts: ValueTypeParts<Read, Write>): ValueType<Read, Write> {
  const { name, stored, read, append, readExact, fromExact, check = read, isLarge = false } = parts;
  return {
    inline: false,
    size: 8,
    name,
    columnKind: undefined,
    storedType: () => stored,
    read,
    append,
    readExact,
    fromExact,
    write(packer, value) {
      // numbers are not found again by identity: 0 and -0 are one key of a Map
      if (typeof value === 'number') return appended(packer, value);
      const before = packer.shared.find(this, value);
      if (before !== undefined) return before;
      const position = appended(packer, value);
      packer.shared.add(this, value, position);
      return position;
    },
    verify(region, position, depth, findings) {
      if (isLarge && !findings.firstVisit(this, position)) return;
      try {
        const value = check(region, position, depth);
        if (isLarge) budgetOfCheck(region, findings).takeUnits(lengthOf(value));
      } catch (error) {
        reportFinding(error, position, findings);
      }
    },
    optional() {
      return new OptionalSlot(this);
    },
  };

  function appended(packer: Packer, value: Write): number {
    const { position } = packer;
    append(packer, value);
    return position;
  }
}
