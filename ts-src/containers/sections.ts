/**
 * What this library adds to a file where Python's does not look: sections, one below the other, the topmost ending
 * where the rows of an id table or the index of an array begin. Each is a body and, above it, a descriptor of 64
 * bytes. See docs/format.md, "Sections".
 */
import { native } from '../native/index.js';
import type { Region } from '../region.js';
import type { SchemaJson } from '../schema/schema-to-json.js';
import { version } from '../version.js';

/** A section that was found; its body is not looked at before somebody uses it. */
export interface Section {
  readonly kind: number;
  readonly version: number;
  /** Position of the body in the region. */
  readonly position: number;
  /** Bytes of the body with its padding. */
  readonly size: number;
  /** Bytes of the body that mean something: what the checksum is over. */
  readonly length: number;
  /** How many rows or records the section was made for. */
  readonly rows: number;
  /** xxh64 of the body. */
  readonly bodyChecksum: bigint;
}

/** A section to be written. */
export interface SectionContent {
  readonly kind: number;
  readonly version: number;
  readonly body: Uint8Array;
}

export const sectionKinds = { kind: 1, radix: 2, direct: 3 } as const;

export const descriptorBytes = 64;
/** Sections, and the rows above them, begin at multiples of this many bytes. */
export const sectionAlignment = 8;
/** Nothing writes more; it bounds what garbage that looks like sections can cost. */
const maxSections = 64;
/** `SBNsect1`, read as a little-endian number. */
const magic = 0x31746365734e4253n;

/** Places of the fields in a descriptor. */
const at = {
  magic: 0,
  kind: 8,
  version: 12,
  size: 16,
  length: 24,
  rows: 32,
  bodyChecksum: 40,
  /** u32: how many sections lie below this one; a u32 of zeros follows. */
  below: 48,
  checksum: 56,
} as const;

/**
 * The sections whose chain ends at `end`, topmost first. What does not look like a section ends the chain in
 * silence: files built by Python have none.
 * @param start the lowest position that the chain may reach
 * @param end where the rows or the index begin
 * @param rows how many rows or records there are; sections made for another number are not believed. `undefined`
 *   where the caller does not know: then all sections must agree
 */
export function readSections(
  region: Region,
  start: number,
  end: number,
  rows: number | undefined,
): Section[] {
  const sections: Section[] = [];
  let top = end;
  let wanted = rows;
  let left = maxSections;
  while (left > 0) {
    const found = readDescriptor(region, start, top);
    if (found === undefined || (wanted !== undefined && found.section.rows !== wanted)) break;
    sections.push(found.section);
    wanted = found.section.rows;
    top = found.section.position;
    left = Math.min(left - 1, found.below);
  }
  return sections;
}

function readDescriptor(
  region: Region,
  start: number,
  end: number,
): { section: Section; below: number } | undefined {
  const position = end - descriptorBytes;
  if (!(position >= start && end <= region.size)) return undefined;
  const bytes = region.headerBytes(position, descriptorBytes, 'a section');
  const view = new DataView(bytes.buffer, bytes.byteOffset, descriptorBytes);
  if (view.getBigUint64(at.magic, true) !== magic) return undefined;
  if (view.getBigUint64(at.checksum, true) !== native.hash64(bytes.subarray(0, at.checksum)))
    return undefined;
  const size = Number(view.getBigUint64(at.size, true));
  const length = Number(view.getBigUint64(at.length, true));
  if (size > position - start || length > size) return undefined;
  const section: Section = {
    kind: view.getUint32(at.kind, true),
    version: view.getUint32(at.version, true),
    position: position - size,
    size,
    length,
    rows: Number(view.getBigUint64(at.rows, true)),
    bodyChecksum: view.getBigUint64(at.bodyChecksum, true),
  };
  return { section, below: view.getUint32(at.below, true) };
}

/**
 * What is wrong with the chain of sections that ends at `end`, of which those that can be believed were read: a
 * descriptor that was changed, or was made for another number of rows, is not among them. `undefined` where the chain
 * ends as it says.
 */
export function faultOfChain(
  region: Region,
  start: number,
  end: number,
  sections: readonly Section[],
): { offset: number; message: string } | undefined {
  const last = sections.at(-1);
  const missing = last === undefined ? 0 : sectionsBelow(region, last);
  const position = (last?.position ?? end) - descriptorBytes;
  if (missing === 0 && (last !== undefined || !looksLikeDescriptor(region, start, position)))
    return undefined;
  const rows = readDescriptor(region, start, position + descriptorBytes)?.section.rows;
  const message =
    rows === undefined
      ? `a section was expected below ${position + descriptorBytes}, whose descriptor is not what was written`
      : `a section was made for ${rows} rows or records, which is not how many there are`;
  return { offset: Math.max(position, start), message };
}

/** How many sections a section says are below it. */
function sectionsBelow(region: Region, { position, size }: Section): number {
  const descriptor = region.headerBytes(position + size, descriptorBytes, 'a section');
  return new DataView(descriptor.buffer, descriptor.byteOffset).getUint32(at.below, true);
}

