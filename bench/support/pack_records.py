"""Times Python's Schema.pack: records as a JSON array on stdin, nanoseconds a record for each round on stdout."""
import json
import sys
import time

from sharedbuffers import mapped_struct as ms


class Place(object):
    def __init__(self, fields):
        self.__dict__.update(fields)


schema = ms.Schema.from_typed_slots({
    'id': ms.uint32, 'population': ms.uint32, 'latitude': ms.float64, 'longitude': ms.float64,
    'country': str, 'name': str, 'tags': list,
})
places = [Place(fields) for fields in json.load(sys.stdin)]
pack = schema.pack
times = []
for _ in range(int(sys.argv[1])):
    start = time.perf_counter()
    for place in places:
        pack(place)
    times.append((time.perf_counter() - start) * 1e9 / len(places))
print(json.dumps(times))
