/**
 * An HTTP service in several processes over one table in shared memory, which goes on while the table is replaced:
 *
 *   node build/examples/cluster-service.js cities.map
 *   curl http://127.0.0.1:PORT/?name=Gent
 *
 * Building cities.map anew, from wherever, has all processes read the new one.
 */
import cluster from 'node:cluster';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { availableParallelism } from 'node:os';
import type { ContainerDescriptor } from 'sharedbuffers';
import { Cities } from './cluster-service/schema.js';

async function lead(path: string): Promise<void> {
  if (!existsSync(path)) await Cities.build([['Gent', { name: 'Gent', population: 262219 }]], path);
  const cities = Cities.open(path);
  const fork = () => cluster.fork({ CITIES: JSON.stringify(cities.descriptor) });
  const workers = Array.from({ length: availableParallelism() }, fork);
  // Who takes the place of a worker that died has the table at once, as there is nothing to load.
  cluster.on('exit', fork);
  const [{ port }] = (await Promise.all(workers.map((worker) => once(worker, 'listening'))))[0] as [
    AddressInfo,
  ];
  console.log(`${workers.length} processes listen on http://127.0.0.1:${port}`);
}

function serve(descriptor: ContainerDescriptor): void {
  const cities = Cities.open(descriptor, { follow: true });
  cities.onChange((event) => {
    if (event.type === 'changed') console.log(`process ${process.pid} has ${cities.size} cities`);
    else console.error(`process ${process.pid} keeps its cities: ${event.error.message}`);
  });
  createServer((request, response) => {
    const [, query] = (request.url ?? '').split('?');
    const city = cities.get(new URLSearchParams(query).get('name') ?? '');
    response.writeHead(city === undefined ? 404 : 200, { 'content-type': 'application/json' });
    response.end(JSON.stringify(city ?? { error: 'no such city' }));
  }).listen(0, '127.0.0.1');
}

if (cluster.isPrimary) await lead(process.argv[2] ?? 'cities.map');
else serve(JSON.parse(process.env.CITIES ?? '{}'));
