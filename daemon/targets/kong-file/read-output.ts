import { readdir, stat } from 'node:fs/promises';
import { extname, join } from 'node:path';

import { readIfPresent } from '../../../catalog/atomic-file';
import type { ConfigFile } from '../../kong/parse';
import { fileProblem } from '../file-problem';
import { configExtensions, isFilePath } from './output-paths';

/**
 * The files of the target as they are now, sorted by path; none where it does not exist yet.
 * @throws MeshdError TARGET_FILE_UNREADABLE.
 */
export async function readOutput(target: string): Promise<readonly ConfigFile[]> {
  const paths = isFilePath(target) ? [target] : await listFiles(target);
  const files = await Promise.all(paths.map(readOne));
  return files.filter((file) => file !== undefined);
}

/** Changes whenever one of the files is replaced, written to or gone; costs one stat a file. */
export async function marksOf(paths: readonly string[]): Promise<string> {
  const marks = await Promise.all(
    paths.map(async (path) => {
      const found = await stat(path).catch(() => undefined);
      return found ? [found.ino, found.size, found.mtimeMs, found.ctimeMs].join(' ') : 'gone';
    }),
  );
  return marks.join('\n');
}

async function listFiles(folder: string): Promise<readonly string[]> {
  try {
    const entries = await readdir(folder, { withFileTypes: true, recursive: true });
    return entries
      .filter((entry) => entry.isFile() && !entry.name.startsWith('.'))
      .map((entry) => join(entry.parentPath, entry.name))
      .filter((path) => configExtensions.has(extname(path).toLowerCase()))
      .sort();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw fileProblem('TARGET_FILE_UNREADABLE', folder, error);
  }
}

async function readOne(path: string): Promise<ConfigFile | undefined> {
  try {
    const text = await readIfPresent(path);
    return text === undefined ? undefined : { path, text };
  } catch (error) {
    throw fileProblem('TARGET_FILE_UNREADABLE', path, error);
  }
}
