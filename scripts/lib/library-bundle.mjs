// The library in a few files: its core, and parts, which are loaded when something of theirs is first called. There are two
// cores: bundlers get dist/bundle/core.js, which imports what they follow; runtimes import dist/bundle/node.js, which has
// nothing but stand-ins for the public names, and loads the native core and the other one, dist/bundle/main.cjs, when one of
// them is first used. It finds other files by itself, in the shortest way. Which module belongs to which part is said here
// and nowhere else: modules import each other as ever, and whoever imports a function or a class of another part gets a
// stand-in, which loads the part.
import { readFileSync, writeFileSync } from 'node:fs';
import { join, relative, resolve, sep } from 'node:path';
import { at, filesBelow, root } from './paths.mjs';
import { Failure } from './run.mjs';
import { targets } from './targets.mjs';

/** Modules by the part that they belong to; all others are the core. */
const modulesOfParts = {
  building: [
    /^building\/(?!plan\b)/,
    /^containers\/(build-target|bundle-building|bundle-writer|zip-writing|merge|pool-section|copy)\b/,
    /^schema\/exact-record\b/,
    /^types\/(rtti-writing|sequence-writing|sequence-output)\b/,
  ],
  tools: [
    /^containers\/(verify|verify-\w+|findings|record-columns|columns|value-column|zip-reading|follower|descriptor|describe|describe-bundle)\b/,
    /^exact\//,
    /^types\/any-exact\b/,
  ],
  stored: [
    /^schema\/(pickle-(?!opcodes)|opaque|stored\b|stored-types|from-stored|binding|interchange|schema-json|schema-to-json)/,
    /^types\/by-stored-name\b/,
  ],
  values: [
    /^types\/(sequence-format|set-format|dict-format|int-list|sequence-reading|stable-hash|ndarray-items|ndarray-dtype|float16|equality)\b/,
    /^proxies\/(views\/|collections\b)/,
  ],
};
const parts = Object.keys(modulesOfParts);
const units = ['core', ...parts];

/** The forms of the core: for each, which native core it has, how it loads a part, and what it imports for that. */
const forms = {
  bundlers: {
    native: "import binary from './native/binary.cjs';\nexport const native = binary.native;",
    imports: "import binary from './native/binary.cjs';",
    part: (part) => `binary.parts.${part}`,
  },
  runtimes: {
    native: 'export const native = given.native;',
    imports: '',
    part: (part) => `given.loadPart('${part}.cjs')`,
  },
};
const core = 'dist/bundle/core.js';
const main = 'dist/bundle/main.cjs';
const entry = 'dist/bundle/node.js';
const fileOfPart = (part) => `dist/bundle/${part}.cjs`;
export const libraryBundles = [entry, main, core, ...parts.map(fileOfPart)];

/** As load.cjs says it, which comes too late: the library uses what older ones lack. */
const bannerOfEntry = `{const[major,minor]=(process.versions.node??'').split('.').map(Number);if(major<20||major===20&&minor<19)throw new Error('sharedbuffers needs Node.js 20.19 or newer; this is '+process.versions.node+'.')}`;

/** How everything is bundled. */
export const common = {
  absWorkingDir: root,
  bundle: true,
  platform: 'node',
  format: 'esm',
  target: 'node20.19',
  logLevel: 'warning',
};
/**
 * Most of what an import costs is reading the source: it takes half as long of one that is a third as long. Lines stay
 * short enough to be shown where an error is not caught.
 */
const small = { minify: true, lineLimit: 120 };

function unitOf(module) {
  const isIn = (part) => modulesOfParts[part].some((pattern) => pattern.test(module));
  return parts.find(isIn) ?? 'core';
}

/**
 * What a bundle of esbuild imports from modules that it left outside, under paths that begin with `prefix`: pairs of a
 * module and a name.
 */
