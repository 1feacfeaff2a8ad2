/** What the checks of a platform have in common. They throw where something is wrong, and know no test runner. */

/** The library, however it was loaded. */
export type Library = typeof import('sharedbuffers');

export interface Setting {
  readonly library: Library;
  /** Where files may be written. */
  readonly folder: string;
  /** What starts a program of this runtime: the runtime itself, behind an emulator where there is one. */
  readonly launcher: readonly string[];
}

export type Checks = Readonly<Record<string, (setting: Setting) => unknown>>;

/** The code of the error that `run` throws; nothing where it throws none. */
export function codeOf(run: () => unknown): string | undefined {
  try {
    run();
  } catch (error) {
    return (error as NodeJS.ErrnoException).code ?? String(error);
  }
  return undefined;
}
