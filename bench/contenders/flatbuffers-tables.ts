/** The tables of `flatbuffers.ts` with accessors as the compiler of schemas writes them for TypeScript: what users scan with. */

/** What accessors use of the runtime. */
export interface TableBuffer {
  position(): number;
  readInt32(at: number): number;
  readUint32(at: number): number;
  __offset(table: number, field: number): number;
  __indirect(at: number): number;
  __vector(at: number): number;
  __vector_len(at: number): number;
}

export class CityTable {
  bb: TableBuffer | null = null;
  bb_pos = 0;

  __init(position: number, buffer: TableBuffer): CityTable {
    this.bb_pos = position;
    this.bb = buffer;
    return this;
  }

  population(): number {
    const buffer = this.bb as TableBuffer;
    const offset = buffer.__offset(this.bb_pos, 8);
    return offset ? buffer.readUint32(this.bb_pos + offset) : 0;
  }
}

export class CitiesTable {
  bb: TableBuffer | null = null;
  bb_pos = 0;

  static getRootAsCities(buffer: TableBuffer): CitiesTable {
    return new CitiesTable().__init(buffer.readInt32(buffer.position()) + buffer.position(), buffer);
  }

  __init(position: number, buffer: TableBuffer): CitiesTable {
    this.bb_pos = position;
    this.bb = buffer;
    return this;
  }

  /** @param city the object to use; a new one without it */
  cities(index: number, city?: CityTable): CityTable | null {
    const buffer = this.bb as TableBuffer;
    const offset = buffer.__offset(this.bb_pos, 4);
    if (!offset) return null;
    const position = buffer.__indirect(buffer.__vector(this.bb_pos + offset) + index * 4);
    return (city || new CityTable()).__init(position, buffer);
  }

  citiesLength(): number {
    const buffer = this.bb as TableBuffer;
    const offset = buffer.__offset(this.bb_pos, 4);
    return offset ? buffer.__vector_len(this.bb_pos + offset) : 0;
  }
}
