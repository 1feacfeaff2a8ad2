/** A runtime that forbids buffers over memory it does not own, as Electron does, made by a stand-in for the addon. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { after, describe, it } from 'node:test';
import { mappingOf, Schema, StringIdMapper, t } from 'sharedbuffers';

const folder = mkdtempSync(join(tmpdir(), 'sharedbuffers-'));
after(() => rmSync(folder, { recursive: true }));

const addon = resolve('prebuilds', `${process.platform}-${process.arch}`, 'sharedbuffers.node');
const standIn = join(folder, 'stand-in.cjs');
writeFileSync(
  standIn,
  `const native = require(${JSON.stringify(process.env.SHAREDBUFFERS_NATIVE_BINARY ?? addon)});
  let makeError;
  module.exports = {
    ...native,
    setErrorFactory(factory) { makeError = factory; native.setErrorFactory(factory); },
    regionWindow() { throw makeError('ERR_SHAREDBUFFERS_NO_EXTERNAL_BUFFERS', 'refused by this test'); },
  };`,
);

describe('where the runtime forbids external buffers', () => {
  it('the same calls read a private copy', () => {
    const Point = new Schema('Point', { x: t.int32, label: t.text });
    const path = join(folder, 'points.map');
    mappingOf(StringIdMapper, Point).buildSync([['a', { x: 1, label: 'ñ' }]], path);
    const script = `
      const { open, mapFile } = await import(${JSON.stringify(resolve('dist/index.js'))});
      const points = open(${JSON.stringify(path)});
      const point = points.get('a');
      const bytes = mapFile(${JSON.stringify(path)});
      console.log(JSON.stringify([point, points.table.region.storage, bytes.length > 100]));
      points.close();
      try { point.x } catch (error) { console.log(error.code) }
      try { open(${JSON.stringify(join(folder, 'none'))}) } catch (error) { console.log(error.code) }`;
    const printed = execFileSync(process.execPath, ['--input-type=module', '-e', script], {
      encoding: 'utf8',
      env: { ...process.env, SHAREDBUFFERS_NATIVE_BINARY: standIn },
    });
    assert.deepEqual(printed.trim().split('\n'), [
      '[{"x":1,"label":"ñ"},"private",true]',
      'ERR_SHAREDBUFFERS_CLOSED',
      'ENOENT',
    ]);
  });
});
