"""Packs and reads records of any schema with the Python library, as tagged JSON.

Jobs come on stdin, one JSON object a line, with a schema as schema JSON has it ("schema"):
  {"do": "read", "records": [base64, ...]}        a record each
  {"do": "read", "array": base64}                 a typed array, read through its stored schema
  {"do": "pack", "records": [tagged, ...], "as": "records" | "array"}
An answer a line goes to stdout: {"records": [tagged, ...]} of what was read, {"records": [base64, ...]} or
{"array": base64} of what was packed; {"error"} where a job failed. What is read is also looked up in: the members of
sets and the keys of dicts that are read in place.
"""
import base64
import datetime
import decimal
import json
import math
import sys
import tempfile
import traceback

import numpy
from sharedbuffers import mapped_struct as ms

SLOT_TYPES = {
    'bool': bool, 'int': int, 'float': float, 'str': str, 'bytes': bytes, 'frozenset': frozenset, 'tuple': tuple,
    'list': list, 'dict': dict, 'object': object, 'datetime': datetime.datetime, 'date': datetime.date,
    'Decimal': decimal.Decimal, 'ndarray': numpy.ndarray, 'buffer': memoryview,
}
for _name in (
        'int8 uint8 int16 uint16 int32 uint32 int64 uint64 float32 float64 '
        'proxied_list proxied_tuple proxied_frozenset proxied_dict').split():
    SLOT_TYPES[_name] = getattr(ms, _name)

OWN_CODES = frozenset(ms.mapped_object.OBJ_PACKERS)
OWN_TYPES = frozenset(ms.mapped_object.TYPE_CODES)


class Record(object):
    pass


class World(object):
    """The schemas of a job, registered, and the classes of their records."""

    def __init__(self, root):
        for code in set(ms.mapped_object.OBJ_PACKERS) - OWN_CODES:
            del ms.mapped_object.OBJ_PACKERS[code]
        for known in set(ms.mapped_object.TYPE_CODES) - OWN_TYPES:
            del ms.mapped_object.TYPE_CODES[known]
        self.root = root
        self.structs = {struct['name']: struct for struct in root['types'] + [root]}
        self.classes = {name: type(str(name), (Record,), {}) for name in self.structs}
        # bases by which proxies say of which schema they are
        self.marks = {name: type(str('Of' + name), (object,), {'__slots__': ()}) for name in self.structs}
        self.schemas = {}
        for struct in root['types'] + [root]:
            self.add(struct, root)
        for name, struct in self.structs.items():
            if struct.get('reinitialize'):
                self.schemas[name].reinitialize()

    def mark(self):
        """Lets proxies say of which schema they are; such schemas cannot be pickled."""
        for name, schema in self.schemas.items():
            schema.set_proxy_bases((self.marks[name],))

    def add(self, struct, root):
        slots = {slot: self.slot_type(kind) for slot, kind in struct['slots']}
        schema = self.schemas[struct['name']] = ms.Schema.from_typed_slots(slots, alignment=struct['alignment'])
        if struct is not root or self.refers_to(root['name']):
            code = struct.get('typecode')
            cls = self.classes[struct['name']]
            ms.mapped_object.register_schema(cls, schema, None if code is None else bytes([code]))

    def refers_to(self, name):
        return any(kind == 'struct:' + name for struct in self.structs.values() for _, kind in struct['slots'])

    def slot_type(self, kind):
        return self.classes[kind[7:]] if kind.startswith('struct:') else SLOT_TYPES[kind]

    @property
    def schema(self):
        return self.schemas[self.root['name']]


# ---- tagged JSON to Python

