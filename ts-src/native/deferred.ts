/**
 * What stands in dist/bundle/node.js for classes and objects of the library, which is loaded when one of them is first used.
 * They stay there, so that a class is the same whenever it was asked for.
 */

/** The library's public names; loads it. */
export type Load = () => Readonly<Record<string, unknown>>;

type AnyClass = new (...given: unknown[]) => object;

/** What a stand-in stands for, asked of the stand-in. */
const real = Symbol();

type Show = (value: unknown, options: object) => string;

/** What logs a stand-in looks for this on the target of the proxy, and is shown what it stands for. */
const inspectCustom = Symbol.for('nodejs.util.inspect.custom');

function inspectReal(this: { [real]: unknown }, _: number, options: object, show: Show): string {
  return show(this[real], options);
}

/** Does with what a name stands for whatever is done with the stand-in. */
class Forwarding<T extends object> implements ProxyHandler<T> {
  readonly real: () => T;

  constructor(real: () => T) {
    this.real = real;
  }

  get(_: T, key: PropertyKey): unknown {
    return key === real ? this.real() : Reflect.get(this.real(), key);
  }

  set(_: T, key: PropertyKey, value: unknown): boolean {
    return Reflect.set(this.real(), key, value);
  }

  has(_: T, key: PropertyKey): boolean {
    return Reflect.has(this.real(), key);
  }

  ownKeys(): (string | symbol)[] {
    return Reflect.ownKeys(this.real());
  }

  getOwnPropertyDescriptor(_: T, key: PropertyKey): PropertyDescriptor | undefined {
    const found = Reflect.getOwnPropertyDescriptor(this.real(), key);
    // What the target of a proxy does not have cannot be said to be there for ever.
    return found && { ...found, configurable: true };
  }

  defineProperty(_: T, key: PropertyKey, descriptor: PropertyDescriptor): boolean {
    return Reflect.defineProperty(this.real(), key, descriptor);
  }

  deleteProperty(_: T, key: PropertyKey): boolean {
    return Reflect.deleteProperty(this.real(), key);
  }

  getPrototypeOf(): object | null {
    return Reflect.getPrototypeOf(this.real());
  }
}

/** What `bind` makes of it can be called and constructed, and has no `prototype`, which a proxy could not forward. */
class AnyTarget {}

class ClassForwarding extends Forwarding<AnyClass> {
  override get(target: AnyClass, key: PropertyKey): unknown {
    // It would be asked of the stand-in, and not of the class.
    if (key === Symbol.hasInstance) return (value: unknown) => value instanceof this.real();
    return super.get(target, key);
  }

  /** Of the stand-in of the base class, where there is one. */
  override getPrototypeOf(): object | null {
    const base = Reflect.getPrototypeOf(this.real()) as AnyClass;
    return (base.prototype as object | undefined)?.constructor ?? base;
  }

  construct(_: AnyClass, given: unknown[], made: object): object {
    const real = this.real();
    return Reflect.construct(real, given, made === real.prototype.constructor ? real : (made as AnyClass));
  }

  apply(_: AnyClass, self: unknown, given: unknown[]): unknown {
    return Reflect.apply(this.real(), self, given);
  }
}

/** A stand-in for an object. */
export function deferredObject(load: Load, name: string): object {
  return new Proxy<object>({ [inspectCustom]: inspectReal }, new Forwarding(() => load()[name] as object));
}

/** A stand-in for a class. */
export function deferredClass(load: Load, name: string): AnyClass {
  const target: AnyClass & { [inspectCustom]?: unknown } = AnyTarget.bind(undefined);
  target[inspectCustom] = inspectReal;
  return new Proxy(target, new ClassForwarding(() => load()[name] as AnyClass));
}

/** A stand-in for a function. */
export function deferredFunction(load: Load, name: string): (...given: unknown[]) => unknown {
  const made = (...given: unknown[]) => (load()[name] as (...given: unknown[]) => unknown)(...given);
  return Object.defineProperty(made, 'name', { value: name });
}

/** Makes a stand-in the class of the instances of what it stands for. */
export function adopt(standIn: AnyClass, real: AnyClass): void {
  Object.defineProperty(real.prototype, 'constructor', {
    value: standIn,
    writable: true,
    configurable: true,
  });
}
