/** Loads the native core and nothing else: what a package with a binary takes at least. */
const target = `${process.platform}-${process.arch}`;
const { pathname } = new URL(`../../../prebuilds/${target}/sharedbuffers.node`, import.meta.url);
process.dlopen({ exports: {} }, pathname);
