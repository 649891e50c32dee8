import type { Cluster } from './cluster';
import { readPem, readToken } from './credential-files';

export interface PlainOptions {
  readonly url: string;
  readonly tokenFile?: string | undefined;
  readonly caFile?: string | undefined;
}

/** An API server by its url, with a token and a CA from files. */
export function plainCluster({ url, tokenFile, caFile }: PlainOptions): Cluster {
  return {
    async connection() {
      const token = tokenFile === undefined ? undefined : await readToken(tokenFile);
      const ca = caFile === undefined ? undefined : await readPem(caFile, 'a CA certificate');
      return {
        url: url.replace(/\/+$/, ''),
        headers: token === undefined ? {} : { authorization: `Bearer ${token}` },
        tls: ca === undefined ? {} : { ca },
      };
    },
    namespace: async () => Promise.resolve(undefined),
  };
}
