/**
 * What a build puts together: entries go in one by one, in between the bytes they were packed to are written, and in
 * the end the parts find their places.
 */
import { type KindDescription, kindSection, type SectionContent } from '../containers/sections.js';
import { atRecord, describe, InvalidTypeError } from '../errors.js';
import type { StructSchema } from '../types/struct.js';
import { ArrayPart } from './array-part.js';
import type { BuildSettings } from './options.js';
import { type Plan, walkSchemas } from './plan.js';
import type { Progress } from './progress.js';
import type { Spool } from './spool.js';
import type { Steps } from './steps.js';
import { TablePart } from './table-part.js';
import type { Workspace } from './workspace.js';

export interface Assembly {
  /** Records stored, or values of an id mapper. */
  readonly values: number;
  readonly dropped: number;
  /** Bytes packed and not written yet. */
  readonly buffered: number;
  /** Bytes packed so far. */
  readonly packed: number;
  /** Takes an entry; one that is refused leaves no trace. */
  add(entry: unknown): void;
  /** Writes what is buffered. */
  flush(): Steps<void>;
  finish(progress: Progress): Steps<void>;
}

export function beginAssembly(plan: Plan, workspace: Workspace, settings: BuildSettings): Steps<Assembly> {
  switch (plan.kind) {
    case 'array':
      return ArrayAssembly.begin(plan, workspace, settings);
    case 'id-mapper':
      return IdMapperAssembly.begin(plan, workspace, settings);
    case 'mapping':
    case 'multi-mapping':
      return MappingAssembly.begin(plan, workspace, settings);
  }
}

/** Packers get this much more than what is written at once, for the record that goes beyond it. */
const packerReserve = 64 * 1024;

class ArrayAssembly implements Assembly {
  readonly dropped = 0;

  private constructor(
    private readonly records: ArrayPart,
    private readonly output: Spool,
    private readonly sections: readonly SectionContent[],
  ) {}

  static *begin(
    plan: Plan & { kind: 'array' },
    { output }: Workspace,
    settings: BuildSettings,
  ): Steps<Assembly> {
    const records = new ArrayPart(plan.schema, output, settings.flushBytes + packerReserve);
    yield* output.append(ArrayPart.placeholder());
    return new ArrayAssembly(records, output, describeKind({ kind: 'array' }, plan.schema));
  }

  get values(): number {
    return this.records.count;
  }

  get buffered(): number {
    return this.records.packer.length;
  }

  get packed(): number {
    return this.records.packer.position;
  }

  add(record: unknown): void {
    try {
      this.records.add(record);
    } catch (error) {
      throw atRecord(error, this.records.count);
    }
  }

  flush(): Steps<void> {
    return this.records.flush();
  }

  *finish(progress: Progress): Steps<void> {
    progress.bytes = this.packed;
    progress.writing(this.output, this.records.bytesWith(this.sections));
    yield* this.records.finish(this.output, this.sections);
  }
}

class IdMapperAssembly implements Assembly {
  #taken = 0;

  private constructor(
    private readonly table: TablePart,
    private readonly output: Spool,
    private readonly settings: BuildSettings,
    private readonly sections: readonly SectionContent[],
  ) {}

  static *begin(
    plan: Plan & { kind: 'id-mapper' },
    { output }: Workspace,
    settings: BuildSettings,
  ): Steps<Assembly> {
    const table = yield* TablePart.begin(plan.idMapper, output, settings.flushBytes + packerReserve);
    const sections = describeKind({ kind: plan.kind, idMapper: plan.idMapper.name });
    return new IdMapperAssembly(table, output, settings, sections);
  }

  get values(): number {
    return this.table.rowCount;
  }

  get dropped(): number {
    return this.table.dropped;
  }

  get buffered(): number {
    return this.table.buffered;
  }

  get packed(): number {
    return this.table.packed;
  }

  add(entry: unknown): void {
    const [key, value] = checkPair(entry, this.#taken, 'value');
    try {
      const checked = this.table.checkValue(value);
      this.table.addRow(this.table.takeKey(key), checked);
    } catch (error) {
      throw atRecord(error, this.#taken, key);
    }
    this.#taken++;
  }

  flush(): Steps<void> {
    return this.table.flush();
  }

  *finish(progress: Progress): Steps<void> {
    progress.bytes = this.packed;
    progress.sorting();
    yield* this.table.sort(this.settings.duplicates, false);
    progress.writing(this.output, this.table.bytesWith(this.sections));
    yield* this.table.finish(this.sections);
  }
}

const footerBytes = 8;

class MappingAssembly implements Assembly {
  private constructor(
    private readonly table: TablePart,
    private readonly records: ArrayPart,
    private readonly output: Spool,
    private readonly settings: BuildSettings,
    private readonly sections: readonly SectionContent[],
  ) {}

  static *begin(
    plan: Plan & { kind: 'mapping' | 'multi-mapping' },
    workspace: Workspace,
    settings: BuildSettings,
  ): Steps<Assembly> {
    const { output } = workspace;
    const capacity = settings.flushBytes + packerReserve;
    const records = new ArrayPart(plan.schema, yield* workspace.recordSpool(), capacity);
    const table = yield* TablePart.begin(plan.idMapper, output, capacity);
    const sections = describeKind({ kind: plan.kind, idMapper: plan.idMapper.name }, plan.schema);
    return new MappingAssembly(table, records, output, settings, sections);
  }

  get values(): number {
    return this.records.count;
  }

  get dropped(): number {
    return this.table.dropped;
  }

  get buffered(): number {
    return this.table.buffered + this.records.packer.length;
  }

  get packed(): number {
    return this.table.packed + this.records.packer.position;
  }

  add(entry: unknown): void {
    const { table, records } = this;
    const number = records.count;
    const [key, record] = checkPair(entry, number, 'record');
    try {
      table.checkValue(number);
      const taken = table.takeKey(key);
      try {
        records.add(record);
      } catch (error) {
        table.forgetKey(taken);
        throw error;
      }
      table.addRow(taken, number);
    } catch (error) {
      throw atRecord(error, number, key);
    }
  }

  *flush(): Steps<void> {
    yield* this.table.flush();
    yield* this.records.flush();
  }

  *finish(progress: Progress): Steps<void> {
    const { table, records, output, sections } = this;
    progress.bytes = this.packed;
    progress.sorting();
    yield* table.sort(this.settings.duplicates, true);
    const arrayOffset = table.bytesWith(sections);
    progress.writing(output, arrayOffset + records.bytesWith([]) + footerBytes);
    yield* table.finish(sections);
    yield* records.finish(output, []);
    const footer = Buffer.alloc(footerBytes);
    footer.writeBigUInt64LE(BigInt(arrayOffset));
    yield* output.append(footer);
  }
}

function describeKind(description: KindDescription, schema?: StructSchema): SectionContent[] {
  const structs = schema && walkSchemas(schema).map(({ name }) => name);
  return [kindSection({ ...description, ...(structs && { structs }) })];
}

function checkPair(entry: unknown, number: number, what: 'record' | 'value'): readonly [unknown, unknown] {
  if (Array.isArray(entry) && entry.length === 2) return entry as [unknown, unknown];
  throw new InvalidTypeError(`record ${number}: expected a pair [key, ${what}], found ${describe(entry)}`);
}
