/** Type-level tests: what compiles here is what users see. */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import {
  type AnyColumn,
  ApproxStringIdMultiMapper,
  arrayOf,
  type Infer,
  type InferInput,
  mappingOf,
  multiMappingOf,
  NumericIdMapper,
  NumericIdMultiMapper,
  ObjectIdMapper,
  type ObjectKey,
  Schema,
  StringIdMapper,
  StringIdMultiMapper,
  t,
  tuple,
} from 'sharedbuffers';

type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
type Flat<T> = T extends object ? { [K in keyof T]: T[K] } : T;
function same<A, B>(..._: Equal<Flat<A>, Flat<B>> extends true ? [] : [never]): void {}

const Country = new Schema('Country', { code: t.text, name: t.text });
const City = new Schema('City', {
  id: t.uint32,
  wide: t.int64,
  count: t.int,
  ok: t.bool,
  name: t.text,
  raw: t.bytes,
  country: Country,
  area: t.float64.optional(),
  other: Country.optional(),
});
type City = Infer<typeof City>;
type CityInput = InferInput<typeof City>;

it('infers what reading answers', () => {
  same<City['id'], number>();
  same<City['wide'], bigint>();
  same<City['count'], number>();
  same<City['ok'], boolean>();
  same<City['name'], string>();
  same<City['raw'], Uint8Array>();
  same<City['country'], { readonly code: string; readonly name: string }>();
  same<City['area'], number | null | undefined>();
  same<City['other'], Infer<typeof Country> | null | undefined>();
});

it('infers what packing accepts', () => {
  same<CityInput['wide'], number | bigint>();
  same<CityInput['count'], number | bigint>();
  const input: CityInput = {
    id: 1,
    wide: 1,
    count: 1n,
    ok: true,
    name: 'n',
    raw: new Uint8Array(),
    country: { code: 'c', name: 'n' },
  };
  assert.equal(City.unpackFrom(City.pack(input)).wide, 1n);
  // @ts-expect-error a required slot is missing
  const incomplete: CityInput = { id: 1 };
  assert.throws(() => City.pack(incomplete));
  // @ts-expect-error a slot of another type
  assert.throws(() => City.pack({ ...input, name: 5 }));
});

const Node = new Schema('Node', { value: t.int32, next: t.self.optional() });
const Tree = new Schema('Tree', {
  leaf: t.lazy(() => Leaf),
});
const Leaf = new Schema('Leaf', { weight: t.float32 });

it('infers recursive and lazy schemas', () => {
  type Node = Infer<typeof Node>;
  same<NonNullable<NonNullable<Node['next']>['next']>['value'], number>();
  same<Infer<typeof Tree>['leaf']['weight'], number>();
  const tree = Tree.unpackFrom(Tree.pack({ leaf: { weight: 0.5 } }));
  assert.equal(tree.leaf.weight, 0.5);
  const node = Node.unpackFrom(Node.pack({ value: 1, next: { value: 2 } }));
  assert.equal(node.next?.value, 2);
});

it('infers proxies, arrays and mappings', () => {
  const Labelled = new Schema(
    'Labelled',
    { name: t.text },
    {
      proxy: (Base) =>
        class extends Base {
          get label() {
            return `${this.name}!`;
          }
        },
    },
  );
  class Names extends mappingOf(StringIdMapper, Labelled) {
    shout(key: string) {
      return this.get(key)?.label;
    }
  }
  const names = Names.from(Names.buildSync([['k', { name: 'x' }]]));
  assert.equal(names.shout('k'), 'x!');
  for (const [key, value] of names) {
    same<typeof key, string>();
    assert.equal(value.label, 'x!');
  }
  const numbers = mappingOf(NumericIdMapper, Country).from(mappingOf(NumericIdMapper, Country).buildSync([]));
  same<Parameters<typeof numbers.get>[0], number | bigint>();
  const array = arrayOf(Node).from(arrayOf(Node).buildSync([{ value: 3 }]));
  same<NonNullable<ReturnType<typeof array.at>>['value'], number>();
  const readonlyMap: ReadonlyMap<string, { readonly name: string }> = names;
  assert.equal(readonlyMap.size, 1);
  // @ts-expect-error keys of a numeric mapper are numbers
  assert.equal(numbers.get('text'), undefined);
  // @ts-expect-error a record of another schema
  assert.throws(() => Names.buildSync([['k', { value: 1 }]]));
});

