/** Files with secrets or certificates: read whole, never quoted in an error. */
import { readFile } from 'node:fs/promises';

import { kubernetesClientErrors } from './errors';

/** @throws MeshdError K8S_FILE_UNREADABLE */
export async function readToken(file: string): Promise<string> {
  const token = (await readText(file, 'a token')).trim();
  // Anything but visible ASCII could end the header and begin another.
  if (/^[\x21-\x7e]+$/.test(token)) return token;
  throw unusable(file, 'a token', token === '' ? 'it is empty' : 'it holds more than one token');
}

/** @throws MeshdError K8S_FILE_UNREADABLE */
export async function readPem(file: string, what: string): Promise<string> {
  const text = await readText(file, what);
  if (text.includes('-----BEGIN ')) return text;
  throw unusable(file, what, 'it holds nothing in PEM');
}

async function readText(file: string, what: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    throw unusable(file, what, (error as NodeJS.ErrnoException).code ?? 'unknown');
  }
}

function unusable(file: string, what: string, cause: string): Error {
  const details = { file, what, cause };
  return kubernetesClientErrors.error('K8S_FILE_UNREADABLE', details, { place: { file } });
}
