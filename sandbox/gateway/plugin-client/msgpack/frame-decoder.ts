/**
 * Frames out of a byte stream. MessagePack-RPC has no length prefix, and a chunk may hold a part of a
 * frame, one, or several: Kong writes large configs in parts, and any local process may write anything.
 */
import { MessagePackReader, ProtocolError } from './message-pack-reader';

export interface FrameDecoder {
  /**
   * Takes the next bytes and hands each whole frame on, in order. The chunk is not kept.
   * @throws ProtocolError on bytes that are no frame; the decoder is of no use after that.
   */
  push(chunk: Buffer): void;
}

export interface FrameDecoderOptions {
  /** The largest frame accepted; a request body that a plugin reads is the largest Kong sends. */
  readonly maxFrameBytes?: number;
}

const reader = new MessagePackReader();

export function createFrameDecoder(
  onFrame: (frame: unknown[]) => void,
  options: FrameDecoderOptions = {},
): FrameDecoder {
  const { maxFrameBytes = 64 * 1024 * 1024 } = options;
  /** Bytes of an unfinished frame, at the start of a buffer that grows by doubling. */
  let kept: Buffer | undefined;
  let keptBytes = 0;
  const scan = { at: 0, missing: 1 };

  function keep(chunk: Buffer, from: number): void {
    const bytes = chunk.length - from;
    const needed = keptBytes + bytes;
    if (needed > maxFrameBytes) throw new ProtocolError('a frame is too large');
    if (!kept || kept.length < needed) {
      const larger = Buffer.allocUnsafe(Math.max(needed * 2, 4096));
      kept?.copy(larger, 0, 0, keptBytes);
      kept = larger;
    }
    chunk.copy(kept, keptBytes, from);
    keptBytes = needed;
  }

  return {
    push(chunk) {
      let data = chunk;
      let start = 0;
      if (keptBytes > 0) {
        keep(chunk, 0);
        data = (kept ?? chunk).subarray(0, keptBytes);
      }
      while (start < data.length) {
        if (scan.at === 0 && scan.missing === 1) requireArray(data[start] ?? 0);
        if (!scanFrame(data, start, scan, maxFrameBytes)) break;
        const end = start + scan.at;
        scan.at = 0;
        scan.missing = 1;
        onFrame(reader.read(data, start) as unknown[]);
        start = end;
      }
      if (data === chunk) {
        if (start < data.length) keep(chunk, start);
      } else if (start > 0) {
        const rest = keptBytes - start;
        const from = kept;
        kept = undefined;
        keptBytes = 0;
        if (rest > 0 && from) keep(from.subarray(start, start + rest), 0);
      }
    },
  };
}

/** Every frame is an array: anything else is noise, and waiting for its end would hide that. */
function requireArray(type: number): void {
  if ((type & 0xf0) === 0x90 || type === 0xdc || type === 0xdd) return;
  throw new ProtocolError('a frame does not begin with an array');
}

/**
 * Goes on from where the last scan stopped, without building anything.
 * @param scan `at`: bytes of the frame that are known, `missing`: values still to come.
 * @returns whether the frame is whole.
 */
function scanFrame(
  data: Buffer,
  start: number,
  scan: { at: number; missing: number },
  maxFrameBytes: number,
): boolean {
  let at = start + scan.at;
  let missing = scan.missing;
  while (missing > 0) {
    if (at >= data.length) break;
    const type = data[at] ?? 0;
    let size = 1;
    let inner = 0;
    if (type < 0x80 || type >= 0xe0) size = 1;
    else if (type < 0x90) inner = (type & 0x0f) * 2;
    else if (type < 0xa0) inner = type & 0x0f;
    else if (type < 0xc0) size = 1 + (type & 0x1f);
    else {
      const header = headerBytes[type - 0xc0] ?? 0;
      if (header === 0)
        throw new ProtocolError(`type byte 0x${type.toString(16)} is not used by Kong`);
      if (at + header > data.length) break;
      size = header;
      const kind = kinds[type - 0xc0];
      if (kind !== undefined) {
        const length = data.readUIntBE(at + 1, header - 1);
        if (kind === 'bytes') size += length;
        else inner = kind === 'map' ? length * 2 : length;
      }
    }
    if (size > maxFrameBytes || inner > maxFrameBytes)
      throw new ProtocolError('a frame is too large');
    if (at + size > data.length) break;
    at += size;
    missing += inner - 1;
  }
  scan.at = at - start;
  scan.missing = missing;
  return missing === 0;
}

/** Bytes of type and length, or of type and number, for 0xc0 to 0xdf; 0 for what Kong never sends. */
const headerBytes: readonly number[] = [
  1, 0, 1, 1, 2, 3, 5, 0, 0, 0, 5, 9, 2, 3, 5, 9, 2, 3, 5, 9, 0, 0, 0, 0, 0, 2, 3, 5, 3, 5, 3, 5,
];

const kinds: Readonly<Record<number, 'bytes' | 'array' | 'map'>> = {
  0x04: 'bytes',
  0x05: 'bytes',
  0x06: 'bytes',
  0x19: 'bytes',
  0x1a: 'bytes',
  0x1b: 'bytes',
  0x1c: 'array',
  0x1d: 'array',
  0x1e: 'map',
  0x1f: 'map',
};
