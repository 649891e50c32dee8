/** The service account that Kubernetes mounts into a Pod. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

import type { Cluster } from './cluster';
import { readPem, readToken } from './credential-files';
import { kubernetesClientErrors } from './errors';

export const serviceAccountFolder = '/var/run/secrets/kubernetes.io/serviceaccount';

/** @param folder another one than Kubernetes' own is for tests. */
export function inCluster(
  env: Readonly<Record<string, string | undefined>>,
  folder: string = serviceAccountFolder,
): Cluster {
  return {
    async connection() {
      const { KUBERNETES_SERVICE_HOST: host, KUBERNETES_SERVICE_PORT: port = '443' } = env;
      if (!host) throw kubernetesClientErrors.error('K8S_NOT_IN_CLUSTER');
      // Read anew each time: the kubelet replaces the token long before it runs out.
      const [token, ca] = await Promise.all([
        readToken(join(folder, 'token')),
        readPem(join(folder, 'ca.crt'), 'the CA of the cluster'),
      ]);
      return {
        url: `https://${host.includes(':') ? `[${host}]` : host}:${port}`,
        headers: { authorization: `Bearer ${token}` },
        tls: { ca },
      };
    },
    async namespace() {
      const text = await readFile(join(folder, 'namespace'), 'utf8').catch(() => '');
      return text.trim() || undefined;
    },
  };
}
