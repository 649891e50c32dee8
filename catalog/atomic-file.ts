/** Files that are either the old or the new one, never half of it. */
import { randomBytes } from 'node:crypto';
import { constants, type Stats } from 'node:fs';
import { lstat, open, readdir, rename, stat, unlink, type FileHandle } from 'node:fs/promises';
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
  const maySame = present && isSafe(present, mode) && present.size === Buffer.byteLength(content);
  if (maySame && (await readIfPresent(path)) === content) return false;
  const folder = dirname(path);
  const name = `.${basename(path)}.${process.pid}.${randomBytes(4).toString('hex')}.tmp`;
  const temporary = join(folder, name);
  await removeAbandoned(folder, basename(path));
  try {
    const file = await open(temporary, 'wx', mode);
    try {
      await file.writeFile(content);
      // open() applies the umask; the mode is what the configuration promises to its readers.
      await file.chmod(mode);
      if (present) await keepOwner(file, present, folder);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
  } catch (error) {
    await unlink(temporary).catch(() => undefined);
    throw error;
  }
  await syncFolder(folder);
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

/**
 * Its readers were given access by the owner or the group of the file: a new one must not lock them out.
 * Only root can give a file to another user; where others can write to the folder, one of them may have
 * planted the file, and must not own the next one.
 */
async function keepOwner(file: FileHandle, present: Stats, folder: string): Promise<void> {
  const own = process.geteuid?.();
  if (!present.isFile()) return;
  const isOurs = present.uid === own;
  const isClosed = ((await stat(folder)).mode & 0o002) === 0;
  if (!isOurs && !(own === 0 && isClosed)) return;
  const made = await file.stat();
  if (made.gid === present.gid && made.uid === present.uid) return;
  // Not a member of the group: the mode alone stays.
  await file.chown(present.uid, present.gid).catch(() => undefined);
  // Changing the owner may take bits of the mode away.
  await file.chmod(made.mode & 0o777);
}

/** A link may lead to other content at any time, and a file with more rights may be written by others. */
function isSafe(present: Stats, mode: number): boolean {
  return present.isFile() && (present.mode & 0o777 & ~mode) === 0;
}

/** For `catch`: a file that is not there is undefined, every other error stays one. */
export function ignoreMissing(error: NodeJS.ErrnoException): undefined {
  if (error.code === 'ENOENT') return undefined;
  throw error;
}

/**
 * The content of a text file, or undefined where there is none. A pipe or a device in its place would
 * keep the reader waiting for ever: it counts as none. Other errors are thrown.
 */
export async function readIfPresent(path: string): Promise<string | undefined> {
  try {
    // Opening a pipe without a writer does not return either, unless it is told to.
    const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
    try {
      const kind = await file.stat();
      return kind.isFile() || kind.isDirectory() ? await file.readFile('utf8') : undefined;
    } finally {
      await file.close();
    }
  } catch (error) {
    ignoreMissing(error as NodeJS.ErrnoException);
    return undefined;
  }
}

/** A write takes milliseconds: what is this old was left behind by a writer that was killed. */
const abandonedMs = 60_000;

/** Removes the temporary files of writers that are no more. Best effort: they are in nobody's way. */
async function removeAbandoned(folder: string, name: string): Promise<void> {
  try {
    const prefix = `.${name}.`;
    for (const entry of await readdir(folder)) {
      const isTemporary = /^\d+\.[0-9a-f]{8}\.tmp$/.test(entry.slice(prefix.length));
      if (!entry.startsWith(prefix) || !isTemporary) continue;
      const path = join(folder, entry);
      const { mtimeMs } = await stat(path);
      // Either way: a clock that was put back must not keep them for ever.
      if (Math.abs(Date.now() - mtimeMs) > abandonedMs) await unlink(path);
    }
  } catch {
    // Another writer may have been quicker, or the folder is not ours to list.
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
