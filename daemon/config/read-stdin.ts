/** Standard input as a file of its own: `-` on the command line. */
import type { Readable } from 'node:stream';

import { configErrors } from './errors';

export const stdinPath = '-';

let content: Promise<Buffer> | undefined;
let reader: string | undefined;

/**
 * All of standard input; it can be read only once, so the same bytes come back each time.
 * @param purpose what it is taken for: it cannot be two things.
 * @throws MeshdError STDIN_TERMINAL, STDIN_TWICE, STDIN_UNREADABLE.
 */
export function readStdin(
  purpose: string,
  input: Readable & { readonly isTTY?: boolean } = process.stdin,
): Promise<Buffer> {
  if (input.isTTY === true) throw configErrors.error('STDIN_TERMINAL', { purpose });
  reader ??= purpose;
  if (reader !== purpose) throw configErrors.error('STDIN_TWICE', { first: reader, purpose });
  content ??= readAll(input);
  return content;
}

/** Rejects where the stream is destroyed before its end, as the process does when it is told to stop. */
async function readAll(input: Readable): Promise<Buffer> {
  const chunks: Buffer[] = [];
  try {
    for await (const chunk of input) chunks.push(Buffer.from(chunk as Uint8Array));
  } catch (error) {
    const cause = (error as NodeJS.ErrnoException).code ?? String(error);
    throw configErrors.error('STDIN_UNREADABLE', { cause });
  }
  return Buffer.concat(chunks);
}