function looksLikeDescriptor(region: Region, start: number, position: number): boolean {
  if (position < start || position + descriptorBytes > region.size) return false;
  const bytes = region.headerBytes(position, 8, 'a section');
  return new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(at.magic, true) === magic;
}

/**
 * The bytes of sections, in the order of the file: the last one ends where the rows begin.
 * @param rows how many rows or records they are made for
 */
export function writeSections(contents: readonly SectionContent[], rows: number): Uint8Array {
  return Buffer.concat(contents.flatMap((content, below) => writeSection(content, rows, below)));
}

function writeSection({ kind, version, body }: SectionContent, rows: number, below: number): Uint8Array[] {
  const padding = Buffer.alloc(paddingTo(sectionAlignment, body.length));
  const size = body.length + padding.length;
  const bodyChecksum = native.hash64(body);
  return [
    body,
    padding,
    writeDescriptor({ kind, version, size, length: body.length, rows, bodyChecksum }, below),
  ];
}

/** @param below how many sections lie below this one */
export function writeDescriptor(section: Omit<Section, 'position'>, below: number): Uint8Array {
  const descriptor = Buffer.alloc(descriptorBytes);
  descriptor.writeBigUInt64LE(magic, at.magic);
  descriptor.writeUInt32LE(section.kind, at.kind);
  descriptor.writeUInt32LE(section.version, at.version);
  descriptor.writeBigUInt64LE(BigInt(section.size), at.size);
  descriptor.writeBigUInt64LE(BigInt(section.length), at.length);
  descriptor.writeBigUInt64LE(BigInt(section.rows), at.rows);
  descriptor.writeBigUInt64LE(section.bodyChecksum, at.bodyChecksum);
  descriptor.writeUInt32LE(below, at.below);
  descriptor.writeBigUInt64LE(native.hash64(descriptor.subarray(0, at.checksum)), at.checksum);
  return descriptor;
}

/** How many bytes are missing at `position` to a multiple of `alignment`. */
export function paddingTo(alignment: number, position: number): number {
  return (alignment - (position % alignment)) % alignment;
}

/** What the section `kind` says: what was built. */
export interface KindDescription {
  /** `array`, `id-mapper`, `mapping`, …; a later version may know more. */
  readonly kind: string;
  readonly idMapper?: string;
  /** Names of the schema and of those nested in it, depth first in the order of declaration, each once. */
  readonly structs?: readonly string[];
  /** Typecodes of the structs whose records are stored with one, by name. */
  readonly typecodes?: Readonly<Record<string, number>>;
  /** These structs and those nested in them, as JSON that describes schemas. */
  readonly types?: readonly SchemaJson[];
  /** Who wrote the file. */
  readonly writer?: string;
}

const kindVersion = 1;
const maxKindBytes = 64 * 1024;

/** The section that says what a file is. */
export function kindSection(description: KindDescription): SectionContent {
  const encode = (value: KindDescription) => Buffer.from(JSON.stringify(value), 'utf8');
  const { types, structs, typecodes, ...rest } = description;
  const writer = `sharedbuffers-node ${version}`;
  // Names are a convenience: where they are that long, the file goes without the longest.
  const forms: KindDescription[] = [
    {
      ...rest,
      ...(structs && { structs }),
      ...(typecodes && { typecodes }),
      ...(types && { types }),
      writer,
    },
    { ...rest, ...(structs && { structs }), ...(typecodes && { typecodes }), writer },
    { ...rest, writer },
  ];
  const bodies = forms.map(encode);
  const body = bodies.find(({ length }) => length <= maxKindBytes) ?? (bodies.at(-1) as Buffer);
  return { kind: sectionKinds.kind, version: kindVersion, body };
}

/** What a file says it is; `undefined` where it says nothing that can be believed. */
export function readKindSection(region: Region, sections: readonly Section[]): KindDescription | undefined {
  const section = sections.find(({ kind, version }) => kind === sectionKinds.kind && version === kindVersion);
  if (section === undefined || section.length > maxKindBytes) return undefined;
  const body = region.headerBytes(section.position, section.length, 'the description of the file');
  if (native.hash64(body) !== section.bodyChecksum) return undefined;
  try {
    return checkDescription(JSON.parse(Buffer.from(body).toString('utf8')));
  } catch {
    return undefined;
  }
}

function checkDescription(
  value: Partial<Record<keyof KindDescription, unknown>> | null,
): KindDescription | undefined {
  const { kind, idMapper, structs, typecodes, types, writer } = value ?? {};
  if (typeof kind !== 'string') return undefined;
  const names = Array.isArray(structs) && structs.every((name) => typeof name === 'string' && name !== '');
  return {
    kind,
    ...(typeof idMapper === 'string' && { idMapper }),
    ...(names && { structs: structs as string[] }),
    ...(areTypecodes(typecodes) && { typecodes }),
    // What they say is looked at where it is used.
    ...(Array.isArray(types) && { types }),
    ...(typeof writer === 'string' && { writer }),
  };
}

function areTypecodes(value: unknown): value is Readonly<Record<string, number>> {
  return typeof value === 'object' && value !== null && Object.values(value).every(Number.isInteger);
}
