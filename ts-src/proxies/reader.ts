/**
 * How records of one stored schema are read as one declared schema: the stored one decides where the bytes are, the
 * declared one which slots there are and what reads them.
 */

import { TooLargeError } from '../errors.js';
import type { Tagged } from '../exact/tagged.js';
import { Region, readError } from '../region.js';
import { type Layout, none, type SlotPlace } from '../schema/layout.js';
import { type Budget, withBudget } from '../types/budget.js';
import { readSafeInteger } from '../types/numbers.js';
import type { AnySlotType, Findings } from '../types/slot-type.js';
import { paidExact } from '../types/weight.js';
import { defineSlots, RecordProxy } from './record.js';

/** What a reader needs to know of the declared schema. */
export interface ReaderSchema {
  readonly name: string;
  readonly proxy: ((Base: never) => unknown) | undefined;
}

export interface ReaderSlot {
  readonly name: string;
  readonly type: AnySlotType;
  /** Where the file has it; `undefined` where the file lacks the slot. */
  readonly place: SlotPlace | undefined;
  readonly required: boolean;
}

type ProxyClass = new (window: ReturnType<Region['windowAt']>, offset: number) => RecordProxy;

let emptyRegion: Region | undefined;

export class RecordReader {
  readonly proxyClass: ProxyClass;
  /**
   * The engine forgets how objects of a class lie when it collects the last of them, and with that all that it has
   * compiled for them; records come and go, so this one stays.
   */
  readonly sample: RecordProxy;

  /** @param slots in the order of declaration */
  constructor(
    readonly schema: ReaderSchema,
    readonly layout: Layout,
    readonly slots: readonly ReaderSlot[],
  ) {
    this.proxyClass = makeProxyClass(schema, this);
    emptyRegion ??= Region.fromBytes(new Uint8Array(0));
    // Not by the constructor of the class, which may be a user's.
    this.sample = Reflect.construct(RecordProxy, [emptyRegion.windowAt(0), 0], this.proxyClass);
  }

  /** A proxy of the record at `position`; nothing is read yet. */
  proxyAt(region: Region, position: number): RecordProxy {
    const window = region.windowAt(position, this.layout.fullBytes);
    return new this.proxyClass(window, position - window.start);
  }

  /** The record at `position` as tagged JSON, with the stored types. */
  exactAt(region: Region, position: number, depth: number): Tagged {
    const { maxDepth } = region.limits;
    if (depth >= maxDepth) throw new TooLargeError(`records nest deeper than ${maxDepth}, or in a cycle`);
    return withBudget(region, (budget) => {
      budget.take(this.slots.length);
      const fields: Record<string, Tagged> = {};
      for (const { name, type, place } of this.slots) {
        if (place === undefined) continue;
        const tagged = this.#exactSlot(region, position, place, type, depth, budget);
        if (tagged !== undefined) fields[name] = tagged;
      }
      return { $struct: this.schema.name, fields };
    });
  }

  #exactSlot(
    region: Region,
    position: number,
    place: SlotPlace,
    type: AnySlotType,
    depth: number,
    budget: Budget,
  ): Tagged | undefined {
    const window = region.windowAt(position);
    const offset = position - window.start;
    try {
      const at = this.layout.offsetOf(window.view, offset, place.index);
      if (at < 0) return at === none ? null : undefined;
      if (type.inline) return type.readExact(window.view, offset + at);
      const target = position + readSafeInteger(window.view, offset + at);
      return paidExact(budget, type.readExact(region, target, depth + 1));
    } catch (error) {
      throw readError(error, window, position);
    }
  }

  /** Checks the record at `position` and everything that it points to. */
  verifyAt(region: Region, position: number, depth: number, findings: Findings): void {
    if (!findings.firstVisit(this, position)) return;
    if (depth >= region.limits.maxDepth) {
      findings.add(position, `records nest deeper than ${region.limits.maxDepth}`);
      return;
    }
    if (!fits(region, position, this.layout.headerBytes)) {
      findings.add(
        position,
        `the header of a ${this.schema.name} leaves the ${region.size} bytes that are there`,
      );
      return;
    }
    const window = region.windowAt(position);
    const fault = this.layout.faultOf(window.view, position - window.start);
    if (fault !== undefined) findings.add(position, `a ${this.schema.name}: ${fault}`);
    const offsets = this.layout.offsets(window.view, position - window.start);
    for (const { name, type, place, required } of this.slots) {
      const at = place === undefined ? -1 : (offsets[place.index] as number);
      if (at >= 0) this.#verifySlot(region, position, at, type, depth, findings);
      else if (required) findings.add(position, `${this.schema.name}.${name} is required and not there`);
    }
  }

  #verifySlot(
    region: Region,
    position: number,
    at: number,
    type: AnySlotType,
    depth: number,
    findings: Findings,
  ): void {
    if (!fits(region, position + at, type.size)) {
      findings.add(
        position,
        `a field of a ${this.schema.name} leaves the ${region.size} bytes that are there`,
      );
      return;
    }
    const { view, start } = region.windowAt(position);
    const offset = position - start + at;
    if (type.inline) {
      type.verify(view, offset, position + at, findings);
      return;
    }
    const target = position + readSafeInteger(view, offset);
    if (fits(region, target, 1)) type.verify(region, target, depth + 1, findings);
    else findings.add(position + at, `a pointer to ${target} leaves the ${region.size} bytes that are there`);
  }
}

function fits(region: Region, position: number, length: number): boolean {
  return position >= 0 && position + length <= region.size;
}

function makeProxyClass(schema: ReaderSchema, reader: RecordReader): ProxyClass {
  const Base = (schema.proxy?.(class extends RecordProxy {} as never) ?? RecordProxy) as ProxyClass;
  const proxyClass = class extends Base {};
  Object.defineProperty(proxyClass, 'name', { value: schema.name });
  defineSlots(proxyClass, reader);
  return proxyClass;
}
