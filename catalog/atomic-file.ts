/** Files that are either the old or the new one, never half of it. */
import { randomBytes } from 'node:crypto';
import type { Stats } from 'node:fs';
import { lstat, open, readFile, rename, unlink } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';

export interface WriteOptions {
  /** Permission bits of a new file; an existing one of this user keeps its own. Default 0o640. */
  readonly mode?: number;
  /** For content that is secret: never more than `mode`, whatever the file allowed before. */
  readonly secret?: boolean;
}

/**
 * Replaces a file at once: a temporary one in the same folder, flushed to disk, then renamed over it.
 * A reader sees the whole old or the whole new content; a crash leaves the old one. A link at the path
 * is replaced and not followed: what it leads to is not touched, and does not stand in for the file.
 * @returns false where the content was the same already and nothing was written.
 */
export async function writeFileAtomic(
  path: string,
  content: string,
  options: WriteOptions = {},
): Promise<boolean> {
  const present = await lstat(path).catch(ignoreMissing);
  const mode = modeOf(present, options);
  if (present && isSafe(present, mode) && (await readIfPresent(path)) === content) return false;
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

/**
 * What was there first need not be ours: where others can write to the folder, one of them may have put
 * a file or a link there that everybody may read or write.
 */
function modeOf(
  present: Stats | undefined,
  { mode = 0o640, secret = false }: WriteOptions,
): number {
  if (!present?.isFile() || secret) return mode;
  const before = present.mode & 0o777;
  return present.uid === process.geteuid?.() ? before : mode | (before & 0o444);
}

/** A link may lead to other content at any time, and a file with more rights may be written by others. */
function isSafe(present: Stats, mode: number): boolean {
  return present.isFile() && (present.mode & 0o777 & ~mode) === 0;
}

function ignoreMissing(error: NodeJS.ErrnoException): undefined {
  if (error.code === 'ENOENT') return undefined;
  throw error;
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
