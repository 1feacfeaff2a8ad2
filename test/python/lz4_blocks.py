"""Compresses and decompresses with Python's lz4.

Jobs come on stdin, one JSON object a line, answers go to stdout likewise:
  {"compress": base64, "options": {...}}  ->  {"stored": base64}: u32 of the size, then the block
  {"decompress": base64}                  ->  {"bytes": base64}, or {"error"}
"""
import base64
import json
import sys

import lz4.block

for line in sys.stdin:
    job = json.loads(line)
    try:
        if 'compress' in job:
            stored = lz4.block.compress(base64.b64decode(job['compress']), store_size=True, **job['options'])
            answer = {'stored': base64.b64encode(stored).decode('ascii')}
        else:
            plain = lz4.block.decompress(base64.b64decode(job['decompress']))
            answer = {'bytes': base64.b64encode(plain).decode('ascii')}
    except Exception as error:
        answer = {'error': '%s: %s' % (type(error).__name__, error)}
    print(json.dumps(answer))
