/** Tells when resource files may have changed. */
import { basename, dirname, resolve } from 'node:path';
import { statSync } from 'node:fs';

import { watch } from 'chokidar';

import { isResourceFile } from './read-files';

/**
 * Watches the folder of a file instead of the file: one that is replaced by a rename, or is a link as
 * in a mounted ConfigMap, gives no event of its own.
 * @returns a function that ends the watch.
 */
export function watchPaths(paths: readonly string[], onChange: () => void): () => void {
  const watched = paths.map((path) => {
    const full = resolve(path);
    const folder = isFolder(full);
    return { root: folder ? full : dirname(full), folder, name: basename(full) };
  });
  const watchers = watched.map(({ root, folder, name }) => {
    const watcher = watch(root, {
      ignoreInitial: true,
      // Beside a single file there may be anything: only its own folder is looked at.
      ...(folder ? {} : { depth: 0 }),
    });
    watcher.on('all', (_event, changed) => {
      const changedName = basename(changed);
      const relevant = folder ? isResourceFile(changed) : changedName === name;
      // The hidden link that a ConfigMap mount swaps.
      if (relevant || changedName.startsWith('..')) onChange();
    });
    // A watch that is lost costs time only: the files are read again on every look anyway.
    watcher.on('error', () => undefined);
    return watcher;
  });
  return () => {
    for (const watcher of watchers) void watcher.close();
  };
}

function isFolder(path: string): boolean {
  try {
    return statSync(path).isDirectory();
  } catch {
    return false;
  }
}
