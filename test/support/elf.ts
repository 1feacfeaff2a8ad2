/** As much of an ELF file as tests of the native binary ask about: its dynamic section and dynamic symbols. */

export interface DynamicInfo {
  /** Libraries that must be loaded with it. */
  needed: string[];
  /** Symbols that must come from elsewhere. */
  undefinedSymbols: string[];
  definedSymbols: string[];
  /** Whether `dlclose` leaves it in memory. */
  nodelete: boolean;
  hasThreadLocals: boolean;
  hasExecutableStack: boolean;
}

const segment = { load: 1, dynamic: 2, tls: 7, stack: 0x6474e551 };
const tag = { needed: 1, hash: 4, stringTable: 5, symbolTable: 6, gnuHash: 0x6ffffef5, flags1: 0x6ffffffb };

export function readElf(file: Buffer): DynamicInfo {
  const u64 = (offset: number) => Number(file.readBigUint64LE(offset));
  const segments = Array.from({ length: file.readUint16LE(56) }, (_, index) => {
    const at = u64(32) + index * file.readUint16LE(54);
    return {
      type: file.readUint32LE(at),
      flags: file.readUint32LE(at + 4),
      offset: u64(at + 8),
      address: u64(at + 16),
      size: u64(at + 32),
    };
  });
  const fileOffset = (address: number) => {
    const found = segments.find(
      (s) => s.type === segment.load && address >= s.address && address < s.address + s.size,
    );
    if (found === undefined) throw new Error(`no segment holds ${address}`);
    return address - found.address + found.offset;
  };
  const dynamic = segments.find((s) => s.type === segment.dynamic);
  if (dynamic === undefined) throw new Error('no dynamic section');
  const entries: [tag: number, value: number][] = [];
  for (let at = dynamic.offset; at < dynamic.offset + dynamic.size; at += 16)
    entries.push([u64(at), u64(at + 8)]);
  const value = (wanted: number) => entries.find(([found]) => found === wanted)?.[1];
  const strings = fileOffset(value(tag.stringTable) as number);
  const text = (offset: number) =>
    file.toString('latin1', strings + offset, file.indexOf(0, strings + offset));
  const symbols = fileOffset(value(tag.symbolTable) as number);
  const names: { name: string; defined: boolean }[] = [];
  // The string table follows the symbol table in what linkers write, and entries have 24 bytes.
  for (
    let at = symbols + 24;
    at + 24 <= strings && names.length < symbolCount(file, value, fileOffset);
    at += 24
  ) {
    names.push({ name: text(file.readUint32LE(at)), defined: file.readUint16LE(at + 6) !== 0 });
  }
  return {
    needed: entries.filter(([found]) => found === tag.needed).map(([, offset]) => text(offset)),
    undefinedSymbols: names.filter(({ defined }) => !defined).map(({ name }) => name),
    definedSymbols: names.filter(({ defined }) => defined).map(({ name }) => name),
    nodelete: ((value(tag.flags1) ?? 0) & 8) !== 0,
    hasThreadLocals: segments.some((s) => s.type === segment.tls),
    hasExecutableStack: segments.some((s) => s.type === segment.stack && (s.flags & 1) !== 0),
  };
}

/** The classic hash table tells the number of symbols; without it, the order of sections has to do. */
function symbolCount(
  file: Buffer,
  value: (tag: number) => number | undefined,
  fileOffset: (address: number) => number,
): number {
  const hash = value(tag.hash);
  return hash === undefined ? Number.POSITIVE_INFINITY : file.readUint32LE(fileOffset(hash) + 4) - 1;
}
