import type { Native } from './binding.js' with { 'resolution-mode': 'import' };

/** Where the entries of the package put the native core. */
declare const binary: { native: Native | undefined };
export = binary;
