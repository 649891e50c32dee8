/** Reading an answer: whole and bounded, or to its end without keeping it. */
import type { Readable } from 'node:stream';

export class BodyTooLarge extends Error {
  constructor(readonly limitBytes: number) {
    super(`larger than ${limitBytes} bytes`);
    this.name = 'BodyTooLarge';
  }
}

/** @throws BodyTooLarge as soon as the limit is passed; the rest is not waited for. */
export async function readText(
  stream: Readable,
  limitBytes: number,
  signal: AbortSignal,
): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  await consume(stream, signal, (chunk) => {
    bytes += chunk.length;
    if (bytes > limitBytes) throw new BodyTooLarge(limitBytes);
    chunks.push(chunk);
  });
  return Buffer.concat(chunks).toString('utf8');
}

/**
 * Kong echoes every entity of a push, nine times what was sent (8 MiB for 5,000 services). Read to
 * the end, the connection can be used again.
 */
export async function discardBody(stream: Readable, signal: AbortSignal): Promise<void> {
  await consume(stream, signal, () => undefined);
}

async function consume(
  stream: Readable,
  signal: AbortSignal,
  take: (chunk: Buffer) => void,
): Promise<void> {
  const stop = () => stream.destroy(signal.reason as Error);
  signal.addEventListener('abort', stop, { once: true });
  try {
    signal.throwIfAborted();
    for await (const chunk of stream) take(chunk as Buffer);
  } finally {
    signal.removeEventListener('abort', stop);
    stream.destroy();
  }
}
