import { readFile, stat } from 'node:fs/promises';

import { targetErrors } from '../errors';

/**
 * The header with the admin token of a file. The file is read again when its time changes, so that a
 * rotated token needs no restart.
 * @returns a function that rejects with KONG_TOKEN_FILE where the file cannot be used.
 */
export function adminToken(file: string | undefined): () => Promise<Record<string, string>> {
  if (file === undefined) return () => Promise.resolve({});
  let known: { modifiedMs: number; token: string } | undefined;
  return async () => {
    try {
      const { mtimeMs } = await stat(file);
      if (known?.modifiedMs !== mtimeMs) {
        known = { modifiedMs: mtimeMs, token: (await readFile(file, 'utf8')).trim() };
      }
    } catch (cause) {
      const code = (cause as NodeJS.ErrnoException).code ?? 'unknown';
      throw targetErrors.error(
        'KONG_TOKEN_FILE',
        { file, cause: code },
        { place: { file }, cause },
      );
    }
    const problem = problemOf(known.token);
    if (problem === undefined) return { 'kong-admin-token': known.token };
    throw targetErrors.error('KONG_TOKEN_FILE', { file, cause: problem }, { place: { file } });
  };
}

function problemOf(token: string): string | undefined {
  if (token === '') return 'it is empty';
  return /^[\x21-\x7e]+$/.test(token) ? undefined : 'it holds more than a token';
}
