/** Keys whose hashes are equal though they are not. */
import { native } from '#src/native/index.js';

/** Pairs of texts with the same 32-bit hash, found by trying. */
export function collidingTexts(pairs: number): [string, string][] {
  const byHash = new Map<number, string>();
  const found: [string, string][] = [];
  for (let n = 0; found.length < pairs; n++) {
    const text = `key ${n}`;
    const hash = native.hash32(Buffer.from(text));
    const other = byHash.get(hash);
    if (other === undefined) byHash.set(hash, text);
    else found.push([other, text]);
  }
  return found;
}
