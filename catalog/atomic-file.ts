/** Files that are either the old or the new one, never half of it. */
import { randomBytes } from 'node:crypto';
import { open, readFile, rename, stat, unlink } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';

export interface WriteOptions {
  /** Permission bits of a new file; an existing one keeps its own. Default 0o640. */
  readonly mode?: number;
}

/**
 * Replaces a file at once: a temporary one in the same folder, flushed to disk, then renamed over it.
 * A reader sees the whole old or the whole new content; a crash leaves the old one.
 * @returns false where the content was the same already and nothing was written.
 */
export async function writeFileAtomic(
  path: string,
  content: string,
  options: WriteOptions = {},
): Promise<boolean> {
  const current = await readIfPresent(path);
  if (current === content) return false;
  const mode = current === undefined ? (options.mode ?? 0o640) : (await stat(path)).mode & 0o7777;
  const temporary = join(
    dirname(path),
    `.${basename(path)}.${process.pid}.${randomBytes(4).toString('hex')}.tmp`,
  );
  try {
    const file = await open(temporary, 'wx', mode);
    try {
      await file.writeFile(content);
      // open() applies the umask; the mode is what the configuration promises to its readers.
      await file.chmod(mode);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
  } catch (error) {
    await unlink(temporary).catch(() => undefined);
    throw error;
  }
  await syncFolder(dirname(path));
  return true;
}

/** The content of a text file, or undefined where there is none. Other errors are thrown. */
export async function readIfPresent(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

/** Makes the rename itself durable; a file system that cannot flush folders loses only that. */
async function syncFolder(path: string): Promise<void> {
  try {
    const folder = await open(path, 'r');
    try {
      await folder.sync();
    } finally {
      await folder.close();
    }
  } catch {
    // Durability of the name is best effort: the content itself was flushed above.
  }
}
