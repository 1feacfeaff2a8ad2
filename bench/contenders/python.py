"""The Python library in its best form, as a contender: a job as JSON on stdin, the result as JSON on stdout.

    {"work": "lookups", "path", "keys", "operations", "rounds", "order": FILE OF UINT32, "lookups": [NAME]}
        answers {NAME: {"times": [NANOSECONDS A LOOKUP], "sums": [CHECKSUM OF A ROUND]}}
    {"work": "scan", "path", "keys", "rounds"} answers the same, without the name
    {"work": "build", "path", "keys", "entries": FILE OF JSON LINES, "rounds"}
        answers {"seconds": [], "bytes", "peakBytes"}
"""
import array
import json
import os
import sys
import time

from sharedbuffers import mapped_struct as ms

digits = '0123456789abcdefghijklmnopqrstuvwxyz'
schema = ms.Schema.from_typed_slots({
    'id': ms.uint32, 'population': ms.uint32, 'latitude': ms.float64, 'longitude': ms.float64,
    'country': str, 'name': str, 'tags': list,
})


class City(object):
    def __init__(self, fields):
        self.__dict__.update(fields)


class Cities(ms.MappedArrayProxyBase):
    schema = schema


class ByText(ms.MappedMappingProxyBase):
    IdMapper = ms.StringIdMapper
    ValueArray = Cities


class ByNumber(ms.MappedMappingProxyBase):
    IdMapper = ms.NumericId32Mapper
    ValueArray = Cities


def mapping(keys):
    return ByText if keys == 'string' else ByNumber


def id_of(number):
    return number * 2654435761 % 2 ** 32


def base36(number):
    text = ''
    while True:
        number, digit = divmod(number, 36)
        text = digits[digit] + text
        if number == 0:
            return text


def text_key(number):
    return 'city:%s:%d' % (base36(id_of(number)), number)


def absent_text_key(number):
    return 'city:%s:-%d' % (base36(id_of(number)), number)


def read_one(get, move, keys):
    total = 0
    for key in keys:
        total += move(get(key)).population
    return total


def read_three(get, move, keys):
    total = 0
    for key in keys:
        city = move(get(key))
        total += city.population + city.latitude + len(city.name)
    return total


def count_absent(get, move, keys):
    absent = 0
    for key in keys:
        if get(key) is None:
            absent += 1
    return absent


def lookups(job):
    cities = mapping(job['keys']).map_file(open(job['path'], 'rb'))
    get = cities.id_mapper.get
    # One proxy for all: the fastest form that there is.
    move = cities.value_array.getter(proxy_into=cities.value_array.schema.Proxy(), no_idmap=True)
    order = array.array('I')
    with open(job['order'], 'rb') as file:
        order.frombytes(file.read())
    size, operations = len(order), job['operations']
    of_text = job['keys'] == 'string'
    present = text_key if of_text else id_of
    absent = absent_text_key if of_text else lambda number: id_of(size + number)
    works = {'one-field': (read_one, present), 'three-fields': (read_three, present), 'absent': (count_absent, absent)}
    result = {}
    for name in job['lookups']:
        work, key_of = works[name]
        times, sums = [], []
        for round in range(job['rounds'] + 1):
            keys = [key_of(order[(round * operations + turn) % size]) for turn in range(operations)]
            start = time.perf_counter()
            sums.append(work(get, move, keys))
            times.append((time.perf_counter() - start) * 1e9 / operations)
        result[name] = {'times': times[1:], 'sums': sums}
    return result


def scan(job):
    cities = mapping(job['keys']).map_file(open(job['path'], 'rb'))
    times, sums = [], []
    for _ in range(job['rounds'] + 1):
        start = time.perf_counter()
        total = 0
        for city in cities.value_array.iter_fast():
            total += city.population
        times.append((time.perf_counter() - start) * 1e9 / len(cities))
        sums.append(total)
    return {'times': times[1:], 'sums': sums}


def memory(name):
    with open('/proc/self/status') as file:
        return next(int(line.split()[1]) * 1024 for line in file if line.startswith(name))


def build(job):
    with open(job['entries'], encoding='utf8') as file:
        entries = [(key, City(fields)) for key, fields in map(json.loads, file)]
    seconds, peak = [], 0
    with open('/proc/self/clear_refs', 'w') as file:
        file.write('5')
    before = memory('VmRSS')
    for _ in range(job['rounds']):
        with open(job['path'], 'w+b') as file:
            start = time.perf_counter()
            mapping(job['keys']).build(entries, file, tempdir=os.path.dirname(job['path']))
            seconds.append(time.perf_counter() - start)
        peak = max(peak, memory('VmHWM') - before)
    return {'seconds': seconds, 'bytes': os.path.getsize(job['path']), 'peakBytes': peak}


job = json.load(sys.stdin)
works = {'lookups': lookups, 'scan': scan, 'build': build}
print(json.dumps(works[job['work']](job)))
