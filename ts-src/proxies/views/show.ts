/** How views look in `console.log`. */
import { inspect } from 'node:util';

/** Shows the values of a class as its name and a plain copy. Not a method, so that no declaration needs Node's. */
export function showAs<T extends object>(
  viewClass: { readonly prototype: T },
  name: string,
  copy: (view: T) => unknown,
): void {
  Object.defineProperty(viewClass.prototype, inspect.custom, {
    configurable: true,
    value(this: T, depth: number, options: object, show: typeof inspect): string {
      return depth < 0 ? `[${name}]` : `${name} ${show(copy(this), { ...options, depth })}`;
    },
  });
}
