import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const given = new URL('../../../test/fixtures/given/', import.meta.url);

/** The path of a given fixture. */
export function fixturePath(name: string): string {
  return fileURLToPath(new URL(name, given));
}

export function fixtureBytes(name: string): Uint8Array {
  return readFileSync(new URL(name, given));
}

export function fixtureJson<T>(name: string): T {
  return JSON.parse(readFileSync(new URL(name, given), 'utf8')) as T;
}
