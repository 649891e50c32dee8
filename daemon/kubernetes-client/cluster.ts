/** Where an API server is, and as whom it is asked. */

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