class Values(object):
    """Makes values of tagged JSON. Now and then it takes another form that the library packs as the same value."""

    def __init__(self, world):
        self.world = world
        self.made = 0
        self.keys = 0

    def sometimes(self, each):
        self.made += 1
        return self.made % each == 0

    def record(self, tagged):
        name = tagged['$struct']
        record = self.world.classes[name]()
        for slot, kind in self.world.structs[name]['slots']:
            if slot in tagged['fields']:
                setattr(record, slot, self.slot(tagged['fields'][slot], kind))
        return record

    def slot(self, tagged, kind):
        value = self.value(tagged)
        if value is None:
            return None
        if kind == 'buffer':
            return memoryview(value)
        if kind in ('list', 'tuple', 'proxied_list', 'proxied_tuple') and self.sometimes(3):
            return as_array(value)
        if kind == 'object' and self.sometimes(3) and can_be_proxy(json.dumps(tagged)):
            return as_proxy(value)
        return value

    def value(self, tagged):
        if tagged is None or isinstance(tagged, (bool, int, float, str)):
            return tagged
        if isinstance(tagged, list):
            return [self.member(item) for item in tagged]
        if '$struct' in tagged:
            return self.record(tagged)
        (tag, content), = tagged.items()
        if tag == '$tuple':
            return tuple(self.member(item) for item in content)
        if tag == '$dict':
            return {self.key(key): self.member(item) for key, item in content}
        return self.single(tag, content)

    def member(self, tagged):
        value = self.value(tagged)
        return memoryview(value) if self.keys == 0 and isinstance(value, bytes) and self.sometimes(4) else value

    def key(self, tagged):
        self.keys += 1
        value = self.value(tagged)
        self.keys -= 1
        return value

    def single(self, tag, content):
        if tag == '$int':
            return int(content)
        if tag == '$float':
            return float(content)
        if tag == '$bytes':
            return base64.b64decode(content)
        if tag == '$set':
            return frozenset(self.key(item) for item in content)
        if tag == '$decimal':
            return decimal.Decimal(content)
        if tag == '$date':
            return datetime.date(*[int(part) for part in content.split('-')])
        if tag == '$datetime':
            return datetime.datetime.strptime(content, '%Y-%m-%dT%H:%M:%S.%f')
        if tag == '$ndarray':
            return self.ndarray(**content)
        raise ValueError(tag)

    def ndarray(self, dtype, shape, data):
        dtype = numpy.dtype(dtype if isinstance(dtype, str) else [(str(name), str(kind)) for name, kind in dtype])
        array = numpy.zeros(len(data), dtype)
        for index, item in enumerate(data):
            array[index] = self.item(item, dtype)
        return array.reshape(shape)

    def item(self, tagged, dtype):
        if dtype.names:
            return tuple(self.item(part, dtype[index]) for index, part in enumerate(tagged['$tuple']))
        if isinstance(tagged, dict) and '$complex' in tagged:
            # assembled by parts: complex(a, b) would lose signs of zeros
            value = numpy.zeros(1, dtype)
            value.real, value.imag = [self.value(part) for part in tagged['$complex']]
            return value[0]
        return self.value(tagged)


def as_array(value):
    """A numpy array of the same numbers, where there is one: its width is kept."""
    kinds = {type(item) for item in value}
    if kinds == {int}:
        for dtype in (numpy.int16, numpy.uint32, numpy.int64, numpy.uint64):
            limits = numpy.iinfo(dtype)
            if limits.min <= min(value) and max(value) <= limits.max:
                return numpy.array(value, dtype)
    if kinds == {float} and all(float(numpy.float32(item)) == item for item in value):
        return numpy.array(value, numpy.float32)
    return value


def can_be_proxy(text):
    """Proxies of records cannot be packed, for want of their schema; nor dicts that cannot find keys with sets."""
    return '$struct' not in text and not ('$dict' in text and '$set' in text)


def as_proxy(value):
    """The value as a proxy of it, which is packed as what is read in place."""
    for kind, packed, proxy in (
            (list, ms.mapped_list, ms.proxied_list), (tuple, ms.mapped_tuple, ms.proxied_tuple),
            (frozenset, ms.mapped_frozenset, ms.proxied_frozenset), (dict, ms.mapped_dict, ms.proxied_dict)):
        if type(value) is kind:
            buffer = bytearray(1 << 18)
            packed.pack_into(value, buffer, 0)
            return proxy.unpack_from(memoryview(buffer), 0)
    return value


# ---- Python to tagged JSON

def canonical(tagged):
    return json.dumps(bits(tagged), ensure_ascii=False, separators=(',', ':'), sort_keys=True).encode('utf8')


def bits(tagged):
    if isinstance(tagged, float) or isinstance(tagged, dict) and '$float' in tagged:
        value = tagged if isinstance(tagged, float) else float(tagged['$float'])
        pattern = '7ff8000000000000' if value != value else numpy.array(value, '>f8').tobytes().hex()
        return {'$f64': pattern}
    if isinstance(tagged, list):
        return [bits(item) for item in tagged]
    if isinstance(tagged, dict):
        return {key: bits(value) for key, value in tagged.items()}
    return tagged


def tagged_float(value):
    value = float(value)
    return value if math.isfinite(value) and value != int(value) else {'$float': repr(value)}


def tagged_int(value):
    value = int(value)
    return value if abs(value) < 2 ** 53 else {'$int': str(value)}


def tagged_bytes(value):
    return {'$bytes': base64.b64encode(bytes(value)).decode('ascii')}


def tagged_item(item, dtype):
    if dtype.names:
        return {'$tuple': [tagged_item(item[name], dtype[name]) for name in dtype.names]}
    if dtype.kind == 'c':
        return {'$complex': [tagged_float(item.real), tagged_float(item.imag)]}
    if dtype.kind == 'V':
        return tagged_bytes(item.tobytes())
    return tag(item, None)


