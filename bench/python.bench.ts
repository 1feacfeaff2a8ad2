/**
 * Python reads id mappers and mappings of a million entries that were built here: a long form of
 * test/python/mappers.test.ts. `npm run bench -- python`; `-n=100000` for the entries. SHAREDBUFFERS_PYTHON names a
 * Python that has the library, as `node scripts/python-env.mjs` prints it.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { idMapperKinds } from '#src/containers/id-mapper-kinds.js';
import { checkWithPython } from '../test/support/python-mappers.js';

const option = process.argv.find((argument) => argument.startsWith('-n='));
const count = Number(option?.slice(3) ?? 1_000_000);

if (process.env.SHAREDBUFFERS_PYTHON === undefined) {
  console.log('SHAREDBUFFERS_PYTHON names no Python: nothing to compare with');
} else {
  const folder = mkdtempSync(join(tmpdir(), 'sharedbuffers-python-'));
  try {
    for (const kind of Object.values(idMapperKinds)) {
      for (const container of ['id-mapper', 'mapping'] as const) {
        const start = performance.now();
        await checkWithPython(kind, container, count, folder);
        const seconds = ((performance.now() - start) / 1000).toFixed(1);
        console.log(
          `${container.padEnd(10)} ${kind.name.padEnd(28)} ${count} entries: the same, ${seconds} s`,
        );
      }
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
}
