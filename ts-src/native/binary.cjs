// The native core in use, put here by an entry of the package before anything asks for it.
'use strict';

exports.native = undefined;
