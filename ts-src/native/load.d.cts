import type { Native } from './binding.js' with { 'resolution-mode': 'import' };

/** The native core for this platform. */
export declare const native: Native;
