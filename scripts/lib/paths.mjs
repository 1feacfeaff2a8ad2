// Where things are.
import { existsSync, readdirSync, statSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('../../', import.meta.url));

/** An absolute path from one relative to the root, written with '/'. */
export const at = (path) => join(root, ...path.split('/'));

/** Every file below a folder (or the file itself), relative to the root with '/', sorted; none where nothing is there. */
export function filesBelow(path) {
  const absolute = at(path);
  if (!existsSync(absolute)) return [];
  if (!statSync(absolute).isDirectory()) return [path];
  return readdirSync(absolute, { withFileTypes: true })
    .filter((entry) => entry.name !== 'node_modules' && entry.name !== 'fixtures')
    .flatMap((entry) => {
      const name = join(absolute, entry.name);
      const below = relative(root, name).split(sep).join('/');
      return entry.isDirectory() ? filesBelow(below) : [below];
    })
    .sort();
}
