/** A bundle as a `Source`: something to describe and to check, whose rows are those of its entries. */
import { Bundle } from '../containers/bundle.js';
import type { EntryDescription } from '../containers/describe.js';
import { describeBundle } from '../containers/describe-bundle.js';
import { FindingList, type Verification } from '../containers/findings.js';
import { readDirectory } from '../containers/zip-reading.js';
import { SharedBuffersError } from '../errors.js';
import type { Region } from '../region.js';
import { UsageError } from './failures.js';
import type { Part } from './open-source.js';
import { wholeOf } from './sizes.js';
import type { Source } from './source.js';

const namedEntries = 10;

/**
 * @param offset where in its file the region starts
 * @param openEntry opens a part of the file as what it says it is
 */
export function bundleSource(region: Region, offset: number, openEntry: (place: Part) => Source): Source {
  const bundle = new Bundle({ region, directory: readDirectory(region), options: { offset } });
  return {
    kind: 'bundle',
    count: bundle.size,
    get keys(): never {
      throw needsEntry(bundle);
    },
    get schema(): never {
      throw needsEntry(bundle);
    },
    row() {
      throw needsEntry(bundle);
    },
    find() {
      throw needsEntry(bundle);
    },
    describe: () => describeBundle(bundle, offset, region.size),
    sizes: () => wholeOf(region.size, describeBundle(bundle, offset, 0).entries?.map(entrySize) ?? []),
    verify: (findings) => verifyBundle(bundle, region.path, offset, openEntry, findings),
    close: () => bundle.close(),
  };
}

function entrySize({ name, size }: EntryDescription) {
  return { name, bytes: size };
}

function needsEntry(bundle: Bundle): Error {
  const names = [...bundle.names()];
  const listed = names.slice(0, namedEntries).map((name) => JSON.stringify(name));
  const more = names.length > namedEntries ? ' and others' : '';
  return new UsageError(
    `the file is a bundle: name one of its entries with --entry: ${listed.join(', ')}${more}`,
  );
}

/** Checks the checksums of all entries, and all of those entries that say what they are. */
function* verifyBundle(
  bundle: Bundle,
  path: string | undefined,
  offset: number,
  openEntry: (place: Part) => Source,
  findings: FindingList,
): Verification {
  const { entries = [] } = describeBundle(bundle, offset, 0);
  let seen = 0;
  for (const { name, kind, refused } of entries) {
    // What cannot be mapped may be fine all the same.
    if (refused !== undefined) continue;
    const place = bundle.placeOf(name);
    const start = place.offset - offset;
    const where = `entry ${JSON.stringify(name)}`;
    if (!bundle.isIntact(name)) findings.add(start, `${where}: its checksum differs from what was written`);
    yield seen;
    if (kind === undefined) continue;
    seen = yield* verifyEntry({ where, start, path, open: () => openEntry(place) }, findings, seen);
  }
}

interface CheckedEntry {
  /** What messages call it. */
  readonly where: string;
  /** Where it begins in the region of the bundle. */
  readonly start: number;
  readonly path: string | undefined;
  readonly open: () => Source;
}

function* verifyEntry(
  { where, start, path, open }: CheckedEntry,
  findings: FindingList,
  seen: number,
): Generator<number, number, undefined> {
  const own = new FindingList(findings.limit);
  let rows = 0;
  try {
    const source = open();
    try {
      for (rows of source.verify(own)) yield seen + rows;
    } finally {
      source.close();
    }
  } catch (error) {
    if (!(error instanceof SharedBuffersError)) throw error;
    // The file is named once, at the start of the line.
    if (path !== undefined && error.message.startsWith(path))
      error.message = error.message.slice(path.length + 2);
    own.addError(error, 0);
  }
  for (const { offset, message } of own.list) findings.add(start + offset, `${where}: ${message}`);
  findings.count += own.count - own.list.length;
  return seen + rows;
}
