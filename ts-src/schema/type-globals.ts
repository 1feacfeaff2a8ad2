/** Under which module and name a pickle stores a slot type; protocol 2 uses Python 2's names of built-in types. */

/** The module of the Python library that holds its types, as pickles name it. */
export const libraryModule = 'sharedbuffers.mapped_struct';

const builtins: Readonly<Record<string, string>> = { bool: 'bool', int: 'long', float: 'float' };

/** @param name Python's name of the type: that of a class of the library, or of a built-in one */
export function globalOfType(name: string): readonly [module: string, name: string] {
  const builtin = builtins[name];
  return builtin === undefined ? [libraryModule, name] : ['__builtin__', builtin];
}
