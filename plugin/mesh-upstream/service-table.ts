/**
 * A snapshot kept as the bytes of its file and an index of references to lines, so that 50,000
 * services cost their file's size and not ten times as much. A service becomes an object only when
 * it is looked up, which callers do once per snapshot and not per request.
 */
import { createLookup, normaliseReference, type LookupResult } from '../../catalog/lookup';
import { aliasesOf } from '../../catalog/service';
import {
  checkSnapshotHead,
  checkSnapshotService,
  formatSnapshot,
  parseSnapshot,
  type SnapshotHead,
  type SnapshotService,
} from '../../catalog/snapshot';
import { LineIndex } from './line-index';
import type { ServiceLookup } from './rewrite';

export interface ServiceTable extends ServiceLookup {
  readonly hash: string;
  readonly size: number;
}

/** Requests wait no longer than this for a snapshot that is being read. */
const sliceMs = 4;

const newline = 0x0a;
const comma = 0x2c;

/**
 * Checks every service as `parseSnapshot` does, in slices that let requests through in between.
 * Text in another layout than `formatSnapshot`'s is read as a whole first.
 * @throws MeshdError SNAPSHOT_INVALID or SNAPSHOT_VERSION; then nothing of it is used.
 */
export async function readServiceTable(content: Buffer, file: string): Promise<ServiceTable> {
  const asLaidOut = await indexLines(content, file);
  if (asLaidOut) return asLaidOut;
  const snapshot = parseSnapshot(content.toString('utf8'), file);
  const table = await indexLines(Buffer.from(formatSnapshot(snapshot)), file);
  if (!table) throw new Error('formatSnapshot and readServiceTable disagree on the layout');
  return table;
}

/** @returns undefined where a line is not what `formatSnapshot` writes there. */
async function indexLines(content: Buffer, file: string): Promise<ServiceTable | undefined> {
  const headEnd = content.indexOf(newline);
  const headValue =
    headEnd < 0 ? undefined : parseJson(`${content.toString('utf8', 0, headEnd)}]}`);
  if (!isHeadLine(headValue)) return undefined;
  const head = checkSnapshotHead(headValue, file);

  const index = new LineIndex();
  let sliceEnd = performance.now() + sliceMs;
  let start = headEnd + 1;
  for (let more = content[start] !== 0x5d; more;) {
    const end = content.indexOf(newline, start);
    if (end < 0) return undefined;
    more = content[end - 1] === comma;
    const value = parseJson(content.toString('utf8', start, more ? end - 1 : end));
    if (value === undefined) return undefined;
    const service = checkSnapshotService(value, index.size, file);
    index.add(start, end, aliasesOf(service));
    start = end + 1;
    if (performance.now() >= sliceEnd) {
      await new Promise(setImmediate);
      sliceEnd = performance.now() + sliceMs;
    }
  }
  if (content.toString('utf8', start).trim() !== ']}') return undefined;
  return tableOf(content, file, head, index.finish());
}

function tableOf(
  content: Buffer,
  file: string,
  head: SnapshotHead,
  index: LineIndex,
): ServiceTable {
  return {
    hash: head.hash,
    size: index.size,
    find(reference): LookupResult<SnapshotService> {
      const lines = index.find(normaliseReference(reference.service));
      const services = lines.map(({ start, end, line }) => {
        const text = content.toString('utf8', start, content[end - 1] === comma ? end - 1 : end);
        return checkSnapshotService(JSON.parse(text), line, file);
      });
      // The catalog's own rules decide among them; what the index found by chance falls away too.
      return createLookup(services, { zone: head.zone }).find(reference);
    },
  };
}

function isHeadLine(value: unknown): value is { services: [] } {
  const services = (value as { services?: unknown } | null | undefined)?.services;
  return Array.isArray(services) && services.length === 0;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
