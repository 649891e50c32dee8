/** The files a connection depends on, read anew on each poll: both are rotated in place. */
import { readFile } from 'node:fs/promises';

import { sourceErrors } from '../errors';

export interface Credentials {
  readonly token?: string;
  readonly ca?: string;
}

export interface CredentialFiles {
  readonly tokenFile?: string | undefined;
  readonly caFile?: string | undefined;
}

/** @throws MeshdError KUMA_TOKEN_UNREADABLE or KUMA_CA_UNREADABLE; no content is ever in the message. */
export async function readCredentials(
  { tokenFile, caFile }: CredentialFiles,
  signal: AbortSignal,
): Promise<Credentials> {
  const token = tokenFile === undefined ? undefined : await readToken(tokenFile, signal);
  const ca = caFile === undefined ? undefined : await readCa(caFile, signal);
  return { ...(token === undefined ? {} : { token }), ...(ca === undefined ? {} : { ca }) };
}

async function readToken(file: string, signal: AbortSignal): Promise<string> {
  const token = (await read(file, 'KUMA_TOKEN_UNREADABLE', signal)).trim();
  const cause = token === '' ? 'it is empty' : 'it holds more than one token on one line';
  // Anything but visible ASCII could end the header and begin another.
  if (!/^[\x21-\x7e]+$/.test(token)) throw unusable('KUMA_TOKEN_UNREADABLE', file, cause);
  return token;
}

async function readCa(file: string, signal: AbortSignal): Promise<string> {
  const ca = await read(file, 'KUMA_CA_UNREADABLE', signal);
  if (ca.includes('-----BEGIN CERTIFICATE-----')) return ca;
  throw unusable('KUMA_CA_UNREADABLE', file, 'it holds no PEM certificate');
}

type Code = 'KUMA_TOKEN_UNREADABLE' | 'KUMA_CA_UNREADABLE';

async function read(file: string, code: Code, signal: AbortSignal): Promise<string> {
  try {
    return await readFile(file, { encoding: 'utf8', signal });
  } catch (error) {
    signal.throwIfAborted();
    throw unusable(code, file, (error as NodeJS.ErrnoException).code ?? 'unknown');
  }
}

function unusable(code: Code, file: string, cause: string): Error {
  return sourceErrors.error(code, { file, cause }, { place: { file } });
}
