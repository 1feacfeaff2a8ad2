/** When two objects are the same stored value: reading a slot twice makes two proxies of one record. */
import type { Region } from '../region.js';
import { positionOf, RecordProxy, regionOf } from './record.js';

const regionNumbers = new WeakMap<Region, number>();
let regionCount = 0;

/** What stands for an object where values are stored once: the place of a record that was read, else the object. */
export function identityOf(value: object): unknown {
  if (!RecordProxy.is(value)) return value;
  const region = regionOf(value);
  let number = regionNumbers.get(region);
  if (number === undefined) {
    number = regionCount++;
    regionNumbers.set(region, number);
  }
  return `${number}:${positionOf(value)}`;
}
