/**
 * What every platform has to pass: `node imported.js RESULTS [LAUNCHER…]`, in a folder where the package is installed.
 * It needs no test runner, prints what it found and writes it to a file, since not every emulator has pipes.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import type { Checks, Library } from './checks.js';
import { containerChecks } from './container-checks.js';
import { fileChecks } from './file-checks.js';

export interface Results {
  /** Of the runtime, as it tells itself. */
  readonly runtime: string;
  readonly platform: string;
  readonly passed: number;
  readonly failures: readonly { readonly check: string; readonly error: string }[];
}

function runtime(): string {
  const { bun, deno, node } = process.versions as Record<string, string | undefined>;
  return bun ? `Bun ${bun}` : deno ? `Deno ${deno}` : `Node ${node}`;
}

/** Mappings are given back some turns of the event loop after they are closed; Windows keeps their files until then. */
async function removeFolder(folder: string): Promise<void> {
  for (let turn = 0; ; turn++) {
    try {
      rmSync(folder, { recursive: true });
      return;
    } catch (error) {
      if (turn === 500) throw error;
    }
    await setImmediate();
  }
}

export async function smoke(library: Library): Promise<void> {
  const [, , results, ...launcher] = process.argv;
  const folder = mkdtempSync(join(tmpdir(), 'sharedbuffers-smoke-'));
  const setting = { library, folder, launcher: launcher.length > 0 ? launcher : [process.execPath] };
  const failures: { check: string; error: string }[] = [];
  let passed = 0;
  const checks: Checks = {
    ...containerChecks,
    ...fileChecks,
    'files can be removed when they are closed': () => removeFolder(folder),
  };
  for (const [check, run] of Object.entries(checks)) {
    try {
      await run(setting);
      passed++;
    } catch (error) {
      failures.push({ check, error: error instanceof Error ? `${error.stack}` : String(error) });
    }
  }
  const found: Results = {
    runtime: runtime(),
    platform: `${process.platform}-${process.arch}`,
    passed,
    failures,
  };
  if (results !== undefined) writeFileSync(results, JSON.stringify(found));
  for (const { check, error } of failures) console.log(`✗ ${check}\n${error}`);
  console.log(`${found.runtime} on ${found.platform}: ${passed} passed, ${failures.length} failed`);
  process.exitCode = failures.length === 0 ? 0 : 1;
}
