"""schema_pickles.py read FOLDER: says what Python understands of each pickle in a folder, as tagged JSON.
schema_pickles.py write FOLDER SEED COUNT: pickles schemas with random slots and user data, in every protocol, with
what they mean beside each."""
import base64
import collections
import datetime
import decimal
import json
import os
import pickle
import random
import sys

from sharedbuffers import mapped_struct as ms

SAFE = 2 ** 53 - 1


def tag(value):
    if value is None or isinstance(value, (bool, str)):
        return value
    if isinstance(value, int):
        return value if abs(value) <= SAFE else {'$int': str(value)}
    if isinstance(value, float):
        return value if value == value and abs(value) < SAFE and value != int(value) else {'$float': repr(value)}
    if isinstance(value, bytes):
        return {'$bytes': base64.b64encode(value).decode()}
    if isinstance(value, tuple):
        return {'$tuple': [tag(item) for item in value]}
    if isinstance(value, list):
        return [tag(item) for item in value]
    if isinstance(value, (set, frozenset)):
        return {'$set': [tag(item) for item in value]}
    if type(value) is dict:
        return {'$dict': [[tag(key), tag(item)] for key, item in value.items()]}
    if isinstance(value, datetime.datetime):
        return {'$datetime': value.isoformat(timespec='microseconds')}
    if isinstance(value, datetime.date):
        return {'$date': value.isoformat()}
    if isinstance(value, decimal.Decimal):
        return {'$decimal': str(value)}
    return {'$opaque': '%s.%s' % (type(value).__module__, type(value).__qualname__)}


def describe(schema, above=()):
    if schema in above:
        return {'$ancestor': above.index(schema)}
    state = schema.__getstate__()
    types = {}
    for name, slot_type in state['slot_types'].items():
        nested = isinstance(slot_type, ms.mapped_object_with_schema)
        types[name] = describe(slot_type.schema, (schema,) + above) if nested else slot_type.__name__
    return {'slot_keys': list(state['slot_keys']), 'alignment': state['alignment'], 'version': state['version'],
            'slot_types': types}


def read(folder):
    for name in sorted(os.listdir(folder)):
        with open(os.path.join(folder, name), 'rb') as file:
            schema = pickle.load(file)
        print(json.dumps({'name': name, 'schema': describe(schema), 'user_data': tag(schema.user_data)}))


class Maker:
    types = [bool, ms.int8, ms.uint8, ms.int16, ms.uint16, ms.int32, ms.uint32, ms.int64, ms.uint64, ms.float32,
             ms.float64, int, float, bytes, str, frozenset, tuple, list, dict, object, datetime.datetime,
             datetime.date, decimal.Decimal, memoryview, ms.proxied_list, ms.proxied_tuple, ms.proxied_frozenset,
             ms.proxied_dict, ms.proxied_ndarray]

    def __init__(self, seed):
        self.random = random.Random(seed)
        self.nested = []

    def key(self, depth):
        pick = self.random.randrange
        kinds = [
            lambda: None,
            lambda: bool(pick(2)),
            lambda: pick(-2 ** 80, 2 ** 80) >> pick(90),
            lambda: self.random.choice([1.5, -2.25, 3.0, -0.0, 1e300, 1e-7, float('inf'), 5e-324]),
            lambda: ''.join(self.random.choice('ab\u00e9\u540d\U0001f600\0\n\\u') for _ in range(pick(5))),
            lambda: bytes(pick(256) for _ in range(pick(6))),
            lambda: tuple(self.key(depth + 1) for _ in range(pick(6))),
        ]
        return self.random.choice(kinds if depth < 4 else kinds[:6])()

    def value(self, depth=0):
        pick = self.random.randrange
        kinds = [
            lambda: [self.value(depth + 1) for _ in range(pick(5))],
            lambda: {self.key(3): self.value(depth + 1) for _ in range(pick(5))},
            lambda: {'k%d' % i: self.value(depth + 1) for i in range(pick(5))},
            lambda: frozenset([self.key(3)]),
            lambda: decimal.Decimal(pick(-10 ** 9, 10 ** 9)).scaleb(-pick(12)),
            lambda: datetime.date(pick(1, 10000), 12, 31),
            lambda: datetime.datetime(2020, 1, 1, 3, 4, 5, pick(10 ** 6)),
            lambda: collections.OrderedDict([(self.key(3), self.value(depth + 1))]),
            lambda: collections.deque([1.0, 2]),
        ]
        return self.key(0) if depth > 3 or pick(2) else self.random.choice(kinds)()

    def schema(self, depth=0):
        pick = self.random.randrange
        slots = {}
        for i in range(pick(8)):
            name = self.random.choice(['s%d' % i, '\u00e9%d' % i, '\U0001f600%d' % i, '\uffff%d' % i])
            slots[name] = self.struct(depth) if depth < 3 and not pick(4) else self.random.choice(self.types)
        user_data = self.value() if pick(4) else None
        schema = ms.Schema.from_typed_slots(slots, alignment=self.random.choice([1, 2, 4, 8, 16]), user_data=user_data)
        if not pick(5):
            schema.reinitialize()
        return schema

    def struct(self, depth):
        if self.nested and self.random.randrange(2):
            return self.random.choice(self.nested)
        made = ms.mapped_object.register_schema(type('T', (), {}), self.schema(depth + 1), None)
        self.nested.append(made)
        return made


def write(folder, seed, count):
    maker = Maker(int(seed))
    for number in range(int(count)):
        maker.nested = []
        schema = maker.schema()
        for protocol in range(6):
            name = '%03d-%d.pickle' % (number, protocol)
            with open(os.path.join(folder, name), 'wb') as file:
                pickle.dump(schema, file, protocol)
            print(json.dumps({'name': name, 'schema': describe(schema), 'user_data': tag(schema.user_data)}))


if __name__ == '__main__':
    {'read': read, 'write': write}[sys.argv[1]](*sys.argv[2:])
