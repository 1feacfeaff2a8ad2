/** The native core, loaded, and with this library's errors for what it throws. */
import { errorForCode } from '../errors.js';
import './load.cjs';
import binary from './binary.cjs';
import type { Native } from './binding.js';

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

export const native: Native = binary.native as Native;

native.setErrorFactory(errorForCode);
