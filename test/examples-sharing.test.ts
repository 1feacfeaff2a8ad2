/** The examples of sharing: a service of several processes whose table is replaced, and a pool of threads. */
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { describe, it } from 'node:test';
import { Cities } from '../examples/cluster-service/schema.js';
import { scratchFolder } from './support/cli.js';

const { path } = scratchFolder();

describe('the example of a cluster', () => {
  it('serves from all its processes, and what the table is now', { timeout: 60_000 }, async () => {
    const service = spawn(process.execPath, ['build/examples/cluster-service.js', path('cities.map')], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    try {
      const lines = createInterface(service.stdout)[Symbol.asyncIterator]();
      const nextLine = async () => String((await lines.next()).value);
      const [, count, url] = /^(\d+) processes listen on (http:\S+)$/.exec(await nextLine()) ?? [];
      const get = async (name: string) => {
        const response = await fetch(`${url}/?name=${encodeURIComponent(name)}`);
        return [response.status, await response.json()];
      };
      assert.deepEqual(await get('Gent'), [200, { name: 'Gent', population: 262219 }]);
      assert.deepEqual(await get('Atlantis'), [404, { error: 'no such city' }]);
      await Cities.build(
        [
          ['Gent', { name: 'Gent', population: 265086 }],
          ['Atlantis', { name: 'Atlantis', population: 0 }],
        ],
        path('cities.map'),
      );
      const processes = new Set<string>();
      while (processes.size < Number(count)) {
        const [, pid] = /^process (\d+) has 2 cities$/.exec(await nextLine()) ?? [];
        assert.ok(pid !== undefined && !processes.has(pid));
        processes.add(pid);
      }
      for (let round = 0; round < 2 * processes.size; round++) {
        assert.deepEqual(await get('Atlantis'), [200, { name: 'Atlantis', population: 0 }]);
        assert.deepEqual(await get('Gent'), [200, { name: 'Gent', population: 265086 }]);
      }
    } finally {
      service.kill();
      await once(service, 'exit');
    }
  });
});

describe('the example of a pool of threads', () => {
  it('adds up all cities', () => {
    const printed = execFileSync(process.execPath, ['build/examples/worker-pool.js'], { encoding: 'utf8' });
    assert.match(printed, /^\d+ threads: 3133032118 people in 135233 cities$/m);
  });
});
