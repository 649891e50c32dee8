/** The user's Kong configuration on disk: one file, a folder, or several of either. */
import { readFile, readdir, stat } from 'node:fs/promises';
import { dirname, extname, join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import type { FSWatcher } from 'chokidar';

import { decodeUtf8 } from '../../catalog/decode-utf8';
import { configErrors } from './errors';
import { readStdin, stdinPath } from './read-stdin';

export interface KongFile {
  readonly path: string;
  readonly text: string;
}

export interface KongFiles {
  /**
   * All files in a fixed order, or rejects: half a configuration is none. Waits up to a second for a
   * file that is being written to. While nothing changed on disk the very same array comes back.
   * @throws MeshdError KONG_CONFIG_MISSING, _UNREADABLE, _ENCODING or _EMPTY.
   */
  read(): Promise<readonly KongFile[]>;
  /**
   * How long, in ms, until what was read last has stood unchanged for the settle time; 0: it has. Until
   * then it may be half of what is still being written, and nothing may be deleted because of it.
   */
  settlesInMs(): number;
  /**
   * Whether what was read last may be the beginning of what is still being written. Once it is at rest it
   * is not, nor is a single file whose writer renamed it, or set its times or mode, after the last write.
   */
  mayGrow(): boolean;
  /** Calls back when something under the paths changes; the result ends the watch. */
  watch(onChange: () => void): () => void;
}

/** Writers that do not rename write in one go: their pauses are far shorter. */
const settleMs = 100;
/** A file that never comes to rest is read as it is after a second. */
const maxLooks = 20;

const extensions = new Set(['.yml', '.yaml', '.json']);

/** Longer than a copy over a slow line usually stalls. */
export const defaultSettleMs = 5000;

interface LastRead {
  readonly stamp: string;
  readonly files: readonly KongFile[];
  /** When it was first seen like this, on a clock that nobody sets. */
  readonly seenMs: number;
  /** When something changed last, by the file system. */
  readonly changedMs: number;
  readonly finished: boolean;
}

export function kongFiles(
  paths: readonly string[],
  { settleMs: restMs = defaultSettleMs }: { readonly settleMs?: number } = {},
): KongFiles {
  let last: LastRead | undefined;
  const settlesInMs = (): number => {
    if (!last) return restMs;
    // What lies unchanged since long before this process began need not be watched any further.
    const stoodMs = Math.max(performance.now() - last.seenMs, Date.now() - last.changedMs);
    return Math.max(0, restMs - stoodMs);
  };
  return {
    settlesInMs,
    mayGrow: () => last?.finished !== true && settlesInMs() > 0,
    async read() {
      const now = await list(paths);
      if (last?.stamp === stampOf(now)) return last.files;
      const found = await whenSettled(paths, now);
      const seenMs = performance.now();
      const files = await Promise.all(found.files.map(({ path }) => readOne(path)));
      const { changedMs } = found;
      last = { stamp: stampOf(found), files, seenMs, changedMs, finished: isFinished(found) };
      return files;
    },
    watch(onChange) {
      // The folder, not the file: editors and ConfigMap volumes replace files by renames and
      // symlinks, which a watch on the file itself never sees.
      const onDisk = paths.filter((path) => path !== stdinPath);
      if (onDisk.length === 0) return () => undefined;
      const folders = [...new Set(onDisk.flatMap((path) => [path, dirname(resolve(path))]))];
      let watcher: FSWatcher | undefined;
      let stopped = false;
      // Loaded here: a command that runs once watches nothing.
      void import('chokidar').then(({ watch }) => {
        if (stopped) return;
        watcher = watch(folders, { ignoreInitial: true, depth: 2 });
        watcher.on('all', () => {
          onChange();
        });
        // A watch that cannot be set up costs latency only: every pass looks at the files anyway.
        watcher.on('error', () => undefined);
      });
      return () => {
        stopped = true;
        void watcher?.close();
      };
    },
  };
}

interface Found {
  readonly path: string;
  /** Change whenever the content may have. */
  readonly inode: number;
  readonly size: number;
  readonly mtimeMs: number;
  /** Nobody can set this one back, as copies that keep times do with the other. */
  readonly ctimeMs: number;
}

interface Listing {
  readonly files: readonly Found[];
  /** The latest change of a file, or of what a folder holds: a file that is gone leaves no other trace. */
  readonly changedMs: number;
}

async function list(paths: readonly string[]): Promise<Listing> {
  return joined(await Promise.all(paths.map(listFiles)));
}

function joined(listings: readonly Listing[]): Listing {
  return {
    files: listings.flatMap(({ files }) => files),
    changedMs: Math.max(...listings.map(({ changedMs }) => changedMs)),
  };
}

/** Without the folders' own times: others may write beside the files all the time. */
function stampOf({ files }: Listing): string {
  return JSON.stringify(files);
}

/**
 * A file that was written to a moment ago may not be whole yet, and one that is cut between two
 * entities does not look broken: it would delete the entities that are still to come.
 */
async function whenSettled(paths: readonly string[], first: Listing): Promise<Listing> {
  let found = first;
  for (let look = 0; look < maxLooks && isFresh(found); look++) {
    await sleep(settleMs / 2);
    found = await list(paths);
  }
  return found;
}

function isFresh({ files }: Listing): boolean {
  const now = Date.now();
  return files.some(({ mtimeMs }) => Math.abs(now - mtimeMs) < settleMs);
}

/** A write sets both times alike. Of several files another one may still be to come. */
function isFinished({ files }: Listing): boolean {
  const [file] = files;
  return files.length === 1 && file !== undefined && file.ctimeMs > file.mtimeMs;
}

async function listFiles(path: string): Promise<Listing> {
  try {
    const found = await find(path);
    if (found.files.length === 0) throw configErrors.error('KONG_CONFIG_EMPTY', { path });
    return found;
  } catch (error) {
    throw asMeshdError(path, error);
  }
}

/** A file as it is named, or what a folder holds at any depth: hidden files and folders do not count. */
async function find(path: string): Promise<Listing> {
  // Standard input is read to its end: nothing more follows.
  if (path === stdinPath) {
    return { files: [{ path, inode: 0, size: 0, mtimeMs: 0, ctimeMs: 1 }], changedMs: 0 };
  }
  const info = await stat(path);
  const { ino: inode, size, mtimeMs, ctimeMs } = info;
  const changedMs = Math.max(mtimeMs, ctimeMs);
  if (!info.isDirectory()) return { files: [{ path, inode, size, mtimeMs, ctimeMs }], changedMs };
  const entries = (await readdir(path)).sort().filter((entry) => !entry.startsWith('.'));
  const inside = await Promise.all(
    entries.map(async (entry) => {
      const child = join(path, entry);
      const counts = extensions.has(extname(entry)) || (await stat(child)).isDirectory();
      return counts ? find(child) : { files: [], changedMs: 0 };
    }),
  );
  return joined([{ files: [], changedMs }, ...inside]);
}

async function readOne(path: string): Promise<KongFile> {
  const bytes =
    path === stdinPath
      ? await readStdin('Kong configuration')
      : await readFile(path).catch((error: unknown) => {
          throw asMeshdError(path, error);
        });
  const decoded = decodeUtf8(bytes);
  const name = path === stdinPath ? '<stdin>' : path;
  if (decoded.ok) return { path: name, text: decoded.text };
  const { line, column } = decoded;
  throw configErrors.error(
    'KONG_CONFIG_ENCODING',
    { path: name },
    { place: { file: name, line, column } },
  );
}

function asMeshdError(path: string, error: unknown): unknown {
  const code = (error as NodeJS.ErrnoException).code;
  if (code === 'ENOENT') {
    return configErrors.error('KONG_CONFIG_MISSING', { path }, { place: { file: path } });
  }
  if (code === undefined || !/^E[A-Z]+$/.test(code)) return error;
  return configErrors.error(
    'KONG_CONFIG_UNREADABLE',
    { path, cause: code },
    { place: { file: path } },
  );
}
