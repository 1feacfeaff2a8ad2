/** What the system may be told of how a mapped file will be read. */
import { describe, InvalidTypeError } from './errors.js';
import { native, type RegionHandle } from './native/index.js';

export type Advice = 'random' | 'sequential' | 'will-need' | 'huge-pages';

export interface AdviceOptions {
  /**
   * Has all pages of the file read and mapped before `open` returns, so that no later read waits for one. Default:
   * pages come when they are first touched. Of memory that the file takes anyway once it is read, none more is taken.
   */
  preload?: boolean;
  /**
   * How the file will be read, one or several of: `random`: here and there, so that nothing is read ahead;
   * `sequential`: from one end to the other, so that much is; `will-need`: soon, so that it is read in the background;
   * `huge-pages`: a lot, so that large pages pay. Where the system cannot do it, it does not, and that is no error.
   */
  advise?: Advice | readonly Advice[];
}

/** In the order in which the system is told: the size of pages before they are there, random reading when they are. */
const choices: readonly Advice[] = ['huge-pages', 'will-need', 'sequential', 'random'];

/** @throws InvalidTypeError where the options are none of their choices */
export function checkAdvice(options: AdviceOptions): void {
  adviceOf(options);
}

/** Tells the system about a mapping; for other regions there is nothing to tell. */
export function advise(handle: RegionHandle, options: AdviceOptions): void {
  for (const each of adviceOf(options)) native.adviseRegion(handle, each);
}

function adviceOf({ preload = false, advise = [] }: AdviceOptions): readonly (Advice | 'preload')[] {
  if (typeof preload !== 'boolean') {
    throw new InvalidTypeError(`option preload: expected a boolean, found ${describe(preload)}`);
  }
  const wanted: readonly unknown[] = Array.isArray(advise) ? advise : [advise];
  for (const each of wanted) {
    if (!choices.includes(each as Advice)) {
      const names = [...choices].sort().join(', ');
      throw new InvalidTypeError(
        `option advise: expected one or several of ${names}, found ${describe(each)}`,
      );
    }
  }
  const given = choices.filter((each) => wanted.includes(each));
  if (!preload) return given;
  return [
    ...given.filter((each) => each !== 'random'),
    'preload',
    ...given.filter((each) => each === 'random'),
  ];
}
