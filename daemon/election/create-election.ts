/** An election as configured: which cluster, which lease, under which name. */
import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';

import { createApiClient } from '../kubernetes-client/api-client';
import { createCluster, type ClusterOptions } from '../kubernetes-client/create-cluster';
import type { Clock } from '../reconcile/clock';
import type { ElectionConfig } from './config';
import { createElection } from './kubernetes-election';
import { createLeaseApi } from './lease-api';
import type { Leadership } from './leadership';

export interface ElectionContext {
  /** The kubernetes source, where there is one: its cluster counts where no other is named. */
  readonly source?:
    | (ClusterOptions & { readonly gateway: { readonly namespace?: string | undefined } })
    | undefined;
  readonly clock: Clock;
}

/** Where a lease lies if nothing says so. */
const defaultNamespace = 'kong';

/** Nothing is read or connected to before `run`. */
export function electionOf({ kubernetes }: ElectionConfig, context: ElectionContext): Leadership {
  const { name, leaseDuration, renewDeadline, retryPeriod } = kubernetes;
  const { source, clock } = context;
  const named = kubernetes.kubeconfig ?? kubernetes.url ?? kubernetes.context;
  const cluster = createCluster(named === undefined && source ? source : kubernetes);
  // A hanging answer must leave time for another try.
  const client = createApiClient({ cluster, timeoutMs: Math.ceil(renewDeadline / 2) });
  return createElection({
    // The Pod's name in a Pod; what follows tells a restarted container from the one before it.
    identity: `${hostname()}_${randomUUID()}`,
    name,
    timing: {
      leaseDurationMs: leaseDuration,
      renewDeadlineMs: renewDeadline,
      retryPeriodMs: retryPeriod,
    },
    clock,
    async open() {
      const namespace =
        kubernetes.namespace ??
        source?.gateway.namespace ??
        (await cluster.namespace()) ??
        defaultNamespace;
      const api = createLeaseApi(client, { namespace, name });
      return { api, lease: `${namespace}/${name}` };
    },
    close: () => client.close(),
  });
}
