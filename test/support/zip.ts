/** Zip files made by hand, wrong ones too. */
import { crc32 } from 'node:zlib';

export interface Member {
  name: string | Uint8Array;
  data: Uint8Array;
  method?: number;
  flags?: number;
  /** Where it differs from that of the data. */
  size?: number;
  crc?: number;
  /** In the local header alone. */
  localSignature?: number;
  localName?: string;
  /** In the directory alone; `shownSize` for both sizes. */
  shownSize?: number;
  shownOffset?: number;
  extra?: Uint8Array;
  /** With sizes and offset in a zip64 field, though they would fit. */
  zip64?: boolean;
}

interface End {
  count?: number;
  disk?: number;
  directoryOffset?: number;
}

export function zipOf(members: readonly Member[], end: End = {}): Uint8Array {
  const parts: Buffer[] = [];
  const directory: Buffer[] = [];
  let offset = 0;
  for (const member of members) {
    const local = localHeaderOf(member);
    directory.push(centralHeaderOf(member, offset));
    parts.push(local, Buffer.from(member.data));
    offset += local.length + member.data.length;
  }
  const { count = members.length, disk = 0, directoryOffset = offset } = end;
  const tail = Buffer.alloc(22);
  tail.writeUInt32LE(0x06054b50, 0);
  tail.writeUInt16LE(disk, 4);
  tail.writeUInt16LE(count, 8);
  tail.writeUInt16LE(count, 10);
  tail.writeUInt32LE(Buffer.concat(directory).length, 12);
  tail.writeUInt32LE(directoryOffset, 16);
  return new Uint8Array(Buffer.concat([...parts, ...directory, tail]));
}

function localHeaderOf({ name, localName, data, method = 0, flags = 0, ...rest }: Member): Buffer {
  const header = Buffer.alloc(30);
  const nameBytes = Buffer.from((localName ?? name) as string);
  header.writeUInt32LE(rest.localSignature ?? 0x04034b50, 0);
  header.writeUInt16LE(20, 4);
  header.writeUInt16LE(flags, 6);
  header.writeUInt16LE(method, 8);
  header.writeUInt32LE(rest.crc ?? crc32(data), 14);
  header.writeUInt32LE(data.length, 18);
  header.writeUInt32LE(rest.size ?? data.length, 22);
  header.writeUInt16LE(nameBytes.length, 26);
  return Buffer.concat([header, nameBytes]);
}

function centralHeaderOf(member: Member, offset: number): Buffer {
  const { name, data, method = 0, flags = 0, shownSize, shownOffset, zip64 } = member;
  const header = Buffer.alloc(46);
  const nameBytes = Buffer.from(name as string);
  const stored = shownSize ?? data.length;
  const size = shownSize ?? member.size ?? data.length;
  const extra = zip64 ? zip64Field([size, stored, offset]) : (member.extra ?? Buffer.alloc(0));
  header.writeUInt32LE(0x02014b50, 0);
  header.writeUInt16LE(20, 6);
  header.writeUInt16LE(flags, 8);
  header.writeUInt16LE(method, 10);
  header.writeUInt32LE(member.crc ?? crc32(data), 16);
  header.writeUInt32LE(zip64 ? 0xffffffff : stored, 20);
  header.writeUInt32LE(zip64 ? 0xffffffff : size, 24);
  header.writeUInt16LE(nameBytes.length, 28);
  header.writeUInt16LE(extra.length, 30);
  header.writeUInt32LE(zip64 ? 0xffffffff : (shownOffset ?? offset), 42);
  return Buffer.concat([header, nameBytes, extra]);
}

function zip64Field(values: number[]): Buffer {
  const field = Buffer.alloc(4 + values.length * 8);
  field.writeUInt16LE(1, 0);
  field.writeUInt16LE(values.length * 8, 2);
  for (const [index, value] of values.entries()) field.writeBigUInt64LE(BigInt(value), 4 + index * 8);
  return field;
}
