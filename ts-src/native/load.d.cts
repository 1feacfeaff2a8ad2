/** Puts the native core for this platform into `binary.cjs`, unless there is one. */
export {};
