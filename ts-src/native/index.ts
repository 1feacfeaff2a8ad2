/** The native core, loaded, and with this library's errors for what it throws. */
import { errorForCode } from '../errors.js';
import type { Native } from './binding.js';
import { native as loaded } from './load.cjs';

export type {
  BatchSearch,
  DirectTableSizes,
  FieldKind,
  GatherArray,
  GatherColumn,
  GatherLayout,
  GatherSource,
  LockHandle,
  MemoryHandle,
  Native,
  RadixCut,
  RegionHandle,
  RegionInfo,
  RegionMemory,
  RowsSearch,
  SearchSpec,
} from './binding.js';

export const native: Native = loaded;

native.setErrorFactory(errorForCode);
