/**
 * A snapshot kept as the bytes of its file and an index of references to lines, so that 50,000
 * services cost their file's size and not ten times as much. A service becomes an object only when
 * it is looked up, which callers do once per snapshot and not per request.
 */
import { createLookup, normaliseReference, type LookupResult } from '../../catalog/lookup';
import { aliasesOf } from '../../catalog/service';
import type * as snapshotSchema from '../../catalog/snapshot';
import type { SnapshotService } from '../../catalog/snapshot';
import { LineIndex } from './line-index';
import type { ServiceLookup } from './rewrite';
import { isSnapshotHead, isSnapshotService, type SnapshotHead } from './snapshot-check';

export interface ServiceTable extends ServiceLookup {
  readonly hash: string;
  readonly size: number;
}

/** Requests wait no longer than this for a snapshot that is being read. */
const sliceMs = 4;

const newline = 0x0a;
const comma = 0x2c;

/**
 * Promises what `parseSnapshot` does: all of a valid snapshot, or an error. Checks it in slices that
 * let requests through in between; text in another layout than `formatSnapshot`'s, and a bad one, is
 * read as a whole.
 * @throws MeshdError SNAPSHOT_INVALID or SNAPSHOT_VERSION; then nothing of it is used.
 */
export async function readServiceTable(content: Buffer, file: string): Promise<ServiceTable> {
  const asLaidOut = await indexLines(content);
  if (asLaidOut) return asLaidOut;
  const { formatSnapshot, parseSnapshot } = loadSnapshotSchema();
  const snapshot = parseSnapshot(content.toString('utf8'), file);
  const table = await indexLines(Buffer.from(formatSnapshot(snapshot)));
  if (!table) throw new Error('the snapshot is valid, but not to the plugin');
  return table;
}

/** The schema's library costs a plugin server 6 MB, which only an odd snapshot should. */
function loadSnapshotSchema(): typeof snapshotSchema {
  // eslint-disable-next-line @typescript-eslint/no-require-imports
  return require('../../catalog/snapshot') as typeof snapshotSchema;
}

/** @returns undefined where anything is not what `formatSnapshot` writes there. */
async function indexLines(content: Buffer): Promise<ServiceTable | undefined> {
  const headEnd = content.indexOf(newline);
  const headValue =
    headEnd < 0 ? undefined : parseJson(`${content.toString('utf8', 0, headEnd)}]}`);
  if (!isSnapshotHead(headValue)) return undefined;

  const index = new LineIndex();
  let sliceEnd = performance.now() + sliceMs;
  let start = headEnd + 1;
  for (let more = content[start] !== 0x5d; more;) {
    const end = content.indexOf(newline, start);
    if (end < 0) return undefined;
    more = content[end - 1] === comma;
    const value = parseJson(content.toString('utf8', start, more ? end - 1 : end));
    if (!isSnapshotService(value)) return undefined;
    index.add(start, end, aliasesOf(value));
    start = end + 1;
    if (performance.now() >= sliceEnd) {
      await new Promise(setImmediate);
      sliceEnd = performance.now() + sliceMs;
    }
  }
  if (content.toString('utf8', start).trim() !== ']}') return undefined;
  return tableOf(content, headValue, index.finish());
}

function tableOf(content: Buffer, head: SnapshotHead, index: LineIndex): ServiceTable {
  return {
    hash: head.hash,
    size: index.size,
    find(reference): LookupResult<SnapshotService> {
      const lines = index.find(normaliseReference(reference.service));
      // Every line was checked when it was indexed.
      const services = lines.map(({ start, end }) => {
        const text = content.toString('utf8', start, content[end - 1] === comma ? end - 1 : end);
        return JSON.parse(text) as SnapshotService;
      });
      // The catalog's own rules decide among them; what the index found by chance falls away too.
      return createLookup(services, { zone: head.zone }).find(reference);
    },
  };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