export function importsOf(text, prefix) {
  const found = new Map();
  for (const [, list, path] of text.matchAll(/^import \{([^}]*)\} from "([^"]*)";$/gm)) {
    if (!path.startsWith(prefix)) continue;
    const module = path.slice(prefix.length);
    for (const item of list.split(',')) {
      const [name] = item.trim().split(' as ');
      found.set(`${module} ${name}`, { module, name });
    }
  }
  return [...found.values()];
}

/** A plugin for the modules below a folder: `place` says by a module's path there what becomes of an import of it. */
export function placing(folder, place) {
  return {
    name: 'placing',
    setup({ onResolve }) {
      onResolve({ filter: /^\.\.?\/.*\.js$/ }, ({ path, resolveDir }) => {
        const module = relative(folder, resolve(resolveDir, path)).split(sep).join('/');
        return module.startsWith('../') ? undefined : place(module);
      });
    },
  };
}

/** A plugin for modules that are made up: `contentsOf` says what is in the module of a path. */
function madeUp(namespace, contentsOf) {
  return {
    name: `made-up-${namespace}`,
    setup({ onResolve, onLoad }) {
      onResolve({ filter: new RegExp(`^${namespace}:`) }, ({ path }) => ({
        path: path.slice(namespace.length + 1),
        namespace,
      }));
      onLoad({ filter: /.*/, namespace }, ({ path }) => ({
        contents: contentsOf(path),
        resolveDir: at('dist'),
      }));
    },
  };
}

export class LibraryBundler {
  #build;
  /** What the command line imports of the library. */
  #needed;
  /** What each unit imports of the others. */
  #imports = new Map(units.map((unit) => [unit, []]));
  #aliases = new Map();

  /** @param needed what others import of the modules: pairs of a module below dist and a name */
  constructor(build, needed) {
    this.#build = build;
    this.#needed = needed;
  }

