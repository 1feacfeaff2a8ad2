/** How views look in `console.log`. */
import { inspect } from 'node:util';
import { SharedBuffersError } from '../../errors.js';
import { operate } from '../../types/budget.js';

/**
 * Shows the values of a class as its name and a plain copy, or why there is none. Not a method, so that no declaration
 * needs Node's.
 */
export function showAs<T extends object>(
  viewClass: { readonly prototype: T },
  name: string,
  copy: (view: T) => unknown,
): void {
  Object.defineProperty(viewClass.prototype, inspect.custom, {
    configurable: true,
    value(this: T, depth: number, options: object, show: typeof inspect): string {
      if (depth < 0) return `[${name}]`;
      try {
        // What is within shows itself in turn, at the same expense.
        return operate(() => `${name} ${show(copy(this), { ...options, depth })}`);
      } catch (error) {
        if (!(error instanceof SharedBuffersError)) throw error;
        return `[${name}: ${error.message}]`;
      }
    },
  });
}
