/** Type-level tests: what compiles here is what users see. */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import {
  arrayOf,
  type Infer,
  type InferInput,
  mappingOf,
  NumericIdMapper,
  Schema,
  StringIdMapper,
  t,
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