  /** Writes all of it; answers the public names. */
  async write() {
    await this.#findImports();
    for (const unit of units) {
      for (const each of this.#imports.get(unit)) this.#checkUse(unit, each);
    }
    for (const each of this.#needed) this.#checkKind('command line', each);
    for (const part of parts) await this.#writePart(part);
    const publicNames = await this.#publicNames();
    await this.#writeCore(publicNames);
    await this.#writeMain(publicNames);
    await this.#writeEntry(publicNames);
    return publicNames;
  }

  /** The name under which `core.js` exports something that is not public; one that nothing else has. */
  alias({ module, name }) {
    const key = `${module} ${name}`;
    if (!this.#aliases.has(key)) this.#aliases.set(key, `$${this.#aliases.size.toString(36)}`);
    return this.#aliases.get(key);
  }

  /** Units offer what others need, and need something for that themselves: until there is nothing new. */
  async #findImports() {
    for (let before = -1, count = 0; count !== before; ) {
      before = count;
      for (const unit of units) {
        const outside = placing(at('dist'), (module) =>
          unitOf(module) === unit ? undefined : { path: `outside:${module}`, external: true },
        );
        const { text } = await this.#bundle(this.#entryOf(unit), { plugins: [outside] });
        this.#imports.set(unit, importsOf(text, 'outside:'));
      }
      count = units.reduce((sum, unit) => sum + this.#imports.get(unit).length, 0);
    }
  }

  /** What others need of a unit's modules, each once. */
  #offersOf(unit) {
    const others = units.filter((other) => other !== unit).flatMap((other) => this.#imports.get(other));
    const wanted = [...others, ...this.#needed].filter(({ module }) => unitOf(module) === unit);
    return [...new Map(wanted.map((each) => [this.alias(each), each])).values()];
  }

  #entryOf(unit) {
    const exports = this.#exportsOf(this.#offersOf(unit));
    return unit === 'core' ? `export * from './index.js';\n${exports}` : exports;
  }

  #exportsOf(names) {
    return names
      .map((each) => `export { ${each.name} as ${this.alias(each)} } from './${each.module}';\n`)
      .join('');
  }

  async #bundle(contents, options, form = forms.bundlers) {
    const { outputFiles, metafile } = await this.#build({
      ...common,
      stdin: { contents, resolveDir: at('dist') },
      metafile: true,
      write: false,
      ...options,
      plugins: [...(options.plugins ?? []), nativeCoreOf(form), builtinsWithoutFacades],
    });
    // A line that ends within a text goes on in the next, which tools that indent lines would change.
    const text = outputFiles[0].text.replaceAll('\\\n', '');
    return { text, exports: Object.values(metafile.outputs)[0].exports };
  }

  /** A stand-in can be called, and made an instance of. */
  #checkKind(unit, { module, name }) {
    const part = unitOf(module);
    if (part === 'core' || literalOf({ module, name }) !== undefined) return;
    const text = readFileSync(at(`dist/${module}`), 'utf8');
    if (declares(text, '(async )?(function\\*?|class)', name)) return;
    throw new Failure(
      `The unit "${unit}" imports ${name} of ${module}, which belongs to the part "${part}": it is no function and no class.`,
    );
  }

  /** A stand-in has no properties, and nothing can extend it. */
  #checkUse(unit, { module, name }) {
    this.#checkKind(unit, { module, name });
    const part = unitOf(module);
    if (part === 'core') return;
    const imported = new RegExp(
      `import \\{[^}]*\\b${name}\\b[^}]*\\} from '[^']*/${module.split('/').pop()}'`,
    );
    const used = new RegExp(`extends ${name}\\b|[^.#\\w]${name}\\.\\w`);
    for (const file of filesBelow('dist').filter((file) => unitOf(file.slice('dist/'.length)) === unit)) {
      if (!file.endsWith('.js') || file.startsWith('dist/bundle/')) continue;
      const source = readFileSync(at(file), 'utf8');
      if (imported.test(source) && used.test(source))
        throw new Failure(
          `${file} extends, or takes something from, ${name} of ${module}, which belongs to the part "${part}".`,
        );
    }
  }

  /** A part is a function of what it needs. */
  async #writePart(part) {
    const fromCore = placing(at('dist'), (module) =>
      unitOf(module) === part ? undefined : { path: module, namespace: 'needed' },
    );
    const needed = madeUp('needed', (path) =>
      this.#imports
        .get(part)
        .filter(({ module }) => module === path)
        .map((each) => `export const ${each.name} = needed.${this.alias(each)};\n`)
        .join(''),
    );
    const offers = this.#offersOf(part);
    const options = { ...small, format: 'iife', globalName: 'part', plugins: [fromCore, needed] };
    const { text } = await this.#bundle(this.#exportsOf(offers), options);
    const names = offers.map((each) => [`part.${this.alias(each)}`, each.name]);
    writeFileSync(at(fileOfPart(part)), functionOf('needed', `${text}${naming(listOf(names))}return part`));
  }

  #pluginsOfCore(form) {
    const later = placing(at('dist'), (module) =>
      unitOf(module) === 'core' ? undefined : { path: module, namespace: 'offered' },
    );
    const offered = madeUp('offered', (path) =>
      this.#offersOf(unitOf(path))
        .filter(({ module }) => module === path)
        .map((each) => `export { ${this.alias(each)} as ${each.name} } from 'part:${unitOf(path)}';\n`)
        .join(''),
    );
    const standIns = madeUp('part', (part) => this.#standInsFor(part, form));
    const needs = madeUp('needs', (part) => this.#needsOf(part));
    return [later, offered, standIns, madeUp('stand-in', () => standIn), needs];
  }

  async #publicNames() {
    const { exports } = await this.#bundle("export * from './index.js';", {
      plugins: this.#pluginsOfCore(forms.bundlers),
    });
    return exports;
  }

  /** The core for bundlers, which the command line shares. */
  async #writeCore(publicNames) {
    const contents = coreOf("export * from './index.js';", this.#exportsOf(this.#needed));
    const { text } = await this.#bundle(contents, { ...small, plugins: this.#pluginsOfCore(forms.bundlers) });
    const list = text.slice(text.lastIndexOf('export{'));
    const renamed = [...list.matchAll(/([\w$]+)\s+as\s+(\w+)/g)].filter(([, , name]) =>
      publicNames.includes(name),
    );
    writeFileSync(at(core), text + naming(listOf(renamed.map(([, local, name]) => [local, name]))));
  }

  /** The core for runtimes: a function of what the entry gives it, which answers the library. */
  async #writeMain(publicNames) {
    const names = publicNames.join(', ');
    // An object of values: what esbuild makes of exports, getters that are copied, takes a millisecond.
    const contents = coreOf(`import { ${names} } from './index.js';`, `given.library = { ${names} };`);
    const options = { ...small, format: 'iife', plugins: this.#pluginsOfCore(forms.runtimes) };
    const { text } = await this.#bundle(contents, options, forms.runtimes);
    const named = naming('Object.entries(given.library).map(([name,made])=>[made,name])');
    writeFileSync(at(main), functionOf('given', `${text}${named}return given.library`));
  }

  /** What runtimes import. */
  async #writeEntry(publicNames) {
    const kinds = publicNames.map((name) => [name, kindOf(name)]);
    const ofKind = (wanted) => kinds.filter(([, kind]) => kind === wanted).map(([name]) => name);
    const contents = [
      "import { loadNative, loadPart } from './native/direct.js';",
      "import { adopt, deferredClass, deferredFunction, deferredObject } from './native/deferred.js';",
      // Where there can be no native core, an import says so.
      `if (!${JSON.stringify(targets)}.includes(process.platform + '-' + process.arch)) loadNative();`,
      'let library;',
      'function load() {',
      '  if (library === undefined) {',
      `    const made = loadPart('main.cjs')({ native: loadNative(), loadPart });`,
      ...ofKind('Class').map((name) => `    adopt(${name}, made.${name});`),
      '    library = made;',
      ...[...ofKind('Function'), ...ofKind('Object')].map((name) => `    ${name} = made.${name};`),
      '  }',
      '  return library;',
      '}',
      ...kinds.map(([name, kind]) => `export let ${name} = deferred${kind}(load, '${name}');`),
    ].join('\n');
    const { text } = await this.#bundle(
      contents,
      { ...small, banner: { js: bannerOfEntry } },
      forms.runtimes,
    );
    writeFileSync(at(entry), text);
  }

  /** What others import of a part: functions that load it, put what they stand for in their place, and call that. */
  #standInsFor(part, form) {
    const all = this.#offersOf(part).map((each) => ({ alias: this.alias(each), literal: literalOf(each) }));
    const offers = all.filter(({ literal }) => literal === undefined);
    return [
      form.imports,
      "import { standIn } from 'stand-in:standIn';",
      'let needs;',
      'export function give(getter) { needs = getter; }',
      'export function load() {',
      '  if (needs === undefined) return;',
      // Where this fails, the next call tries again.
      `  const make = ${form.part(part)};`,
      '  const getter = needs;',
      '  needs = undefined;',
      '  const part = make(getter());',
      ...offers.map(({ alias }) => `  ${alias} = part.${alias};`),
      '}',
      ...all.map(({ alias, literal }) =>
        literal === undefined
          ? `export let ${alias} = standIn(load, () => ${alias});`
          : `export const ${alias} = ${literal};`,
      ),
    ].join('\n');
  }

  /** Gives a part what it needs when it is loaded. Other parts that it needs are loaded before, so that it gets no stand-ins. */
  #needsOf(part) {
    const needs = this.#imports.get(part).map((each) => ({ ...each, alias: this.alias(each) }));
    const others = [...new Set(needs.map(({ module }) => unitOf(module)))].filter((unit) => unit !== 'core');
    return [
      `import { give } from 'part:${part}';`,
      ...others.map((other) => `import { load as load_${other} } from 'part:${other}';`),
      ...needs.map(({ module, name, alias }) => `import { ${name} as ${alias} } from './${module}';`),
      `give(() => {`,
      ...others.map((other) => `  load_${other}();`),
      `  return { ${needs.map(({ alias }) => alias).join(', ')} };`,
      '});',
    ].join('\n');
  }
}

