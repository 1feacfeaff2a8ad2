/** Ctrl-C: what runs is told to end, and leaves nothing behind; a second one ends it at once. */
import { exitCodes } from './failures.js';

export function interruptible(): AbortSignal {
  const controller = new AbortController();
  process.on('SIGINT', () => {
    if (controller.signal.aborted) process.exit(exitCodes.interrupted);
    controller.abort(new Error('interrupted'));
  });
  return controller.signal;
}
