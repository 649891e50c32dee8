/** The three clients that speak to other servers, in one shape: what holds for one must hold for all. */
import { createApiClient } from '../../../daemon/kubernetes-client/api-client';
import { plainCluster } from '../../../daemon/kubernetes-client/plain-cluster';
import { createConnection } from '../../../daemon/sources/kuma/connection';
import { readJson } from '../../../daemon/sources/kuma/read-reply';
import { createKongClient } from '../../../daemon/targets/kong-http/client';

export interface ClientSettings {
  readonly url: string;
  readonly tokenFile?: string;
  readonly caFile?: string;
  readonly timeoutMs?: number;
  readonly maxBytes?: number;
}

export interface AnyClient {
  readonly name: 'Kuma' | 'Kong' | 'Kubernetes';
  /** What its codes begin with. */
  readonly prefix: 'KUMA_' | 'KONG_' | 'K8S_';
  /** One question, to `path`; rejects unless it is answered well. */
  readonly ask: (settings: ClientSettings, path?: string, signal?: AbortSignal) => Promise<unknown>;
}

const never = new AbortController().signal;

export const clients: readonly AnyClient[] = [
  {
    name: 'Kuma',
    prefix: 'KUMA_',
    async ask({ timeoutMs = 5_000, ...settings }, path = '/', signal = never) {
      const connection = createConnection({ timeoutMs, insecureSkipVerify: false, ...settings });
      await connection.refresh(signal);
      const reply = await connection.get(path, signal);
      return readJson(reply, { url: settings.url, path });
    },
  },
  {
    name: 'Kong',
    prefix: 'KONG_',
    async ask({ caFile, maxBytes, timeoutMs = 5_000, ...settings }, path = '/', signal = never) {
      const client = createKongClient({
        ...settings,
        timeoutMs,
        retries: 0,
        ...(caFile === undefined ? {} : { tls: { caFile } }),
        ...(maxBytes === undefined ? {} : { maxResponseBytes: maxBytes }),
      });
      try {
        return (await client.request({ method: 'GET', path }, signal)).data;
      } finally {
        client.close();
      }
    },
  },
  {
    name: 'Kubernetes',
    prefix: 'K8S_',
    async ask({ timeoutMs = 5_000, maxBytes, ...settings }, path = '/', signal = never) {
      const options = { cluster: plainCluster(settings), timeoutMs };
      const client = createApiClient({
        ...options,
        ...(maxBytes === undefined ? {} : { maxBytes }),
      });
      try {
        return await client.send({ verb: 'get', path }, signal);
      } finally {
        client.close();
      }
    },
  },
];

/** The code a question fails with; `answered` where it does not. */
export async function codeOf(work: Promise<unknown>): Promise<string> {
  return work.then(
    () => 'answered',
    (error: unknown) => (error as { readonly code?: string }).code ?? String(error),
  );
}
