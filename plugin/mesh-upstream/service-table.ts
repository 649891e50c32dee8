/**
 * A snapshot in little memory: its lines compressed in blocks, and an index of references to lines. As
 * objects, 50,000 services would take ten times their file. A service becomes an object only when it
 * is looked up, which callers do once per snapshot and not per request.
 */
import { deflateRawSync, inflateRawSync } from 'node:zlib';

import type { Bindings } from '../../catalog/bindings';
import {
  createLookup,
  normaliseReference,
  type LookupResult,
  type Reference,
} from '../../catalog/lookup';
import { aliasesOf } from '../../catalog/service';
import type * as snapshotSchema from '../../catalog/snapshot';
import type { SnapshotService } from '../../catalog/snapshot';
import { LineIndex } from './line-index';
import { isSnapshotHead, isSnapshotService, type SnapshotHead } from './snapshot-check';

export interface ServiceTable {
  /** @param remembered what references meant before, where the snapshot does not say so. */
  find(reference: Reference, remembered?: Bindings): LookupResult<SnapshotService>;
  readonly hash: string;
  readonly size: number;
  /** How long its outbound addresses may be relied on where it cannot be read again; absent: for ever. */
  readonly trustMs: number | undefined;
  /** It gets a new time of change for as long as the daemon lives. */
  readonly renewed: boolean;
  /** Gives its memory back at once; what is asked of it afterwards is not found. */
  retire(): void;
}

/** The bytes of a snapshot from the start, as often as asked. A chunk is valid until the next one. */
export interface SnapshotSource {
  chunks(): AsyncIterable<Buffer>;
}

/** Requests wait no longer than this for a snapshot that is being read. */
const sliceMs = 4;

const linesPerBlock = 64;
const newline = 0x0a;

/**
 * Promises what `parseSnapshot` does: all of a valid snapshot, or an error. Checks it in slices that
 * let requests through in between; text in another layout than `formatSnapshot`'s, and a bad one, is
 * read as a whole.
 * @throws MeshdError SNAPSHOT_INVALID or SNAPSHOT_VERSION; then nothing of it is used.
 */
export async function readServiceTable(
  source: SnapshotSource,
  file: string,
): Promise<ServiceTable> {
  const asLaidOut = await buildTable(source);
  if (asLaidOut) return asLaidOut;
  const pieces: Buffer[] = [];
  for await (const chunk of source.chunks()) pieces.push(Buffer.from(chunk));
  const { formatSnapshot, parseSnapshot } = loadSnapshotSchema();
  const text = formatSnapshot(parseSnapshot(Buffer.concat(pieces).toString('utf8'), file));
  const table = await buildTable(wholeSource(Buffer.from(text)));
  if (!table) throw new Error('the snapshot is valid, but not to the plugin');
  return table;
}

/** A source of bytes that are in memory already. */
export function wholeSource(content: Buffer): SnapshotSource {
  return {
    // eslint-disable-next-line @typescript-eslint/require-await
    async *chunks() {
      yield content;
    },
  };
}

/** The schema's library costs a plugin server 6 MB, which only an odd snapshot should. */
function loadSnapshotSchema(): typeof snapshotSchema {
  // eslint-disable-next-line @typescript-eslint/no-require-imports
  return require('../../catalog/snapshot') as typeof snapshotSchema;
}

/** @returns undefined where anything is not what `formatSnapshot` writes there. */
async function buildTable(source: SnapshotSource): Promise<ServiceTable | undefined> {
  const builder = new TableBuilder();
  let sliceEnd = performance.now() + sliceMs;
  let rest = Buffer.alloc(0);
  for await (const chunk of source.chunks()) {
    const bytes = rest.length > 0 ? Buffer.concat([rest, chunk]) : chunk;
    let start = 0;
    for (;;) {
      const end = bytes.indexOf(newline, start);
      if (end < 0) break;
      if (!builder.add(bytes.toString('utf8', start, end))) return undefined;
      start = end + 1;
      if (performance.now() < sliceEnd) continue;
      await new Promise(setImmediate);
      sliceEnd = performance.now() + sliceMs;
    }
    rest = Buffer.from(bytes.subarray(start));
  }
  if (rest.length > 0 && !builder.add(rest.toString('utf8'))) return undefined;
  return builder.finish();
}

