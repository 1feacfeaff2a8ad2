/**
 * The library within a context of its own, as Jest and other test runners give each test file: there `Map`, `Set`, `Date`
 * and `Object` are others than those of the process, and `import.meta` may have a `url` and nothing else.
 */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { describe, it } from 'node:test';
import { pathToFileURL } from 'node:url';

/** Loads a module in a new context, as those test runners do, and answers what it exports as `answer`. */
const runner = `
  import { readFileSync } from 'node:fs';
  import { createContext, runInContext, SourceTextModule } from 'node:vm';
  const sandbox = { Uint8Array, ArrayBuffer };
  const context = createContext(sandbox);
  const ofLanguage = new Set(runInContext('Object.getOwnPropertyNames(globalThis)', context));
  for (const name of Object.getOwnPropertyNames(globalThis)) {
    if (!ofLanguage.has(name)) sandbox[name] = globalThis[name];
  }
  const entry = ${JSON.stringify(pathToFileURL('dist/bundle/node.js'))};
  const moduleOf = (source, identifier) => new SourceTextModule(source, {
    context,
    identifier,
    initializeImportMeta(meta) { meta.url = identifier; },
  });
  const library = moduleOf(readFileSync(new URL(entry), 'utf8'), entry);
  const user = moduleOf(process.argv[1], 'file:///user.js');
  await user.link(() => library);
  await user.evaluate();
  console.log(JSON.stringify(user.namespace.answer));`;

function runInSandbox(source: string): unknown {
  const args = ['--experimental-vm-modules', '--no-warnings', '--input-type=module', '--eval', runner];
  return JSON.parse(execFileSync(process.execPath, [...args, source], { encoding: 'utf8' }));
}

describe('the library in a sandbox', () => {
  it('takes and makes values of the sandbox', () => {
    const answer = runInSandbox(`
      import { arrayOf, DateTime, InvalidTypeError, mappingOf, Schema, StringIdMapper, t } from 'sharedbuffers';
      const Any = new Schema('Any', { value: t.any });
      const Anys = mappingOf(StringIdMapper, Any);
      const given = {
        map: new Map([['x', 1]]), set: new Set(['x']), date: new Date(5), plain: { x: 1 }, list: [1, 'x'],
      };
      const anys = Anys.from(Anys.buildSync(Object.entries(given).map(([key, value]) => [key, { value }])));
      const read = (key) => anys.get(key).value;
      let thrown;
      try { Any.pack({ value: Symbol() }); } catch (error) { thrown = error; }
      export const answer = {
        map: read('map') instanceof Map && read('map').get('x'),
        set: read('set') instanceof Set && read('set').has('x'),
        date: read('date') instanceof Date && read('date') instanceof DateTime,
        plain: read('plain') instanceof Map && read('plain').get('x'),
        list: Object.getPrototypeOf(read('list')) === Array.prototype,
        error: thrown instanceof Error && thrown instanceof InvalidTypeError,
      };`);
    assert.deepEqual(answer, { map: 1, set: true, date: true, plain: 1, list: true, error: true });
  });

  it('names its files where an error comes from', () => {
    const stack = runInSandbox(`
      import { arrayOf, Schema, t } from 'sharedbuffers';
      export let answer;
      try {
        arrayOf(new Schema('Point', { x: t.int8 })).buildSync([{ x: 'x' }]);
      } catch (error) {
        answer = error.stack;
      }`);
    assert.match(stack as string, /main\.cjs:\d+/);
    assert.match(stack as string, /building\.cjs:\d+/);
  });
});
