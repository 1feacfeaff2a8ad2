/**
 * Reading what one schema stored through another: the stored one decides where the bytes are, the declared one which
 * slots there are. Types that are stored alike match; anything else is an error that names the slot.
 */
import { SharedBuffersError } from '../errors.js';
import { RecordReader } from '../proxies/reader.js';
import type { AnySlotType } from '../types/slot-type.js';
import { type StructSchema, StructType } from '../types/struct.js';
import type { SlotPlace } from './layout.js';

/** The bindings made so far, so that recursive schemas end. A binding is filled in after its slots are bound. */
type Bindings = Map<StructSchema, Map<StructSchema, { reader?: RecordReader }>>;

/**
 * The reader of records that `stored` describes, as `declared` shows them; `declared`'s own reader, and so its own
 * proxy class, where nothing differs.
 * @throws SharedBuffersError `ERR_SHAREDBUFFERS_SCHEMA_MISMATCH` that names the slot
 */
export function bindReader(declared: StructSchema, stored: StructSchema): RecordReader {
  return bind(declared, stored, declared.name, new Map()).reader as RecordReader;
}

function bind(
  declared: StructSchema,
  stored: StructSchema,
  path: string,
  bindings: Bindings,
): { reader?: RecordReader } {
  const ofDeclared = bindings.get(declared) ?? new Map<StructSchema, { reader?: RecordReader }>();
  bindings.set(declared, ofDeclared);
  const known = ofDeclared.get(stored);
  if (known !== undefined) return known;
  const binding: { reader?: RecordReader } = {};
  ofDeclared.set(stored, binding);
  const places = new Map(stored.layout.slots.map((place) => [place.name, place]));
  const slots = declared.slots.map((slot) => {
    const place = places.get(slot.name);
    if (place === undefined) return { ...slot, place };
    return { ...slot, place, type: bindSlot(slot.type, place, `${path}.${slot.name}`, bindings) };
  });
  binding.reader = areAlike(declared, stored, new Set())
    ? declared.reader
    : new RecordReader(declared, stored.layout, slots);
  return binding;
}

function bindSlot(type: AnySlotType, place: SlotPlace, path: string, bindings: Bindings): AnySlotType {
  const stored = place.type;
  if (type instanceof StructType && stored instanceof StructType) {
    const inner = bind(type.schema(), stored.schema(), path, bindings);
    return new StructType(type.schema, () => inner.reader as RecordReader);
  }
  if (type instanceof StructType || stored instanceof StructType || storedForm(type) !== storedForm(stored)) {
    throw new SharedBuffersError(
      'ERR_SHAREDBUFFERS_SCHEMA_MISMATCH',
      `${path}: the file stores ${stored.name}, the given schema declares ${type.name}`,
    );
  }
  return type;
}

/** Types of one stored form can read each other's values. */
function storedForm(type: AnySlotType): string {
  const name = type.storedType();
  return typeof name === 'string' ? (storedForms[name] ?? name) : 'struct';
}

const storedForms: Readonly<Record<string, string>> = {
  int: 'int64',
  float: 'float64',
  mapped_unicode: 'mapped_bytes',
  mapped_tuple: 'mapped_list',
  proxied_list: 'mapped_list',
  proxied_tuple: 'mapped_list',
  proxied_frozenset: 'mapped_frozenset',
  proxied_dict: 'mapped_dict',
};

/** Whether the stored records, nested ones included, lie exactly as the declared schema packs them. */
function areAlike(declared: StructSchema, stored: StructSchema, visited: Set<StructSchema>): boolean {
  if (declared === stored || visited.has(stored)) return true;
  visited.add(stored);
  const a = declared.layout;
  const b = stored.layout;
  if (a.alignment !== b.alignment || a.version !== b.version || a.slots.length !== b.slots.length)
    return false;
  return a.slots.every(({ name, type }, index) => {
    const other = b.slots[index] as SlotPlace;
    if (name !== other.name || type.size !== other.type.size) return false;
    if (!(type instanceof StructType) || !(other.type instanceof StructType)) return true;
    return areAlike(type.schema(), other.type.schema(), visited);
  });
}
