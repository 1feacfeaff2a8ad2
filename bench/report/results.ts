/** The results of a run of the suite, as they are written to a file. */
import type { BuildRow } from '../parts/builds.js';
import type { GrowthRow } from '../parts/growth.js';
import type { Limits } from '../parts/limits.js';
import type { MemoryRow } from '../parts/memory.js';
import type { KeyKind } from '../support/cities.js';
import type { LookupResult, LookupTiming } from '../works/lookups.js';
import type { StartupResult } from '../works/startup.js';

export interface Machine {
  readonly processor: string;
  readonly cores: number;
  readonly memoryBytes: number;
  readonly system: string;
  readonly node: string;
  /** The load before the run: how many processes wanted a core. */
  readonly load: number;
}

export interface Results {
  readonly date: string;
  readonly command: string;
  readonly machine: Machine;
  readonly versions: Readonly<Record<string, string>>;
  readonly size: number;
  readonly builds?: readonly BuildRow[];
  readonly startup?: StartupResult;
  readonly lookups?: Readonly<Record<KeyKind, LookupResult>>;
  readonly scans?: Readonly<Record<KeyKind, readonly LookupTiming[]>>;
  readonly memory?: readonly MemoryRow[];
  readonly limits?: readonly Limits[];
  readonly growth?: readonly GrowthRow[];
}
