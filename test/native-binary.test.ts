import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { describe, it } from 'node:test';
import { readElf } from './support/elf.js';

interface Symbols {
  js_native_api_symbols: string[];
  node_api_symbols: string[];
}

/** The functions of Node-API 8, the newest that every supported runtime has; one more would fail to load. */
const { symbols } = createRequire(import.meta.url)('node-api-headers') as { symbols: { v8: Symbols } };
const nodeApi8 = new Set([...symbols.v8.js_native_api_symbols, ...symbols.v8.node_api_symbols]);

for (const target of ['linux-x64', 'linux-arm64']) {
  const isHost = target === `${process.platform}-${process.arch}`;
  const built = `prebuilds/${target}/sharedbuffers.node`;
  // The tests may run with a build that has safety checks.
  const path = isHost ? (process.env.SHAREDBUFFERS_NATIVE_BINARY ?? built) : built;
  // The build of the other architecture is there after `npm run build -- --all-targets` only.
  if (!isHost && !existsSync(path)) continue;
  describe(`the ${target} binary`, () => {
    const info = readElf(readFileSync(path));

    it('needs no library, so that it runs on glibc and musl alike', () => {
      assert.deepEqual(info.needed, []);
    });

    it('asks for nothing but functions of Node-API 8', () => {
      assert.ok(nodeApi8.size > 100, 'the list of functions was found');
      assert.ok(info.undefinedSymbols.length > 10);
      assert.deepEqual(
        info.undefinedSymbols.filter((name) => !nodeApi8.has(name)),
        [],
      );
    });

    it('offers nothing but what Node looks for', () => {
      assert.deepEqual(
        info.definedSymbols.filter(
          (name) => !/^(napi_register_module_v1|node_api_module_get_api_version_v1)$/.test(name),
        ),
        [],
      );
    });

    it('stays in memory when its last thread unloads it', () => {
      assert.ok(info.nodelete);
    });

    it('has no thread-locals and no executable stack', () => {
      assert.ok(!info.hasThreadLocals);
      assert.ok(!info.hasExecutableStack);
    });
  });
}
