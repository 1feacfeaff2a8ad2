/** The input of a build. */
import { describe, InvalidTypeError } from '../errors.js';

/** What a build takes its entries from: an array, a `Map`, a generator, a stream, … */
export type Entries<T> = Iterable<T> | AsyncIterable<T>;

/** @throws InvalidTypeError that says what to give instead */
export function checkEntries(entries: unknown): Entries<unknown> {
  if (isAsync(entries) || isIterable(entries)) return entries;
  throw notIterable(entries, 'an iterable or an async iterable');
}

/** @throws InvalidTypeError that says what to give instead */
export function checkSyncEntries(entries: unknown): Iterable<unknown> {
  if (isIterable(entries)) return entries;
  if (isAsync(entries))
    throw new InvalidTypeError('the entries are an async iterable, which takes build, not buildSync');
  throw notIterable(entries, 'an iterable');
}

export function isAsync(entries: unknown): entries is AsyncIterable<unknown> {
  return typeof (entries as AsyncIterable<unknown> | null)?.[Symbol.asyncIterator] === 'function';
}

/** How many entries there are, where the input says so. */
export function entryCount(entries: object): number | undefined {
  if (Array.isArray(entries)) return entries.length;
  const { size } = entries as { size?: unknown };
  return typeof size === 'number' ? size : undefined;
}

/** Strings are iterable, but never what was meant. */
function isIterable(entries: unknown): entries is Iterable<unknown> {
  return (
    typeof entries === 'object' &&
    typeof (entries as Iterable<unknown> | null)?.[Symbol.iterator] === 'function'
  );
}

function notIterable(entries: unknown, expected: string): Error {
  return new InvalidTypeError(
    `expected ${expected} of entries, found ${describe(entries)}${advice(entries)}`,
  );
}

function advice(entries: unknown): string {
  if (typeof entries === 'function') return '; call it, if it is a generator';
  const plain = typeof entries === 'object' && entries !== null && !(entries instanceof Promise);
  return plain ? '; of an object with keys, give Object.entries(object)' : '';
}

/**
 * The same entries, but waiting for one ends when the signal aborts. The iterator is told to `return` then; whether
 * it does is not waited for, as it may hang.
 */
export function untilAborted<T>(entries: AsyncIterable<T>, signal: AbortSignal): AsyncIterable<T> {
  return {
    [Symbol.asyncIterator]() {
      const iterator = entries[Symbol.asyncIterator]();
      let rejectWaiting: ((reason: unknown) => void) | undefined;
      const onAbort = () => {
        if (rejectWaiting === undefined) return;
        rejectWaiting(signal.reason);
        void endQuietly(iterator);
      };
      const stopListening = () => signal.removeEventListener('abort', onAbort);
      signal.addEventListener('abort', onAbort);
      return {
        async next() {
          if (signal.aborted) {
            stopListening();
            void endQuietly(iterator);
            throw signal.reason;
          }
          try {
            const result = await new Promise<IteratorResult<T>>((resolve, reject) => {
              rejectWaiting = reject;
              Promise.resolve(iterator.next()).then(resolve, reject);
            });
            if (result.done) stopListening();
            return result;
          } catch (error) {
            stopListening();
            throw error;
          } finally {
            rejectWaiting = undefined;
          }
        },
        async return() {
          stopListening();
          const ended = iterator.return?.();
          // After an abort it is not waited for, see above; its failure would not be the reason of the build's.
          if (signal.aborted) void Promise.resolve(ended).catch(() => {});
          else await ended;
          return { done: true, value: undefined };
        },
      };
    },
  };
}

async function endQuietly(iterator: AsyncIterator<unknown>): Promise<void> {
  try {
    await iterator.return?.();
  } catch {
    // The abort is what is reported.
  }
}
