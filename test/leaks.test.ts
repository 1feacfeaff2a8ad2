/** What `npm run soak -- leaks` shows of millions, of thousands. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';

const program = fileURLToPath(new URL('soak/leaks.soak.js', import.meta.url));

describe('opening, reading, looking up and closing', () => {
  it('leave nothing behind: no mapping, no file, no native memory, no garbage that stays', () => {
    // A process of its own: its figures are about nothing else.
    const { stdout, stderr, status } = spawnSync(
      process.execPath,
      [
        ...process.execArgv.filter((flag) => flag.startsWith('--conditions') || flag.startsWith('-C')),
        '--expose-gc',
        program,
        '--cycles=5000',
        '--lookups=300000',
        '--without-collector',
      ],
      { encoding: 'utf8' },
    );
    assert.equal(status, 0, stderr);
    assert.match(stdout, /^5000 times opened.*\n300000 lookups/);
  });
});
