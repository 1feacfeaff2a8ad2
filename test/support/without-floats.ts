import { taggedDict, taggedSet } from '#src/exact/canonical.js';
import { isTaggedInt, isTaggedObject, type Tagged, untag } from '#src/exact/tagged.js';

/**
 * Tagged JSON with all numbers alike, whether integers or floats: JavaScript does not tell 3.0 from 3 in what it has
 * read, so packing that again may store the one where the other was.
 */
export function withoutFloats(tagged: Tagged): Tagged {
  if (Array.isArray(tagged)) return tagged.map(withoutFloats);
  if (typeof tagged === 'number' || isTaggedInt(tagged))
    return { $number: String(untag(tagged, '$int') ?? tagged) };
  const float = untag(tagged, '$float');
  if (float !== undefined) {
    const value = Number(String(float).replace('inf', 'Infinity'));
    return { $number: Number.isInteger(value) ? String(BigInt(value)) : String(value) };
  }
  const members = untag(tagged, '$set');
  if (Array.isArray(members)) return taggedSet(members.map(withoutFloats));
  const entries = untag(tagged, '$dict');
  if (Array.isArray(entries)) {
    return taggedDict(
      entries.map((entry) => (entry as [Tagged, Tagged]).map(withoutFloats) as [Tagged, Tagged]),
    );
  }
  if (!isTaggedObject(tagged)) return tagged;
  return Object.fromEntries(Object.entries(tagged).map(([key, value]) => [key, withoutFloats(value)]));
}