/** The module of the function that makes a stand-in, of the loading of a part and of what is there afterwards. */
const standIn = `
  export const standIn = (load, find) => function (...given) {
    load();
    const found = find();
    return new.target ? new found(...given) : found(...given);
  };`;

/** A core: what is public of the library, and what else is wanted; modules are evaluated in the same order as without parts. */
function coreOf(library, others) {
  return [library, ...parts.map((part) => `import 'needs:${part}';`), others].join('\n');
}

/** A file that is a function; in parentheses, by which V8 knows that it is called, and does not read it twice. */
function functionOf(parameter, body) {
  return `'use strict';module.exports=(function(${parameter}){${body}});\n`;
}

/** Whether a module declares an exported name, in one of the ways that a pattern says. */
function declares(text, ways, name) {
  return new RegExp(`^export ${ways} ${name}\\b`, 'm').test(text);
}

/** Whether a public name is that of a function, of an object, or of a class, which may be made by a call. */
function kindOf(name) {
  const [, module] = readFileSync(at('dist/index.js'), 'utf8').match(
    new RegExp(`^export \\{[^}]*\\b${name}\\b[^}]*\\} from '(.*)';$`, 'm'),
  );
  const text = readFileSync(join(at('dist'), module), 'utf8');
  if (declares(text, '(async )?function\\*?', name)) return 'Function';
  if (declares(text, 'class', name)) return 'Class';
  const [, value] = text.match(new RegExp(`^export const ${name} = (.*)`, 'm')) ?? [];
  if (value?.startsWith('{')) return 'Object';
  if (/^[A-Z]/.test(name) && /^[\w.]+\(/.test(value)) return 'Class';
  throw new Failure(
    `${name} of ${module} is public, and no function, class or object: nothing can stand in for it.`,
  );
}

/** The value of an exported constant that is a number, as its source has it; of such the core has copies. */
function literalOf({ module, name }) {
  const text = readFileSync(at(`dist/${module}`), 'utf8');
  return text.match(new RegExp(`^export const ${name} = (-?[0-9][0-9a-fx_]*);`, 'm'))?.[1];
}

/**
 * Gives what is public its name back. esbuild's `keepNames` would do it with a call for every function, nested ones too,
 * at every start.
 */
function naming(pairs) {
  return `for(const[made,name]of ${pairs})if(typeof made==='function')Object.defineProperty(made,'name',{value:name});\n`;
}

function listOf(names) {
  return `[${names.map(([value, name]) => `[${value},'${name}']`).join(',')}]`;
}

/** Puts what a form of the core says of its native core in the place of the module that chooses one. */
function nativeCoreOf(form) {
  return {
    name: 'native-core',
    setup({ onResolve, onLoad }) {
      onResolve({ filter: /\/binary\.cjs$/ }, () => ({ path: '../native/binary.cjs', external: true }));
      onResolve({ filter: /\/load\.cjs$/ }, ({ path }) => ({ path, namespace: 'native-core' }));
      onLoad({ filter: /.*/, namespace: 'native-core' }, () => ({
        contents: form.native,
        resolveDir: at('dist'),
      }));
    },
  };
}

/**
 * Takes Node's modules without `import`, for which Node makes a facade that reads every property of the module, and with
 * that loads streams, promises and more that nobody asked for.
 */
const builtinsWithoutFacades = {
  name: 'builtins-without-facades',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^node:/ }, ({ path }) => ({ path, namespace: 'builtin' }));
    onLoad({ filter: /.*/, namespace: 'builtin' }, ({ path }) => ({
      contents: [
        `const found = process.getBuiltinModule('${path}');`,
        // What nobody uses is left out, and with it the getters that load more.
        ...Object.keys(process.getBuiltinModule(path))
          .filter((name) => /^[a-zA-Z_]\w*$/.test(name) && name !== 'default')
          .map((name) => `export const ${name} = /* @__PURE__ */ (() => found.${name})();`),
      ].join('\n'),
    }));
  },
};
