import { readFileSync } from 'node:fs';

import { targetErrors } from '../errors';
import type { KongTlsOptions } from './options';

/** What the files of the TLS options hold. @throws MeshdError KONG_TLS_FILE. */
export function readTlsFiles(tls: KongTlsOptions = {}): {
  ca?: Buffer;
  cert?: Buffer;
  key?: Buffer;
} {
  return {
    ...(tls.caFile === undefined ? {} : { ca: read(tls.caFile) }),
    ...(tls.certFile === undefined ? {} : { cert: read(tls.certFile) }),
    ...(tls.keyFile === undefined ? {} : { key: read(tls.keyFile) }),
  };
}

function read(file: string): Buffer {
  try {
    return readFileSync(file);
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code ?? 'unknown';
    throw targetErrors.error('KONG_TLS_FILE', { file, cause: code }, { place: { file }, cause });
  }
}