/** Takes the lines of `formatSnapshot`: the head, a service each, the end. */
class TableBuilder {
  readonly #index = new LineIndex();
  readonly #blocks: Buffer[] = [];
  #lines: string[] = [];
  #head: SnapshotHead | undefined;
  #size = 0;
  /** Whether a service must, may or cannot follow. */
  #next: 'service' | 'any' | 'end' | 'nothing' = 'any';

  /** @returns false where this is not the line that must follow. */
  add(line: string): boolean {
    if (!this.#head) {
      const head = parseJson(`${line}]}`);
      if (!isSnapshotHead(head)) return false;
      this.#head = head;
      return true;
    }
    if (this.#next === 'nothing') return line.trim() === '';
    if (line.startsWith(']')) {
      const ends = this.#next !== 'service' && line.trim() === ']}';
      this.#next = 'nothing';
      return ends;
    }
    return this.#next !== 'end' && this.#addService(line);
  }

  finish(): ServiceTable | undefined {
    if (!this.#head || this.#next !== 'nothing') return undefined;
    this.#closeBlock();
    return tableOf(this.#head, this.#size, this.#blocks, this.#index.finish());
  }

  #addService(line: string): boolean {
    const more = line.endsWith(',');
    const text = more ? line.slice(0, -1) : line;
    const service = parseJson(text);
    if (!isSnapshotService(service)) return false;
    this.#index.add(this.#size, aliasesOf(service));
    this.#size += 1;
    this.#next = more ? 'service' : 'end';
    this.#lines.push(text);
    if (this.#lines.length === linesPerBlock) this.#closeBlock();
    return true;
  }

  #closeBlock(): void {
    if (this.#lines.length === 0) return;
    const compressed = deflateRawSync(this.#lines.join('\n'), { level: 1, memLevel: 5 });
    // A copy of its own size: what comes is the used part of a larger piece of memory.
    const block = Buffer.allocUnsafeSlow(compressed.length);
    compressed.copy(block);
    this.#blocks.push(block);
    this.#lines = [];
  }
}

function tableOf(
  head: SnapshotHead,
  size: number,
  blocks: Buffer[],
  index: LineIndex,
): ServiceTable {
  /** Lines come in order, so that a block is opened once however many of them it holds. */
  function* servicesAt(lines: readonly number[]): Generator<SnapshotService> {
    let opened: { readonly block: number; readonly texts: readonly string[] } | undefined;
    for (const line of lines) {
      const block = Math.floor(line / linesPerBlock);
      const compressed = blocks[block];
      if (!compressed) return;
      if (opened?.block !== block) {
        opened = { block, texts: inflateRawSync(compressed).toString('utf8').split('\n') };
      }
      // It was checked when it was read.
      yield JSON.parse(opened.texts[line % linesPerBlock] ?? 'null') as SnapshotService;
    }
  }

  const bindings: Bindings = new Map(head.bindings);
  return {
    hash: head.hash,
    size,
    trustMs: head.trustSeconds === undefined ? undefined : head.trustSeconds * 1000,
    renewed: head.renewed === true,
    find(reference, remembered) {
      const lines = index.find(normaliseReference(reference.service));
      // The catalog's own rules decide among them; what the index found by chance falls away too.
      return createLookup([...servicesAt(lines)], {
        zone: head.zone,
        // What the daemon says goes first: it knows what was before this process began.
        bindings: remembered ? new Map([...remembered, ...bindings]) : bindings,
      }).find(reference);
    },
    retire() {
      blocks.length = 0;
      index.release();
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
