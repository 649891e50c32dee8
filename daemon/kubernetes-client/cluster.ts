/** Which API server, and as whom. */
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

/** Where to connect, and with what; as read this very moment. */
export interface Connection {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly tls: TlsSettings;
}

export interface TlsSettings {
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
  readonly servername?: string;
  readonly rejectUnauthorized?: boolean;
}

export interface Cluster {
  /**
   * Reads what it needs anew: tokens and certificates are rotated in place.
   * @throws MeshdError K8S_FILE_UNREADABLE, K8S_KUBECONFIG, K8S_NOT_IN_CLUSTER or K8S_CLIENT_MISSING.
   */
  connection(): Promise<Connection>;
  /** The namespace of the Pod or of the context, where there is one. */
  namespace(): Promise<string | undefined>;
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
