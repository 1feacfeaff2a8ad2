/** The table of the service, for whoever builds it and for those who serve it. */
import { mappingOf, Schema, StringIdMapper, t } from 'sharedbuffers';

const City = new Schema('City', { name: t.text, population: t.uint32 });

export class Cities extends mappingOf(StringIdMapper, City) {}
