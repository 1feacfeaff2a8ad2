/** The file that becomes the result of a build, which is written in whole pieces of 2 MiB. */
import assert from 'node:assert/strict';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import fc from 'fast-check';
import { OutputFile } from '#src/building/output-file.js';
import { runNow, runSoon, type Steps } from '#src/building/steps.js';
import { native } from '#src/native/index.js';

const piece = 2 ** 21;
const folder = mkdtempSync(join(tmpdir(), 'sharedbuffers-output-'));
after(() => rmSync(folder, { recursive: true }));

function withOutput<T>(work: (output: OutputFile, path: string) => T): T {
  const path = join(folder, 'output');
  const file = openSync(path, 'w+');
  try {
    return work(new OutputFile(file, path), path);
  } finally {
    closeSync(file);
    rmSync(path);
  }
}

const bytesOf = (length: number, seed: number) => Buffer.alloc(length, `${seed} and so on `);

describe('the output of a build', () => {
  it('is written in whole pieces at multiples of their size', () => {
    withOutput((output, path) => {
      const sizes = [1, 70_000, 1_000_000, 3 * piece, 17, piece - 5, 2 * piece, 1_234_567];
      const expected: Buffer[] = [];
      for (const [number, size] of sizes.entries()) {
        const bytes = bytesOf(size, number);
        expected.push(bytes);
        runNow(output.append(bytes));
        assert.equal(
          output.size,
          expected.reduce((sum, { length }) => sum + length, 0),
        );
        assert.equal(statSync(path).size, output.size - (output.size % piece));
      }
      runNow(output.flush());
      assert.deepEqual(readFileSync(path), Buffer.concat(expected));
    });
  });

  it('keeps what was given, though the bytes are used otherwise afterwards', () => {
    withOutput((output, path) => {
      const bytes = Buffer.from('first');
      runNow(output.append(bytes));
      bytes.write('other');
      runNow(output.append(bytes));
      runNow(output.flush());
      assert.equal(readFileSync(path, 'latin1'), 'firstother');
    });
  });

  it('is whole for whoever maps it on the way', () => {
    withOutput((output) => {
      runNow(output.append(bytesOf(piece + 100, 1)));
      const region = output.openRegion(piece - 100);
      assert.equal(region.size, 200);
      const { view } = region.windowAt(0);
      const mapped = Buffer.from(view.buffer, view.byteOffset, view.byteLength);
      assert.deepEqual(mapped, bytesOf(piece + 100, 1).subarray(piece - 100));
      region.close();
      native.closeRegion(output.openHandle());
      runNow(output.append(Buffer.from('more')));
      assert.equal(output.size, piece + 104);
    });
  });

  it('gives others the thread while it takes small pieces', async () => {
    const path = join(folder, 'later');
    const file = openSync(path, 'w+');
    let turns = 0;
    let other = setImmediate(function work() {
      turns++;
      other = setImmediate(work);
    });
    const output = new OutputFile(file, path);
    await runSoon(appendOften(output));
    clearImmediate(other);
    closeSync(file);
    assert.ok(turns > 100, `${turns} turns`);
    assert.equal(statSync(path).size, 2000);
  });

  it('has the bytes of a plain file, in whatever order it is appended to, written over, read and skipped', () => {
    const length = fc.oneof(fc.nat(100), fc.integer({ min: 0, max: 3 * piece }));
    const change = fc.oneof(
      fc.record({ kind: fc.constant('append' as const), length, place: fc.constant(0) }),
      fc.record({
        kind: fc.constantFrom('replace' as const, 'read' as const),
        length,
        place: fc.double({ min: 0, max: 1, noNaN: true }),
      }),
      fc.record({ kind: fc.constantFrom('skip' as const, 'map' as const), length, place: fc.constant(0) }),
    );
    fc.assert(
      fc.property(fc.array(change, { maxLength: 12 }), (changes) => {
        withOutput((output, path) => {
          let model = Buffer.alloc(0);
          for (const [number, { kind, length, place }] of changes.entries()) {
            const start = Math.floor(place * model.length);
            const bytes = bytesOf(
              kind === 'append' ? length : Math.min(length, model.length - start),
              number,
            );
            if (kind === 'append') {
              runNow(output.append(bytes));
              model = Buffer.concat([model, bytes]);
            } else if (kind === 'replace') {
              runNow(output.replace(start, bytes));
              bytes.copy(model, start);
            } else if (kind === 'read') {
              runNow(output.read(bytes, start));
              assert.ok(bytes.equals(model.subarray(start, start + bytes.length)));
            } else if (kind === 'skip') {
              runNow(output.skip(length));
              runNow(output.append(Buffer.from('!')));
              model = Buffer.concat([model, Buffer.alloc(length), Buffer.from('!')]);
            } else if (model.length > 0) {
              native.closeRegion(output.openHandle());
            }
            assert.equal(output.size, model.length);
          }
          runNow(output.flush());
          assert.ok(readFileSync(path).equals(model));
        });
      }),
      { numRuns: 60 },
    );
  });
});

function* appendOften(output: OutputFile): Steps<void> {
  for (let number = 0; number < 1000; number++) yield* output.append(Buffer.from('ab'));
  yield* output.flush();
}
