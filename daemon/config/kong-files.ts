/** The user's Kong configuration on disk: one file, a folder, or several of either. */
import { readFile, readdir, stat } from 'node:fs/promises';
import { dirname, extname, join, resolve } from 'node:path';

import { watch } from 'chokidar';

import { configErrors } from './errors';

export interface KongFile {
  readonly path: string;
  readonly text: string;
}

export interface KongFiles {
  /**
   * All files in a fixed order, or rejects: half a configuration is none. While nothing changed on
   * disk the very same array comes back.
   * @throws MeshdError KONG_CONFIG_MISSING, KONG_CONFIG_UNREADABLE or KONG_CONFIG_EMPTY.
   */
  read(): Promise<readonly KongFile[]>;
  /** Calls back when something under the paths changes; the result ends the watch. */
  watch(onChange: () => void): () => void;
}

const extensions = new Set(['.yml', '.yaml', '.json']);

export function kongFiles(paths: readonly string[]): KongFiles {
  let last: { readonly stamp: string; readonly files: readonly KongFile[] } | undefined;
  return {
    async read() {
      const found = (await Promise.all(paths.map(listFiles))).flat();
      const stamp = JSON.stringify(found);
      if (last?.stamp !== stamp) {
        const files = await Promise.all(found.map(({ path }) => readOne(path)));
        last = { stamp, files };
      }
      return last.files;
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
  /** Changes whenever the content may have. */
  readonly mark: string;
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
  if (!info.isDirectory()) return [{ path, mark: `${info.ino}:${info.size}:${info.mtimeMs}` }];
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
