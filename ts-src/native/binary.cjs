// The native core in use, put here by an entry of the package before anything asks for it; and the parts of the bundle that
// are loaded later. CommonJS, because bundlers follow a literal `require`.
'use strict';

exports.native = undefined;
exports.parts = {
  building: (needed) => require('../bundle/building.cjs')(needed),
  tools: (needed) => require('../bundle/tools.cjs')(needed),
  values: (needed) => require('../bundle/values.cjs')(needed),
};
