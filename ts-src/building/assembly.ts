/**
 * What a build puts together: entries go in one by one, in between the bytes they were packed to are written, and in
 * the end the parts find their places.
 */
import { type KindDescription, kindSection, type SectionContent } from '../containers/sections.js';
import { describeStructs } from '../containers/structs-of-file.js';
import { atRecord, describe, InvalidTypeError } from '../errors.js';
import { ArrayPart } from './array-part.js';
import type { BuildSettings } from './options.js';
import { type ArrayPlan, type MappingPlan, type Plan, walkSchemas } from './plan.js';
import type { Progress } from './progress.js';
import type { Spool } from './spool.js';
import type { Steps } from './steps.js';
import { TablePart } from './table-part.js';
import type { Workspace } from './workspace.js';

export interface Assembly {
  /** Records stored, or values of an id mapper. */
  readonly values: number;
  readonly dropped: number;
  /** Whether it is time to `flush`. */
  readonly isFull: boolean;
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

class ArrayAssembly implements Assembly {
  readonly dropped = 0;

  private constructor(
    private readonly plan: ArrayPlan,
    private readonly records: ArrayPart,
    private readonly output: Spool,
    private readonly settings: BuildSettings,
  ) {}

  static *begin(
    plan: Plan & { kind: 'array' },
    workspace: Workspace,
    settings: BuildSettings,
  ): Steps<Assembly> {
    const { output } = workspace;
    const records = new ArrayPart(plan.schema, output, () => workspace.spool('index'), settings);
    yield* output.append(ArrayPart.placeholder());
    return new ArrayAssembly(plan, records, output, settings);
  }

  get values(): number {
    return this.records.count;
  }

  get isFull(): boolean {
    return this.records.packer.length >= this.settings.flushBytes || this.records.isFull;
  }

  get packed(): number {
    return this.records.packer.position;
  }

  add(record: unknown): void {
    try {
      this.records.append(record);
    } catch (error) {
      throw atRecord(error, this.records.count);
    }
  }

  flush(): Steps<void> {
    return this.records.flush();
  }

  *finish(progress: Progress): Steps<void> {
    const { plan, records } = this;
    const sections = [describeRecords({ kind: plan.kind }, plan, records)];
    progress.bytes = this.packed;
    progress.writing(this.output, records.bytesWith(sections));
    yield* records.finish(this.output, sections);
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
    workspace: Workspace,
    settings: BuildSettings,
  ): Steps<Assembly> {
    const table = yield* TablePart.begin(plan.idMapper, workspace, settings);
    const sections = [kindSection({ kind: plan.kind, idMapper: plan.idMapper.name })];
    return new IdMapperAssembly(table, workspace.output, settings, sections);
  }

  get values(): number {
    return this.table.rowCount;
  }

  get dropped(): number {
    return this.table.dropped;
  }

  get isFull(): boolean {
    return this.table.buffered >= this.settings.flushBytes || this.table.isFull;
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
    yield* this.table.sort();
    progress.writing(this.output, this.table.bytesWith(this.sections));
    yield* this.table.finish(this.sections, false);
    yield* this.table.finishDirectTable({ answer: 'value' });
  }
}

const footerBytes = 8;

class MappingAssembly implements Assembly {
  #taken = 0;

  private constructor(
    private readonly plan: MappingPlan,
    private readonly table: TablePart,
    private readonly records: ArrayPart,
    private readonly output: Spool,
    private readonly settings: BuildSettings,
  ) {}

  static *begin(
    plan: Plan & { kind: 'mapping' | 'multi-mapping' },
    workspace: Workspace,
    settings: BuildSettings,
  ): Steps<Assembly> {
    const { output } = workspace;
    const openIndex = () => workspace.spool('index');
    const records = new ArrayPart(plan.schema, yield* workspace.spool('records'), openIndex, settings);
    const table = yield* TablePart.begin(plan.idMapper, workspace, settings);
    return new MappingAssembly(plan, table, records, output, settings);
  }

  get values(): number {
    return this.records.count;
  }

  get dropped(): number {
    return this.table.dropped;
  }

  get isFull(): boolean {
    const { table, records } = this;
    const waiting = table.buffered + records.packer.length;
    return waiting >= this.settings.flushBytes || table.isFull || records.isFull;
  }

  get packed(): number {
    return this.table.packed + this.records.packer.position;
  }

  add(entry: unknown): void {
    const { table, records } = this;
    const [key, record] = checkPair(entry, this.#taken, 'record');
    try {
      table.checkValue(records.count);
      const taken = table.takeKey(key);
      let number: number;
      try {
        number = records.add(record);
      } catch (error) {
        table.forgetKey(taken);
        throw error;
      }
      table.addRow(taken, number);
    } catch (error) {
      throw atRecord(error, this.#taken, key);
    }
    this.#taken++;
  }

  *flush(): Steps<void> {
    yield* this.table.flush();
    yield* this.records.flush();
  }

  *finish(progress: Progress): Steps<void> {
    const { plan, table, records, output } = this;
    const sections = [describeRecords({ kind: plan.kind, idMapper: plan.idMapper.name }, plan, records)];
    progress.bytes = this.packed;
    progress.sorting();
    yield* table.sort();
    progress.writing(output, table.bytesWith(sections) + records.bytesWith([]) + footerBytes);
    // Records that were found equal have the number of the first of them, which says nothing about the entry.
    yield* table.finish(sections, records.count === this.#taken);
    const arrayOffset = output.size;
    const indexOffset = yield* records.finish(output, []);
    yield* table.finishDirectTable({
      answer: 'position',
      arrayOffset,
      arrayIndexOffset: arrayOffset + indexOffset,
      arrayCount: records.count,
      arrayEnd: output.size,
    });
    const footer = Buffer.alloc(footerBytes);
    footer.writeBigUInt64LE(BigInt(arrayOffset));
    yield* output.append(footer);
  }
}

/** What the file says of itself; after the last record, since it names the structs that records hold. */
function describeRecords(
  description: KindDescription,
  { schema }: ArrayPlan | MappingPlan,
  { packer }: ArrayPart,
): SectionContent {
  const structs = walkSchemas(schema).map(({ name }) => name);
  return kindSection({ ...description, structs, ...describeStructs(packer.structs) });
}

function checkPair(entry: unknown, number: number, what: 'record' | 'value'): readonly [unknown, unknown] {
  if (Array.isArray(entry) && entry.length === 2) return entry as [unknown, unknown];
  throw new InvalidTypeError(`record ${number}: expected a pair [key, ${what}], found ${describe(entry)}`);
}
