/** 16-bit floats, which not every supported runtime reads by itself. */

const fractionBits = 10;
const fractionMask = 2 ** fractionBits - 1;
const exponentBias = 15;
/** The exponent of numbers below the smallest normal one, with the fraction counted as an integer. */
const subnormalUnit = 2 ** -24;

export function readFloat16(view: DataView, offset: number, little: boolean): number {
  const bits = view.getUint16(offset, little);
  const exponent = (bits >>> fractionBits) & 0x1f;
  const fraction = bits & fractionMask;
  return (bits & 0x8000 ? -1 : 1) * sizeOf(exponent, fraction);
}

function sizeOf(exponent: number, fraction: number): number {
  if (exponent === 0) return fraction * subnormalUnit;
  if (exponent === 0x1f) return fraction === 0 ? Number.POSITIVE_INFINITY : Number.NaN;
  return (1 + fraction / 2 ** fractionBits) * 2 ** (exponent - exponentBias);
}

/** Rounds to the nearest, ties to even, as all float formats do; what is too large becomes infinite. */
export function writeFloat16(view: DataView, offset: number, value: number, little: boolean): void {
  const sign = value < 0 || Object.is(value, -0) ? 0x8000 : 0;
  view.setUint16(offset, sign | bitsOf(Math.abs(value)), little);
}

function bitsOf(size: number): number {
  if (Number.isNaN(size)) return 0x7e00;
  if (size === Number.POSITIVE_INFINITY) return 0x7c00;
  const exponent = Math.max(Math.floor(Math.log2(size)), 1 - exponentBias);
  // Fraction and exponent share one number: a fraction that rounds up to the next power of two carries over.
  const units = roundToEven(size / 2 ** (exponent - fractionBits));
  const bits = units + (exponent + exponentBias - 1) * 2 ** fractionBits;
  return Math.min(bits, 0x7c00);
}

function roundToEven(number: number): number {
  const floor = Math.floor(number);
  const rest = number - floor;
  return rest > 0.5 || (rest === 0.5 && floor % 2 === 1) ? floor + 1 : floor;
}
