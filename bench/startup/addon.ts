/** Loads the native core and nothing else: what a package with a binary takes at least. */
const { createRequire } = process.getBuiltinModule('node:module');
createRequire(new URL('../../../package.json', import.meta.url))('./dist/native/load.cjs');
