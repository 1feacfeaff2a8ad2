/** Python reads every id mapper and every mapping that is built here. `npm run bench -- python` does a million. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { idMapperKinds } from '#src/containers/id-mapper-kinds.js';
import { checkWithPython } from '../support/python-mappers.js';

const folder = mkdtempSync(join(tmpdir(), 'sharedbuffers-mappers-'));
after(() => rmSync(folder, { recursive: true }));

describe('Python reads', () => {
  for (const kind of Object.values(idMapperKinds)) {
    for (const count of [0, 1, 2, 10_000]) {
      it(`a ${kind.name} of ${count}`, () => checkWithPython(kind, 'id-mapper', count, folder));
      it(`a mapping with a ${kind.name} of ${count}`, () => checkWithPython(kind, 'mapping', count, folder));
    }
  }
});
