/** Bytes of a file as text, or where they are none: a reader that replaces bytes changes what was meant. */
import { isUtf8 } from 'node:buffer';

export type Decoded =
  | { readonly ok: true; readonly text: string }
  | { readonly ok: false; readonly line: number; readonly column: number };

export function decodeUtf8(bytes: Buffer): Decoded {
  const text = bytes.toString('utf8');
  if (isUtf8(bytes)) return { ok: true, text };
  // What could be read comes out as it went in; the first byte that does not is the first bad one.
  const again = Buffer.from(text);
  let at = 0;
  while (at < bytes.length && bytes[at] === again[at]) at++;
  const before = bytes.subarray(0, at).toString('utf8').split('\n');
  return { ok: false, line: before.length, column: (before.at(-1) ?? '').length + 1 };
}
