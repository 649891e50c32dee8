/** The user's Kong configuration on disk: one file, a folder, or several of either. */
import { readFile, readdir, stat } from 'node:fs/promises';
import { dirname, extname, join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import { watch } from 'chokidar';

import { configErrors } from './errors';

export interface KongFile {
  readonly path: string;
  readonly text: string;
}

export interface KongFiles {
  /**
   * All files in a fixed order, or rejects: half a configuration is none. Waits up to a second for a
   * file that is being written to. While nothing changed on disk the very same array comes back.
   * @throws MeshdError KONG_CONFIG_MISSING, KONG_CONFIG_UNREADABLE or KONG_CONFIG_EMPTY.
   */
  read(): Promise<readonly KongFile[]>;
  /** Calls back when something under the paths changes; the result ends the watch. */
  watch(onChange: () => void): () => void;
}

/** Writers that do not rename write in one go: their pauses are far shorter. */
const settleMs = 100;
/** A file that never comes to rest is read as it is after a second. */
const maxLooks = 20;

const extensions = new Set(['.yml', '.yaml', '.json']);

export function kongFiles(paths: readonly string[]): KongFiles {
  let last: { readonly stamp: string; readonly files: readonly KongFile[] } | undefined;
  return {
    async read() {
      const now = await list(paths);
      if (last?.stamp === stampOf(now)) return last.files;
      const found = await whenSettled(paths, now);
      const files = await Promise.all(found.map(({ path }) => readOne(path)));
      last = { stamp: stampOf(found), files };
      return files;
    },
    watch(onChange) {
      // The folder, not the file: editors and ConfigMap volumes replace files by renames and
      // symlinks, which a watch on the file itself never sees.
      const folders = [...new Set(paths.flatMap((path) => [path, dirname(resolve(path))]))];
      const watcher = watch(folders, { ignoreInitial: true, depth: 2 });
      watcher.on('all', () => {
        onChange();
      });
      // A watch that cannot be set up costs latency only: every pass looks at the files anyway.
      watcher.on('error', () => undefined);
      return () => void watcher.close();
    },
  };
}

interface Found {
  readonly path: string;
  /** Change whenever the content may have. */
  readonly inode: number;
  readonly size: number;
  readonly mtimeMs: number;
}

async function list(paths: readonly string[]): Promise<readonly Found[]> {
  return (await Promise.all(paths.map(listFiles))).flat();
}

function stampOf(found: readonly Found[]): string {
  return JSON.stringify(found);
}

/**
 * A file that was written to a moment ago may not be whole yet, and one that is cut between two
 * entities does not look broken: it would delete the entities that are still to come.
 */
async function whenSettled(
  paths: readonly string[],
  first: readonly Found[],
): Promise<readonly Found[]> {
  let found = first;
  for (let look = 0; look < maxLooks && isFresh(found); look++) {
    await sleep(settleMs / 2);
    found = await list(paths);
  }
  return found;
}

function isFresh(found: readonly Found[]): boolean {
  const now = Date.now();
  return found.some(({ mtimeMs }) => Math.abs(now - mtimeMs) < settleMs);
}

async function listFiles(path: string): Promise<readonly Found[]> {
  try {
    const found = await find(path);
    if (found.length === 0) throw configErrors.error('KONG_CONFIG_EMPTY', { path });
    return found;
  } catch (error) {
    throw asMeshdError(path, error);
  }
}

/** A file as it is named, or what a folder holds at any depth: hidden files and folders do not count. */
async function find(path: string): Promise<readonly Found[]> {
  const info = await stat(path);
  if (!info.isDirectory()) {
    return [{ path, inode: info.ino, size: info.size, mtimeMs: info.mtimeMs }];
  }
  const entries = (await readdir(path)).sort().filter((entry) => !entry.startsWith('.'));
  const inside = await Promise.all(
    entries.map(async (entry) => {
      const child = join(path, entry);
      const counts = extensions.has(extname(entry)) || (await stat(child)).isDirectory();
      return counts ? find(child) : [];
    }),
  );
  return inside.flat();
}

async function readOne(path: string): Promise<KongFile> {
  try {
    return { path, text: await readFile(path, 'utf8') };
  } catch (error) {
    throw asMeshdError(path, error);
  }
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
