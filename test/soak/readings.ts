/** The table that is replaced over and over: every record says of which generation it is, and has a checksum over it. */
import { crc32 } from 'node:zlib';
import { type Infer, mappingOf, NumericIdMapper, Schema, t } from 'sharedbuffers';

const Reading = new Schema('Reading', {
  generation: t.uint32,
  number: t.uint32,
  text: t.text,
  values: t.listView(t.int32),
  checksum: t.uint32,
});
type Reading = Infer<typeof Reading>;

export class Readings extends mappingOf(NumericIdMapper, Reading) {}

export const readingCount = 2000;

/** The entries of a generation: of other sizes than those of the one before, so that nothing lies where it lay. */
export function* readingsOf(generation: number) {
  for (let number = 0; number < readingCount; number++) {
    const text = `reading ${number} of ${generation} `.repeat(1 + ((number + generation) % 7));
    const values = Array.from({ length: (number * generation) % 13 }, (_, index) => generation * 100 + index);
    const fields = { generation, number, text, values };
    yield [number, { ...fields, checksum: checksumOf(fields) }] as const;
  }
}

/** What is wrong with a record; `undefined` where it is all there and of one piece. */
export function faultOf(reading: Reading | undefined, number: number): string | undefined {
  if (reading === undefined) return `reading ${number} is missing`;
  if (reading.number !== number) return `reading ${number} says that it is ${reading.number}`;
  if (checksumOf(reading) === reading.checksum) return undefined;
  return `reading ${number} of generation ${reading.generation} does not match its checksum`;
}

type Fields = Pick<Reading, 'generation' | 'number' | 'text'> & { readonly values: Iterable<number> };

function checksumOf({ generation, number, text, values }: Fields): number {
  return crc32(`${generation} ${number} ${text} ${[...values].join()}`);
}
