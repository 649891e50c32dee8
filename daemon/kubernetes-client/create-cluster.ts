/** Which API server, and as whom. */
import type { Cluster } from './cluster';
import { inCluster } from './in-cluster';
import { fromKubeconfig } from './kubeconfig';
import { plainCluster } from './plain-cluster';

export interface ClusterOptions {
  /** Path of a kubeconfig; with it `url` and the files beside it do not count. */
  readonly kubeconfig?: string | undefined;
  /** A context of the kubeconfig other than its current one. */
  readonly context?: string | undefined;
  /** An API server without a kubeconfig, such as that of kubectl proxy. */
  readonly url?: string | undefined;
  readonly tokenFile?: string | undefined;
  readonly caFile?: string | undefined;
}

/** A kubeconfig where one is named, else a url, else the Pod's own service account. Reads nothing yet. */
export function createCluster(
  options: ClusterOptions,
  env: Readonly<Record<string, string | undefined>> = process.env,
): Cluster {
  const { kubeconfig, context, url, tokenFile, caFile } = options;
  if (kubeconfig !== undefined) return fromKubeconfig({ file: kubeconfig, context, env });
  if (url !== undefined) return plainCluster({ url, tokenFile, caFile });
  return inCluster(env);
}