def tagged_array(array):
    dtype = array.dtype
    named = [[name, dtype[name].str] for name in dtype.names] if dtype.names else dtype.str
    data = [tagged_item(item, dtype) for item in array.reshape(-1)]
    return {'$ndarray': {'dtype': named, 'shape': list(array.shape), 'data': data}}


def tagged_set(value, world):
    return {'$set': sorted((tag(item, world) for item in value), key=canonical)}


def tagged_dict(value, world):
    entries = [[tag(key, world), tag(item, world)] for key, item in value.items()]
    return {'$dict': sorted(entries, key=lambda entry: canonical(entry[0]))}


TAGS = (
    ((bool, numpy.bool_), lambda value, world: bool(value)),
    ((int, numpy.integer), lambda value, world: tagged_int(value)),
    ((float, numpy.floating), lambda value, world: tagged_float(value)),
    (str, lambda value, world: str(value)),
    ((bytes, bytearray, memoryview), lambda value, world: tagged_bytes(value)),
    ((tuple, ms.proxied_tuple), lambda value, world: {'$tuple': [tag(item, world) for item in value]}),
    ((list, ms.proxied_list), lambda value, world: [tag(item, world) for item in value]),
    ((frozenset, ms.proxied_frozenset), tagged_set),
    ((dict, ms.proxied_dict), tagged_dict),
    (datetime.datetime, lambda value, world: {'$datetime': value.isoformat(timespec='microseconds')}),
    (datetime.date, lambda value, world: {'$date': value.isoformat()}),
    (decimal.Decimal, lambda value, world: {'$decimal': str(value)}),
    (numpy.ndarray, lambda value, world: tagged_array(value)),
)


def tag(value, world):
    if value is None:
        return None
    look_up(value)
    for kinds, make in TAGS:
        if isinstance(value, kinds):
            return make(value, world)
    for name, mark in world.marks.items():
        if isinstance(value, mark):
            return tag_record(value, name, world)
    raise TypeError('no tag for %r' % type(value))


def tag_record(proxy, name, world):
    fields = {}
    for slot, kind in world.structs[name]['slots']:
        try:
            value = getattr(proxy, slot)
        except AttributeError:
            continue
        if value is None:
            fields[slot] = None
        elif kind == 'bool':
            fields[slot] = bool(value)
        elif kind.startswith('struct:'):
            fields[slot] = tag_record(value, kind[7:], world)
        else:
            fields[slot] = tag(value, world)
    return {'$struct': name, 'fields': fields}


def look_up(value):
    if isinstance(value, ms.proxied_frozenset) and all(is_found_again(member) for member in value):
        # its search may miss one of several members with the same hash, whoever packed the set
        hashes = [ms._stable_hash(member) for member in value]
        for member, own in zip(value, hashes):
            if hashes.count(own) == 1 and member not in value:
                raise LookupError('the member %r is not found' % (member,))
    if isinstance(value, ms.proxied_dict):
        for key, item in value.items():
            if is_found_again(key) and (key not in value or type(value[key]) is not type(item)):
                raise LookupError('the key %r is not found' % (key,))


def is_found_again(key):
    """Sets of strings have another hash in every process, so sets of such sets are not in order in another one."""
    if isinstance(key, (frozenset, ms.proxied_frozenset)):
        return False
    return not isinstance(key, (tuple, ms.proxied_tuple)) or all(is_found_again(item) for item in key)


# ---- jobs

def read(job, world):
    name = world.root['name']
    world.mark()
    if 'array' in job:
        Array = type('Array', (ms.MappedArrayProxyBase,), {})
        with tempfile.NamedTemporaryFile() as file:
            file.write(base64.b64decode(job['array']))
            file.flush()
            array = Array.map_file(file)
            return {'records': [tag_record(array[index], name, world) for index in range(len(array))]}
    buffers = [memoryview(base64.b64decode(record)) for record in job['records']]
    return {'records': [tag_record(world.schema.unpack_from(buffer, 0), name, world) for buffer in buffers]}


def pack(job, world):
    values = Values(world)
    records = [values.record(tagged) for tagged in job['records']]
    if job['as'] == 'records':
        return {'records': [base64.b64encode(world.schema.pack(record)).decode('ascii') for record in records]}
    Array = type('Array', (ms.MappedArrayProxyBase,), {'schema': world.schema})
    with tempfile.NamedTemporaryFile() as file:
        Array.build(records, file, return_mapper=False)
        file.flush()
        file.seek(0)
        return {'array': base64.b64encode(file.read()).decode('ascii')}


def main():
    for line in sys.stdin:
        job = json.loads(line)
        try:
            answer = {'read': read, 'pack': pack}[job['do']](job, World(job['schema']))
        except Exception:
            answer = {'error': traceback.format_exc()}
        print(json.dumps(answer))


main()
