"""Reads id mappers and mappings with the Python library and says what is in them, in short.

Jobs come on stdin, one JSON object a line:
  {"file", "kind": "id-mapper" | "mapping", "idMapper", "lookups": [key, ...]}
An answer a line goes to stdout: {"count", "values"?, "sha256", "lookups": [value or [value, ...] or null, ...]}, or
{"error"}. `sha256` is over the sorted lines `key<tab>value` of all rows. Keys are text: digits for numeric id mappers and
for the hashes of approximate ones, hexadecimal for strings, JSON with types for objects. The value of a mapping is a
record of the slots n and s, written `n s`.
"""
import hashlib
import json
import sys

from sharedbuffers import mapped_struct


def tag(key):
    if key is None:
        return ['none']
    if isinstance(key, bool):
        return ['bool', key]
    if isinstance(key, int):
        return ['int', str(key)]
    if isinstance(key, float):
        return ['float', key.hex()]
    if isinstance(key, str):
        return ['text', key]
    if isinstance(key, (bytes, memoryview)):
        return ['bytes', bytes(key).hex()]
    if isinstance(key, tuple):
        return ['tuple'] + [tag(item) for item in key]
    return ['set'] + sorted((tag(item) for item in key), key=json.dumps)


def untag(tagged):
    kind, rest = tagged[0], tagged[1:]
    if kind == 'none':
        return None
    if kind == 'tuple':
        return tuple(untag(item) for item in rest)
    if kind == 'set':
        return frozenset(untag(item) for item in rest)
    make = {'bool': bool, 'int': int, 'float': float.fromhex, 'text': str, 'bytes': bytes.fromhex}
    return make[kind](rest[0])


def key_out(key, mapper):
    if 'Object' in mapper:
        return json.dumps(tag(key), ensure_ascii=False, separators=(',', ':'))
    return str(int(key)) if 'Numeric' in mapper or 'Approx' in mapper else bytes(key).hex()


def key_in(text, mapper):
    if 'Object' in mapper:
        return untag(json.loads(text))
    return int(text) if 'Numeric' in mapper else bytes.fromhex(text)


def value_out(value):
    if value is None:
        return None
    return str(int(value)) if hasattr(value, '__index__') else '%d %s' % (value.n, value.s)


def answer_out(answer):
    return [value_out(value) for value in answer] if isinstance(answer, list) else value_out(answer)


def read(job):
    name = job['idMapper']
    mapper_class = getattr(mapped_struct, name)
    file = open(job['file'], 'rb')
    if job['kind'] == 'id-mapper':
        keyed = mapper_class.map_file(file)
        counts = {'count': len(keyed)}
    else:
        base = mapped_struct.MappedMultiMappingProxyBase if 'Multi' in name else mapped_struct.MappedMappingProxyBase
        members = {'IdMapper': mapper_class, 'ValueArray': type('Values', (mapped_struct.MappedArrayProxyBase,), {})}
        keyed = type('Keyed', (base,), members).map_file(file)
        counts = {'count': len(keyed.id_mapper), 'values': len(keyed.value_array)}
    lines = sorted(
        ('%s\t%s\n' % (key_out(key, name), value_out(value))).encode('utf8') for key, value in keyed.iteritems()
    )
    lookups = [answer_out(keyed.get(key_in(key, name))) for key in job['lookups']]
    return dict(counts, sha256=hashlib.sha256(b''.join(lines)).hexdigest(), lookups=lookups)


for line in sys.stdin:
    try:
        print(json.dumps(read(json.loads(line))))
    except Exception as error:
        print(json.dumps({'error': '%s: %s' % (type(error).__name__, error)}))
