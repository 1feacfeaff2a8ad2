"""Bundles and pools with the Python library: reads those of the tests, writes some for them.

Jobs come on stdin, one JSON object a line; an answer a line goes to stdout, {"error"} where something went wrong.
  {"do": "read bundle", "file", "entries": [{"name", "kind", "idMapper"?}]} -> {name: [[key, record], ...]}
  {"do": "test zip", "file"} -> {"names", "sizes", "bad"}: what zipfile says of it
  {"do": "write bundle", "file", "parts": [[name, path], ...]} -> {}
  {"do": "read pool", "file", "positions"} -> {"records"}
  {"do": "write pool", "file", "records", "sectionSize", "preload"?} -> {"positions", "sections"}
Records have the slots n (integer), s (text), l (list) and o (anything).
"""
import json
import sys
import zipfile

from sharedbuffers import mapped_struct, pool

SLOTS = {'n': int, 's': str, 'l': list, 'o': object}


class Record(object):
    __slot_types__ = SLOTS
    __slots__ = sorted(SLOTS)

    def __init__(self, **values):
        for name, value in values.items():
            setattr(self, name, value)


SCHEMA = mapped_struct.Schema.from_typed_slots(Record)


def plain(value):
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    return value


def record_out(proxy):
    return {slot: plain(getattr(proxy, slot)) for slot in sorted(SLOTS) if getattr(proxy, slot, None) is not None}


def mapped(entry, member):
    """A member of a zip file as what it is."""
    if entry['kind'] == 'array':
        array = mapped_struct.MappedArrayProxyBase.map_zipfile(member)
        return [[index, record_out(array[index])] for index in range(len(array))]
    mapper = getattr(mapped_struct, entry['idMapper'])
    if entry['kind'] == 'id-mapper':
        keyed = mapper.map_zipfile(member)
        return sorted([key_out(key), int(value)] for key, value in keyed.iteritems())
    members = {'IdMapper': mapper, 'ValueArray': type('Values', (mapped_struct.MappedArrayProxyBase,), {})}
    keyed = type('Keyed', (mapped_struct.MappedMappingProxyBase,), members).map_zipfile(member)
    return sorted([key_out(key), record_out(value)] for key, value in keyed.iteritems())


def key_out(key):
    return bytes(key).decode('utf8') if isinstance(key, (bytes, memoryview)) else int(key)


def read_bundle(job):
    with zipfile.ZipFile(job['file']) as bundle:
        return {entry['name']: mapped(entry, bundle.open(entry['name'])) for entry in job['entries']}


def test_zip(job):
    with zipfile.ZipFile(job['file']) as bundle:
        infos = bundle.infolist()
        bad = None if job.get('listOnly') else bundle.testzip()
        return {'names': [info.filename for info in infos], 'sizes': [info.file_size for info in infos], 'bad': bad}


def write_bundle(job):
    with zipfile.ZipFile(job['file'], 'w', zipfile.ZIP_STORED, allowZip64=True) as bundle:
        for name, path in job['parts']:
            bundle.write(path, name)
    return {}


def read_pool(job):
    with open(job['file'], 'rb') as file:
        dump = memoryview(file.read())
    return {'records': [record_out(SCHEMA.unpack_from(dump, position)) for position in job['positions']]}


def write_pool(job):
    objects = pool.TemporaryObjectPool(section_size=job['sectionSize'])
    for record in job.get('preload', []):
        objects.add_preload(SCHEMA, Record(**record))
    packed = [objects.pack(SCHEMA, Record(**record), min_pack_buffer=256)[0] for record in job['records']]
    with open(job['file'], 'wb') as file:
        objects.dump(file)
    return {'positions': packed, 'sections': len(objects.sections)}


for line in sys.stdin:
    job = json.loads(line)
    try:
        answer = globals()[job['do'].replace(' ', '_')](job)
    except Exception as error:
        answer = {'error': '%s: %s' % (type(error).__name__, error)}
    print(json.dumps(answer))