it('infers multi-mappings', () => {
  class Countries extends multiMappingOf(StringIdMultiMapper, Country) {
    names(key: string) {
      return this.get(key).map(({ name }) => name);
    }
  }
  const countries = Countries.from(Countries.buildSync([['k', { code: 'c', name: 'n' }]]));
  assert.deepEqual(countries.names('k'), ['n']);
  same<ReturnType<typeof countries.getFirst>, Infer<typeof Country> | undefined>();
  for (const [key, country] of countries) {
    same<typeof key, string>();
    same<typeof country.code, string>();
  }
  const iterated = [...countries.getIter('k')];
  same<(typeof iterated)[number]['name'], string>();
  same<ReturnType<typeof countries.idMapper.get>, (number | bigint)[]>();
  // @ts-expect-error keys of a string mapper are no numbers
  assert.deepEqual(countries.get(5), []);
  // @ts-expect-error a record of another schema
  assert.throws(() => Countries.buildSync([['k', { value: 1 }]]));
  // @ts-expect-error simple mappings take simple id mappers
  assert.throws(() => mappingOf(StringIdMultiMapper, Country));

  const numbers = multiMappingOf(NumericIdMapper, Country).from(
    multiMappingOf(NumericIdMapper, Country).buildSync([]),
  );
  same<Parameters<typeof numbers.get>[0], number | bigint>();
  same<ReturnType<typeof numbers.keys>, MapIterator<number>>();
  const wide = multiMappingOf(NumericIdMultiMapper.bigint);
  same<ReturnType<InstanceType<typeof wide>['keys']>, MapIterator<bigint>>();
});

it('infers columns', () => {
  class Places extends mappingOf(StringIdMapper, City) {
    total() {
      return this.column('area').reduce((sum, area) => sum + area, 0);
    }
  }
  const array = arrayOf(City).from(arrayOf(City).buildSync([]));
  const places = Places.from(Places.buildSync([]));
  assert.equal(places.total(), 0);
  const { wide, name } = places.columns(['wide', 'name']);
  same<typeof wide, BigInt64Array>();
  same<typeof name, string[]>();
  const ids = array.column('id');
  same<typeof ids, Uint32Array>();
  const counts = array.column('count', { start: 1 });
  same<typeof counts, Float64Array>();
  const flags = places.records.column('ok');
  same<typeof flags, Uint8Array>();
  const countries = places.column('country');
  same<(typeof countries)[number]['code'], string>();
  const others = places.column('other');
  same<(typeof others)[number], Infer<typeof Country> | null | undefined>();
  const masked = array.column('area', { mask: true });
  same<typeof masked.values, Float64Array>();
  same<typeof masked.mask, Uint8Array>();
  const several = places.columns(['area', 'raw'], { mask: true, end: 5 });
  same<typeof several.raw.values, Uint8Array[]>();
  const cursor = places.cursor();
  for (const place of cursor) same<typeof place.id, number>();
  assert.equal(places.get('k', cursor), undefined);
  const multi = multiMappingOf(StringIdMapper, Country).from(
    multiMappingOf(StringIdMapper, Country).buildSync([]),
  );
  same<ReturnType<typeof multi.column<'code'>>, string[]>();
  const unknown = arrayOf().from(arrayOf(City).buildSync([]));
  assert.deepEqual(unknown.column('area'), new Float64Array(0));
  same<ReturnType<typeof unknown.column<'area'>>, AnyColumn>();
  // @ts-expect-error no such slot
  assert.throws(() => array.column('ids'));
  // @ts-expect-error no such slot
  assert.throws(() => places.columns(['id', 'ids']));
});

it('infers the keys of id mappers', () => {
  const objects = ObjectIdMapper.from(
    ObjectIdMapper.buildSync([
      [tuple(1, 'a'), 1],
      [null, 2],
    ]),
  );
  same<ReturnType<typeof objects.keys>, MapIterator<ObjectKey>>();
  assert.equal(objects.get(new Set([1])), undefined);
  // @ts-expect-error an object is no key
  assert.equal(objects.get({}), undefined);
  const approximate = ApproxStringIdMultiMapper.from(ApproxStringIdMultiMapper.buildSync([['a', 1]]));
  same<ReturnType<typeof approximate.keys>, MapIterator<bigint>>();
  same<Parameters<typeof approximate.get>[0], string | Uint8Array | bigint>();
  const copy = objects.copySync();
  same<typeof copy, typeof objects>();
});
