import { createApiClient } from '../../kubernetes-client/api-client';
import { createCluster, type ClusterOptions } from '../../kubernetes-client/create-cluster';
import type { DataplaneTarget } from '../dataplane/dataplane-target';
import { createAlignTarget } from './align-target';

/** The settings of a kubernetes source, as far as aligning needs them. */
export interface AlignSettings extends ClusterOptions {
  readonly timeoutMs: number;
  readonly gateway: {
    readonly namespace?: string | undefined;
    readonly selector?: Readonly<Record<string, string>> | undefined;
  };
}

/** Aligns in the cluster that a source reads; nothing is read or connected to yet. */
export function createKubernetesAlign(settings: AlignSettings, wanted: string): DataplaneTarget {
  const { timeoutMs, gateway } = settings;
  const client = createApiClient({ cluster: createCluster(settings), timeoutMs });
  return createAlignTarget({ client, wanted, ...gateway });
}
