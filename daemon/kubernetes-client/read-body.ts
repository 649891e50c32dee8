import type { IncomingMessage } from 'node:http';

export interface BodyLimits {
  readonly signal: AbortSignal;
  readonly timeoutMs: number;
  readonly maxBytes: number;
}

/** The whole text, or a rejection: with the signal's reason, or an error with a `code`. */
export async function readBody(body: IncomingMessage, limits: BodyLimits): Promise<string> {
  const { signal, timeoutMs, maxBytes } = limits;
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let size = 0;
    const timer = setTimeout(() => fail('ETIMEDOUT'), timeoutMs);
    const fail = (code: string): void => {
      finish();
      body.destroy();
      reject(Object.assign(new Error(code), { code }));
    };
    const abort = (): void => fail('ABORT_ERR');
    const finish = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', abort);
    };
    signal.addEventListener('abort', abort, { once: true });
    body.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size > maxBytes) fail('EMSGSIZE');
      else chunks.push(chunk);
    });
    body.once('end', () => {
      finish();
      resolve(Buffer.concat(chunks, size).toString('utf8'));
    });
    body.once('error', (error: NodeJS.ErrnoException) => fail(error.code ?? 'ECONNRESET'));
    body.once('close', () => fail('ECONNRESET'));
  });
}
