/** A snapshot's file, read in chunks: held whole, a large one would cost its size twice over. */
import { createHash } from 'node:crypto';
import { constants } from 'node:fs';
import { open, stat, type FileHandle } from 'node:fs/promises';

import type { SnapshotSource } from './service-table';

const chunkBytes = 256 * 1024;

export interface SnapshotFile extends SnapshotSource {
  /** Equal for equal content, and for no other. */
  checksum(): Promise<string>;
  close(): Promise<void>;
}

/** Stays on the file that the path leads to now, whatever replaces it meanwhile. */
export async function openSnapshotFile(path: string): Promise<SnapshotFile> {
  const handle = await openRegular(path);
  const buffer = Buffer.allocUnsafeSlow(chunkBytes);
  const chunks = (): AsyncIterable<Buffer> => readChunks(handle, buffer);
  return {
    chunks,
    async checksum() {
      // Of 32 bits one change in four billion would be missed, and an old address kept.
      const hash = createHash('sha256');
      for await (const chunk of chunks()) hash.update(chunk);
      return hash.digest('base64');
    },
    close: () => handle.close(),
  };
}

/** A pipe in its place would keep whoever opens it waiting for ever, and a thread with it. */
async function openRegular(path: string): Promise<FileHandle> {
  const handle = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
  if ((await handle.stat()).isFile()) return handle;
  await handle.close();
  throw new Error('it is no regular file');
}

export interface FileIdentity {
  /** Another inode, size or time means that there may be other content. */
  readonly identity: string;
  readonly mtimeNs: bigint;
  /**
   * No folder has the file any more: it was replaced, and what a container has mounted of it is the
   * old one for ever.
   */
  readonly isReplaced: boolean;
}

/** Through symlinks. */
export async function identifyFile(path: string): Promise<FileIdentity> {
  const { dev, ino, size, mtimeNs, ctimeNs, nlink } = await stat(path, { bigint: true });
  const identity = [dev, ino, size, mtimeNs, ctimeNs].join(':');
  return { identity, mtimeNs, isReplaced: nlink === 0n };
}

async function* readChunks(handle: FileHandle, buffer: Buffer): AsyncGenerator<Buffer> {
  for (let position = 0; ;) {
    const { bytesRead } = await handle.read(buffer, 0, buffer.length, position);
    if (bytesRead === 0) return;
    position += bytesRead;
    yield buffer.subarray(0, bytesRead);
  }
}
