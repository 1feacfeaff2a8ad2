// Loads the native core for this platform. CommonJS, because bundlers follow a literal `require` of a `.node` file
// and nothing else; so there is one for each target.
'use strict';

const advice =
  'To build it from source: get the repository of the package and run `npm run build` in it; ' +
  'SHAREDBUFFERS_NATIVE_BINARY may name the resulting sharedbuffers.node.';

/** Older ones would fail too, but later and in the dark. */
function requireNode() {
  const [major, minor] = (process.versions.node ?? '').split('.').map(Number);
  if (major < 20 || (major === 20 && minor < 19)) {
    throw new Error(`sharedbuffers needs Node.js 20.19 or newer; this is ${process.versions.node}.`);
  }
}

function load() {
  requireNode();
  const override = process.env.SHAREDBUFFERS_NATIVE_BINARY;
  if (override) return require(override);
  const target = `${process.platform}-${process.arch}`;
  try {
    switch (target) {
      case 'linux-x64':
        return require('../../prebuilds/linux-x64/sharedbuffers.node');
      case 'linux-arm64':
        return require('../../prebuilds/linux-arm64/sharedbuffers.node');
      case 'darwin-x64':
        return require('../../prebuilds/darwin-x64/sharedbuffers.node');
      case 'darwin-arm64':
        return require('../../prebuilds/darwin-arm64/sharedbuffers.node');
      case 'win32-x64':
        return require('../../prebuilds/win32-x64/sharedbuffers.node');
      case 'win32-arm64':
        return require('../../prebuilds/win32-arm64/sharedbuffers.node');
    }
  } catch (cause) {
    throw new Error(`sharedbuffers could not load its native core for ${target}. ${advice}`, { cause });
  }
  throw new Error(`sharedbuffers has no native core for ${target}. ${advice}`);
}

exports.native = load();
