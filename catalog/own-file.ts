/** Files that only this program writes: what somebody else put there proves nothing. */
import { constants } from 'node:fs';
import { open } from 'node:fs/promises';

import { ignoreMissing } from './atomic-file';

export interface OwnFile {
  /** Empty where it is foreign. */
  readonly text: string;
  readonly mtimeMs: number;
  /** Another user owns it or can write to it. */
  readonly foreign: boolean;
}

/** Undefined where there is none: a pipe or a device is no file. */
export async function readOwnFile(file: string): Promise<OwnFile | undefined> {
  // Opening a pipe without a writer does not return, unless it is told to.
  const handle = await open(file, constants.O_RDONLY | constants.O_NONBLOCK).catch(ignoreMissing);
  if (!handle) return undefined;
  try {
    const kind = await handle.stat();
    const { uid, mode, mtimeMs } = kind;
    if (!kind.isFile() && !kind.isDirectory()) return undefined;
    const foreign = uid !== process.geteuid?.() || (mode & 0o022) !== 0;
    return { text: foreign ? '' : await handle.readFile('utf8'), mtimeMs, foreign };
  } finally {
    await handle.close();
  }
}
