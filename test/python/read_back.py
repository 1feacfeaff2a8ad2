"""Reads files with the Python library and prints what is in them.

Jobs come on stdin, one JSON object a line:
  {"file", "kind": "array" | "id-mapper" | "mapping", "idMapper"?, "slots": [...], "lookups"?: [key, ...]}
An answer a line goes to stdout: {"count", "values"?, "entries": [[key, value], ...], "lookups": [value, ...]}, or
{"error"}. Keys of string mappers are hexadecimal, all integers are strings of digits; a record is
{slot: value}, without the slots that it lacks; a nested record is one too.
"""
import json
import sys

from sharedbuffers import mapped_struct


def plain(value, slots):
    if value is None or isinstance(value, (str, float, bool)):
        return value
    if isinstance(value, (bytes, bytearray, memoryview)):
        return bytes(value).hex()
    if hasattr(value, '__index__'):
        return str(int(value))
    return record(value, slots)


def record(proxy, slots):
    return {slot: plain(getattr(proxy, slot), slots) for slot in slots if hasattr(proxy, slot)}


def key_out(key):
    return bytes(key).hex() if isinstance(key, (bytes, memoryview)) else str(int(key))


def key_in(key, mapper):
    return bytes.fromhex(key) if 'String' in mapper else int(key)


def read_array(job):
    array = mapped_struct.MappedArrayProxyBase.map_file(open(job['file'], 'rb'))
    entries = [[str(index), record(array[index], job['slots'])] for index in range(len(array))]
    return {'count': len(array), 'entries': entries, 'lookups': []}


def read_keyed(job):
    mapper_class = getattr(mapped_struct, job['idMapper'])
    file = open(job['file'], 'rb')
    slots = job.get('slots', [])
    if job['kind'] == 'id-mapper':
        keyed = mapper_class.map_file(file)
        counts = {'count': len(keyed)}
    else:
        members = {'IdMapper': mapper_class, 'ValueArray': type('Values', (mapped_struct.MappedArrayProxyBase,), {})}
        keyed = type('Keyed', (mapped_struct.MappedMappingProxyBase,), members).map_file(file)
        counts = {'count': len(keyed.id_mapper), 'values': len(keyed.value_array)}
    entries = [[key_out(key), plain(value, slots)] for key, value in keyed.iteritems()]
    lookups = [plain(keyed.get(key_in(key, job['idMapper'])), slots) for key in job.get('lookups', [])]
    return dict(counts, entries=entries, lookups=lookups)


for line in sys.stdin:
    job = json.loads(line)
    try:
        answer = read_array(job) if job['kind'] == 'array' else read_keyed(job)
    except Exception as error:
        answer = {'error': '%s: %s' % (type(error).__name__, error)}
    print(json.dumps(answer))
