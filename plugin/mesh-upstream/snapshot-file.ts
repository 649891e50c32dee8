/** A snapshot's file, read in chunks: held whole, a large one would cost its size twice over. */
import { open, stat, type FileHandle } from 'node:fs/promises';
import { crc32 } from 'node:zlib';

import type { SnapshotSource } from './service-table';

const chunkBytes = 256 * 1024;

export interface SnapshotFile extends SnapshotSource {
  /** Equal for equal content. */
  checksum(): Promise<string>;
  close(): Promise<void>;
}

/** Stays on the file that the path leads to now, whatever replaces it meanwhile. */
export async function openSnapshotFile(path: string): Promise<SnapshotFile> {
  const handle = await open(path, 'r');
  const buffer = Buffer.allocUnsafeSlow(chunkBytes);
  const chunks = (): AsyncIterable<Buffer> => readChunks(handle, buffer);
  return {
    chunks,
    async checksum() {
      let sum = 0;
      let size = 0;
      for await (const chunk of chunks()) {
        sum = crc32(chunk, sum);
        size += chunk.length;
      }
      return `${size}:${sum}`;
    },
    close: () => handle.close(),
  };
}

/** Through symlinks: another inode, size or time means that there may be other content. */
export async function identityOf(path: string): Promise<string> {
  const { dev, ino, size, mtimeNs, ctimeNs } = await stat(path, { bigint: true });
  return [dev, ino, size, mtimeNs, ctimeNs].join(':');
}

async function* readChunks(handle: FileHandle, buffer: Buffer): AsyncGenerator<Buffer> {
  for (let position = 0; ;) {
    const { bytesRead } = await handle.read(buffer, 0, buffer.length, position);
    if (bytesRead === 0) return;
    position += bytesRead;
    yield buffer.subarray(0, bytesRead);
  }
}
