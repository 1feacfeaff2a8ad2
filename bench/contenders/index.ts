/** All that take part, in the order of tables. */
import { sqliteContenders } from './better-sqlite3.js';
import { classicLevel } from './classic-level.js';
import { type Contender, isInstalled } from './contender.js';
import { flatbuffersContenders } from './flatbuffers.js';
import { lmdbContenders } from './lmdb.js';
import { map } from './map.js';
import { sharedbuffersContenders } from './sharedbuffers.js';

export const contenders: readonly Contender[] = [
  ...sharedbuffersContenders,
  map,
  ...lmdbContenders,
  ...sqliteContenders,
  ...flatbuffersContenders,
  classicLevel,
].filter(isInstalled);

export function contenderOf(id: string): Contender {
  const found = contenders.find((contender) => contender.id === id);
  if (found === undefined) throw new Error(`there is no contender ${id} here`);
  return found;
}
