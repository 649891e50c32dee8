/** The plugin's snapshot as a target: the last good one survives until a better one is there. */
import { mkdir, stat, utimes } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';

import { MeshdError } from '../../../catalog/error';
import { readSnapshot, writeSnapshot, type Snapshot } from '../../../catalog/snapshot';
import { fileProblem } from '../file-problem';

export interface SnapshotTargetOptions {
  readonly file: string;
}

export interface SnapshotReport {
  /** False where the file held the same already. */
  readonly written: boolean;
}

export interface SnapshotTarget {
  /** Absolute. */
  readonly file: string;
  /** What the file holds; undefined where there is none or none that is valid. */
  read(signal: AbortSignal): Promise<Snapshot | undefined>;
  /**
   * Replaces the file at once where the content differs; makes its folder (0750) where it is missing.
   * @throws MeshdError TARGET_FILE_UNWRITABLE; the old file stays.
   */
  apply(snapshot: Snapshot, signal: AbortSignal): Promise<SnapshotReport>;
  /**
   * Gives the file a new time of change, where it is still the one that was applied or found and was
   * not renewed for so long: a sign of life for the plugin.
   */
  renew?(olderThanMs: number, signal: AbortSignal): Promise<void>;
  /** Whether the file still is the one that was applied last. */
  probe(signal: AbortSignal): Promise<'same' | 'drifted' | 'unknown'>;
}

export function createSnapshotTarget(options: SnapshotTargetOptions): SnapshotTarget {
  const file = resolve(options.file);
  let renewedAtMs = -Infinity;
  let applied: { readonly hash: string; mark: string } | undefined;

  async function read(signal: AbortSignal): Promise<Snapshot | undefined> {
    signal.throwIfAborted();
    try {
      return await readSnapshot(file);
    } catch (error) {
      if (error instanceof MeshdError) return undefined;
      throw error;
    }
  }

  return {
    file,
    read,
    async apply(snapshot, signal) {
      signal.throwIfAborted();
      try {
        await mkdir(dirname(file), { recursive: true, mode: 0o750 });
        const written = await writeSnapshot(file, snapshot);
        if (written) renewedAtMs = performance.now();
        applied = { hash: snapshot.hash, mark: await markOf(file) };
        return { written };
      } catch (error) {
        throw fileProblem('TARGET_FILE_UNWRITABLE', file, error);
      }
    },
    async renew(olderThanMs, signal) {
      signal.throwIfAborted();
      if (performance.now() - renewedAtMs < olderThanMs) return;
      const mark = await markOf(file).catch(() => 'gone');
      // What somebody else put there is not vouched for.
      if (applied ? mark !== applied.mark : !(await read(signal))) return;
      const now = new Date();
      // Where this fails the plugin notices in its time; nothing else depends on it.
      await utimes(file, now, now).catch(() => undefined);
      renewedAtMs = performance.now();
      if (applied) applied.mark = await markOf(file);
    },
    async probe(signal) {
      signal.throwIfAborted();
      if (!applied) return 'unknown';
      const mark = await markOf(file).catch(() => 'gone');
      if (mark === applied.mark) return 'same';
      const now = await read(signal);
      if (now?.hash !== applied.hash) return 'drifted';
      applied.mark = mark;
      return 'same';
    },
  };
}

/** Changes whenever the file is replaced or written to; costs one stat. */
async function markOf(file: string): Promise<string> {
  const { ino, size, mtimeMs, ctimeMs } = await stat(file);
  return [ino, size, mtimeMs, ctimeMs].join(' ');
}
