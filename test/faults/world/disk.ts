/** A small disk of its own: it can be full or read-only without harm to anybody else. */
import { execFile } from 'node:child_process';
import { mkdir, open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

export interface Disk {
  readonly folder: string;
  /** A real file system; else faults of the disk are answered by the daemon's own preload. */
  readonly mounted: boolean;
  fill(): Promise<void>;
  free(): Promise<void>;
  setReadOnly(readOnly: boolean): Promise<void>;
  remove(): Promise<void>;
}

/** Mounts a tmpfs where this process may; a plain folder elsewhere. */
export async function makeDisk(folder: string): Promise<Disk> {
  await mkdir(folder, { recursive: true });
  const mounted = await run('mount', ['-t', 'tmpfs', '-o', 'size=256k', 'tmpfs', folder]).then(
    () => true,
    () => false,
  );
  const filler = join(folder, 'filler');
  return {
    folder,
    mounted,
    async fill() {
      const file = await open(filler, 'w');
      try {
        for (const size of [4096, 1]) {
          const bytes = Buffer.alloc(size);
          for (;;) await file.write(bytes);
        }
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
      } finally {
        await file.close();
      }
    },
    free: () => rm(filler, { force: true }),
    async setReadOnly(readOnly) {
      await run('mount', ['-o', `remount,${readOnly ? 'ro' : 'rw'}`, folder]);
    },
    async remove() {
      if (mounted) await run('umount', [folder]).catch(() => run('umount', ['-l', folder]));
      await rm(folder, { recursive: true, force: true });
    },
  };
}
