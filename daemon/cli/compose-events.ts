/** Kubernetes Events, where the daemon runs in a Pod of the cluster that it watches. */
import type { Config } from '../config/schema';
import { createApiClient } from '../kubernetes-client/api-client';
import { createCluster } from '../kubernetes-client/create-cluster';
import {
  createEventRecorder,
  type EventRecorder,
} from '../targets/kubernetes-events/event-recorder';
import type { Log } from './log';

/** A Pod's host name is its own name. */
export function composeEvents(
  { sources }: Config,
  env: Readonly<Record<string, string | undefined>>,
  log: Log,
): EventRecorder | undefined {
  const cluster = sources.find(({ kubernetes }) => kubernetes)?.kubernetes;
  const pod = env['HOSTNAME'];
  const inCluster = env['KUBERNETES_SERVICE_HOST'] !== undefined;
  if (!cluster || !inCluster || pod === undefined || pod === '') return undefined;
  if (cluster.kubeconfig !== undefined || cluster.url !== undefined) return undefined;
  return createEventRecorder({
    client: createApiClient({ cluster: createCluster({}, env), timeoutMs: cluster.timeoutMs }),
    pod,
    onOff: (reason) => log.info({ reason }, 'no Kubernetes Events'),
  });
}
