/**
 * Frames: a length of 32 bits, then so many bytes. Kong writes both apart from each other, a chunk may
 * hold a part of a frame, one, or several, and any local process may write anything.
 */
import { ProtocolError } from './protocol';

/** In the byte order of the machine, which is little-endian wherever Kong runs. */
const lengthBytes = 4;

export interface FrameDecoder {
  /**
   * Takes the next bytes and hands each whole frame on, in order. A frame is valid until the handler
   * returns; the chunk is not kept.
   * @throws ProtocolError on a frame that is too large; the decoder is of no use after that.
   */
  push(chunk: Buffer): void;
}

export interface FrameDecoderOptions {
  /** The largest frame accepted; an instance's configuration is the largest that Kong sends. */
  readonly maxFrameBytes?: number;
}

export function createFrameDecoder(
  onFrame: (frame: Buffer) => void,
  options: FrameDecoderOptions = {},
): FrameDecoder {
  const { maxFrameBytes = 64 * 1024 * 1024 } = options;
  /** Bytes of an unfinished frame, at the start of a buffer that grows by doubling. */
  let kept: Buffer | undefined;
  let keptBytes = 0;

  function keep(bytes: Buffer): void {
    const needed = keptBytes + bytes.length;
    if (!kept || kept.length < needed) {
      const larger = Buffer.allocUnsafe(Math.max(needed * 2, 256));
      kept?.copy(larger, 0, 0, keptBytes);
      kept = larger;
    }
    bytes.copy(kept, keptBytes);
    keptBytes = needed;
  }

  return {
    push(chunk) {
      let data = chunk;
      if (keptBytes > 0) {
        keep(chunk);
        data = (kept ?? chunk).subarray(0, keptBytes);
      }
      let start = 0;
      while (data.length - start >= lengthBytes) {
        const length = data.readUInt32LE(start);
        if (length > maxFrameBytes) throw new ProtocolError('a frame is too large');
        const end = start + lengthBytes + length;
        if (data.length < end) break;
        onFrame(data.subarray(start + lengthBytes, end));
        start = end;
      }
      if (data !== chunk) {
        if (start === 0) return;
        kept = undefined;
        keptBytes = 0;
      }
      if (start < data.length) keep(data.subarray(start));
    },
  };
}

export function frame(bytes: Uint8Array): Buffer {
  const framed = Buffer.allocUnsafe(lengthBytes + bytes.length);
  framed.writeUInt32LE(bytes.length);
  framed.set(bytes, lengthBytes);
  return framed;
}
