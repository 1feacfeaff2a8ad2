// For bundlers, which follow a literal `require`: where an entry of the package puts the native core before anything asks for
// it, and the parts of the bundle that are loaded later.
'use strict';

exports.native = undefined;
exports.parts = {
  building: (needed) => require('../bundle/building.cjs')(needed),
  stored: (needed) => require('../bundle/stored.cjs')(needed),
  tools: (needed) => require('../bundle/tools.cjs')(needed),
  values: (needed) => require('../bundle/values.cjs')(needed),
};
