/**
 * Short ASCII text, decoded without a call of native code, which takes several times as long as what it does for so few
 * characters (`bench/strings.bench.ts`).
 */

/** Longer text is for native code. */
export const longestShortText = 16;

/** The highest bit of each of four bytes, which ASCII never has. */
const highBits = 0x80808080 | 0;

/**
 * The `length` bytes at `at` as text, up to 16 of them; `undefined` where that is for native code: where they are not all
 * ASCII, and where there are none or the last is 0, as where the pages of a file were lost, of which native code knows.
 * The view must hold all of them.
 */
export function shortText(view: DataView, at: number, length: number): string | undefined {
  if (length > 8) return from9To16(view, at, length);
  if (length > 3) return from4To8(view, at, length);
  if (length === 0) return undefined;
  const a = view.getInt8(at);
  const b = view.getInt8(at + (length >> 1));
  const c = view.getInt8(at + length - 1);
  if ((a | b | c) < 0 || c === 0) return undefined;
  if (length === 1) return String.fromCharCode(a);
  return length === 2 ? String.fromCharCode(a, b) : String.fromCharCode(a, b, c);
}

/** Four bytes from the front and four from the end, which overlap. */
function from4To8(view: DataView, at: number, length: number): string | undefined {
  const first = view.getInt32(at, true);
  const last = view.getInt32(at + length - 4, true);
  if (((first | last) & highBits) !== 0 || last >> 24 === 0) return undefined;
  const a = first & 0xff;
  const b = (first >> 8) & 0xff;
  const c = (first >> 16) & 0xff;
  const d = first >> 24;
  const y = (last >> 16) & 0xff;
  const z = last >> 24;
  switch (length) {
    case 4:
      return String.fromCharCode(a, b, c, d);
    case 5:
      return String.fromCharCode(a, b, c, d, z);
    case 6:
      return String.fromCharCode(a, b, c, d, y, z);
    case 7:
      return String.fromCharCode(a, b, c, d, (last >> 8) & 0xff, y, z);
    default:
      return String.fromCharCode(a, b, c, d, last & 0xff, (last >> 8) & 0xff, y, z);
  }
}

/** Eight bytes from the front and eight from the end, which overlap. */
function from9To16(view: DataView, at: number, length: number): string | undefined {
  const first = view.getInt32(at, true);
  const second = view.getInt32(at + 4, true);
  const third = view.getInt32(at + length - 8, true);
  const last = view.getInt32(at + length - 4, true);
  if (((first | second | third | last) & highBits) !== 0 || last >> 24 === 0) return undefined;
  const a = first & 0xff;
  const b = (first >> 8) & 0xff;
  const c = (first >> 16) & 0xff;
  const d = first >> 24;
  const e = second & 0xff;
  const f = (second >> 8) & 0xff;
  const g = (second >> 16) & 0xff;
  const h = second >> 24;
  const s = third & 0xff;
  const t = (third >> 8) & 0xff;
  const u = (third >> 16) & 0xff;
  const v = third >> 24;
  const w = last & 0xff;
  const x = (last >> 8) & 0xff;
  const y = (last >> 16) & 0xff;
  const z = last >> 24;
  switch (length) {
    case 9:
      return String.fromCharCode(a, b, c, d, e, f, g, h, z);
    case 10:
      return String.fromCharCode(a, b, c, d, e, f, g, h, y, z);
    case 11:
      return String.fromCharCode(a, b, c, d, e, f, g, h, x, y, z);
    case 12:
      return String.fromCharCode(a, b, c, d, e, f, g, h, w, x, y, z);
    case 13:
      return String.fromCharCode(a, b, c, d, e, f, g, h, v, w, x, y, z);
    case 14:
      return String.fromCharCode(a, b, c, d, e, f, g, h, u, v, w, x, y, z);
    case 15:
      return String.fromCharCode(a, b, c, d, e, f, g, h, t, u, v, w, x, y, z);
    default:
      return String.fromCharCode(a, b, c, d, e, f, g, h, s, t, u, v, w, x, y, z);
  }
}
