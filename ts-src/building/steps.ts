/**
 * Work that can be done at once or without blocking. A generator does the work and yields its blocking steps; who
 * runs it decides in which of their two forms. So `build` and `buildSync` share everything but the loop.
 */

/** Something that takes its time: done at once, or on another thread. */
export interface Step<T> {
  now(): T;
  soon(): Promise<T>;
}

/** Work that yields its steps and answers a `T`. */
export type Steps<T> = Generator<Step<unknown>, T, unknown>;

/** Does a step within work: `const count = yield* perform(step)`. */
export function* perform<T>(step: Step<T>): Steps<T> {
  return (yield step) as T;
}

/** Work that was done without any step. */
export function* done<T>(answer: T): Steps<T> {
  return answer;
}

/** A place within long work where others may have the thread. */
export const pause: Step<void> = {
  now() {},
  async soon() {
    await new Promise<void>((resolve) => setImmediate(resolve));
  },
};

/** @param check called after each step; what it throws is thrown within the work */
export function runNow<T>(steps: Steps<T>, check?: () => void): T {
  let result = steps.next();
  while (!result.done) {
    let answer: unknown;
    try {
      answer = result.value.now();
      check?.();
    } catch (error) {
      result = steps.throw(error);
      continue;
    }
    result = steps.next(answer);
  }
  return result.value;
}

/** @param check called after each step; what it throws is thrown within the work */
export async function runSoon<T>(steps: Steps<T>, check?: () => void): Promise<T> {
  let result = steps.next();
  while (!result.done) {
    let answer: unknown;
    try {
      answer = await result.value.soon();
      check?.();
    } catch (error) {
      result = steps.throw(error);
      continue;
    }
    result = steps.next(answer);
  }
  return result.value;
}
