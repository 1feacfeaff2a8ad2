/** `Temporal` objects where the runtime has them. */
import { UnsupportedError } from '../errors.js';

type TemporalName = 'Instant' | 'PlainDate' | 'ZonedDateTime';

/** The type `Temporal.<Name>` where the compiler's libraries have it, else `object`. */
export type TemporalObject<Name extends TemporalName> = typeof globalThis extends {
  Temporal: { [name in Name]: { prototype: infer T } };
}
  ? T
  : object;

/** @param text what `Temporal.<name>.from` understands */
export function makeTemporal<Name extends TemporalName>(name: Name, text: string): TemporalObject<Name> {
  const { Temporal } = globalThis as { Temporal?: Record<TemporalName, { from(text: string): object }> };
  if (Temporal === undefined) throw new UnsupportedError('this runtime has no Temporal');
  return Temporal[name].from(text) as TemporalObject<Name>;
}
