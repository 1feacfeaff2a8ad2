/** Single values of every kind, as tagged JSON. */
import fc from 'fast-check';
import { type Tagged, taggedBytes, taggedFloat, taggedInt } from '#src/exact/tagged.js';
import { Decimal } from '#src/types/decimal-value.js';

type TaggedArbitrary = fc.Arbitrary<Tagged>;

/** Integers of a range: its ends, small ones, any. */
export function integers(min: bigint, max: bigint): TaggedArbitrary {
  const near = (value: bigint) => (value < min ? min : value > max ? max : value);
  return fc
    .oneof(
      fc.constantFrom(min, max, near(0n), near(1n), near(-1n)),
      fc.bigInt({ min: near(-300n), max: near(300n) }),
      fc.bigInt({ min: near(-(2n ** 33n)), max: near(2n ** 33n) }),
      fc.bigInt({ min, max }),
    )
    .map(taggedInt);
}

export const floats: TaggedArbitrary = fc
  .oneof(fc.double(), fc.integer(), fc.constantFrom(-0, 0.1, 1e16, 5e-324))
  .map(taggedFloat);
export const singles: TaggedArbitrary = fc.float().map(taggedFloat);

/** Repeated, so that it is compressed. */
const repeated = fc
  .tuple(fc.string({ unit: 'grapheme', minLength: 1, maxLength: 9 }), fc.integer({ min: 60, max: 300 }))
  .map(([text, count]) => text.repeat(count));
/** Too long for a short header. */
const long = fc.string({
  unit: fc.constantFrom('a', 'b', 'é'),
  minLength: 0x7f00,
  maxLength: 0x8100,
  size: 'max',
});

export const texts: fc.Arbitrary<string> = fc.oneof(
  { weight: 600, arbitrary: fc.string({ unit: 'grapheme', maxLength: 14 }) },
  { weight: 600, arbitrary: fc.string({ unit: 'binary', maxLength: 20 }) },
  { weight: 20, arbitrary: fc.string({ unit: 'binary', minLength: 150, maxLength: 700 }) },
  { weight: 40, arbitrary: repeated },
  { weight: 1, arbitrary: long },
);

export const someBytes: TaggedArbitrary = fc
  .oneof(
    { weight: 100, arbitrary: fc.uint8Array({ maxLength: 20 }) },
    { weight: 2, arbitrary: fc.uint8Array({ minLength: 500, maxLength: 800, size: 'max' }) },
    { weight: 4, arbitrary: repeated.map((text) => new Uint8Array(Buffer.from(text))) },
  )
  .map(taggedBytes);

const secondsOf = (date: string) => BigInt(Date.parse(date)) / 1000n;

/** Instants of the years that Python's local time reaches, to the microsecond. */
export const dateTimes: TaggedArbitrary = fc
  .oneof(
    fc.bigInt({ min: secondsOf('0002-01-01') * 1_000_000n, max: secondsOf('9998-12-31') * 1_000_000n }),
    fc.bigInt({ min: -3_000_000n, max: 3_000_000n }),
  )
  .map((micros) => {
    const below = ((micros % 1000n) + 1000n) % 1000n;
    const milliseconds = new Date(Number((micros - below) / 1000n)).toISOString().slice(0, -1);
    return { $datetime: milliseconds + String(below).padStart(3, '0') };
  });

export const dates: TaggedArbitrary = fc
  .date({ min: new Date('0001-01-01'), max: new Date('9999-12-31'), noInvalidDate: true })
  .map((date) => ({ $date: date.toISOString().slice(0, 10) }));

export const decimals: TaggedArbitrary = fc
  .record({
    sign: fc.constantFrom(1 as const, -1 as const),
    digits: fc.oneof(
      fc.constant('0'),
      fc.bigInt({ min: 0n, max: 10n ** 40n }).map(String),
      fc.nat(999).map(String),
    ),
    exponent: fc.oneof(fc.integer({ min: -12, max: 12 }), fc.integer({ min: -100_000, max: 100_000 })),
  })
  .map(({ sign, digits, exponent }) => ({ $decimal: String(new Decimal(sign, digits, exponent)) }));

const bits = (width: bigint) => integers(-(2n ** (width - 1n)), 2n ** (width - 1n) - 1n);
const natural = (width: bigint) => integers(0n, 2n ** width - 1n);
/** Numbers that 16 bits hold. */
const halves = fc.constantFrom(0, -0, 1, -2.5, 0.0999755859375, 65504, Infinity, NaN).map(taggedFloat);
const complex = (part: TaggedArbitrary) => fc.tuple(part, part).map((parts): Tagged => ({ $complex: parts }));
/** numpy drops zeros at the end. */
const characters = fc.string({ unit: fc.constantFrom('a', 'é', '✓', '🚀'), maxLength: 2 });

const items: [dtype: Tagged, items: TaggedArbitrary][] = [
  ['|b1', fc.boolean()],
  ['|i1', bits(8n)],
  ['|u1', natural(8n)],
  ['<i2', bits(16n)],
  ['>i2', bits(16n)],
  ['<u2', natural(16n)],
  ['<i4', bits(32n)],
  ['>u4', natural(32n)],
  ['<u4', natural(32n)],
  ['<i8', bits(64n)],
  ['>i8', bits(64n)],
  ['<u8', natural(64n)],
  ['<f2', halves],
  ['<f4', singles],
  ['>f4', singles],
  ['<f8', floats],
  ['>f8', floats],
  ['<c8', complex(singles)],
  ['<c16', complex(floats)],
  ['|S3', fc.uint8Array({ min: 1, maxLength: 3 }).map(taggedBytes)],
  ['|V3', fc.uint8Array({ minLength: 3, maxLength: 3 }).map(taggedBytes)],
  ['<U2', characters],
  [
    [
      ['x', '<f4'],
      ['y', '>i2'],
      ['z', '|S2'],
    ],
    fc
      .tuple(singles, bits(16n), fc.constant({ $bytes: 'YWI=' }))
      .map((fields): Tagged => ({ $tuple: fields })),
  ],
];

const shapes = fc.oneof(
  fc.integer({ min: 1, max: 6 }).map((length) => [length]),
  fc.constant([] as number[]),
  fc.array(fc.integer({ min: 1, max: 3 }), { minLength: 2, maxLength: 3 }),
);

export const arrays: TaggedArbitrary = fc
  .tuple(fc.constantFrom(...items), shapes)
  .chain(([[dtype, item], shape]) => {
    const length = shape.reduce((count, side) => count * side, 1);
    const data = fc.array(item, { minLength: length, maxLength: length });
    return data.map((values): Tagged => ({ $ndarray: { dtype, shape, data: values } }));
  });
