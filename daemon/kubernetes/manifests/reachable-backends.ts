/** What the gateway's sidecar must be told of, so that Kong reaches what it calls and nothing more. */
import { stringify } from 'yaml';

import type { Destination } from './destination';
import type { Manifest } from './manifest';

export interface BackendRef {
  readonly kind: string;
  readonly name?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly port: number;
}

export interface ReachableLists {
  readonly backends: readonly BackendRef[];
  /** Legacy services, by `kuma.io/service`; they are in a list of their own until Kuma 2.14. */
  readonly services: readonly string[];
}

/** By labels: from Kuma 3.0 on a name is not enough. */
export function reachableLists(destinations: readonly Destination[]): ReachableLists {
  const backends = new Map<string, BackendRef>();
  const services = new Set<string>();
  for (const destination of destinations) {
    const { kind, port, tag } = destination;
    if (kind === 'LegacyService' || kind === 'ExternalService') {
      if (tag !== undefined) services.add(tag);
      continue;
    }
    const ref = {
      kind: kind === 'KubernetesService' ? 'MeshService' : kind,
      labels: identifying(destination),
      port,
    };
    backends.set(JSON.stringify(ref), ref);
  }
  return {
    backends: [...backends].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, ref]) => ref),
    services: [...services].sort(),
  };
}

/** The labels that tell it from namesakes of other namespaces and zones. */
function identifying({ name, namespace, zone, ownLabels }: Destination) {
  const inZone = zone ?? ownLabels['kuma.io/zone'];
  return {
    'kuma.io/display-name': name,
    ...(namespace === undefined ? {} : { 'k8s.kuma.io/namespace': namespace }),
    ...(inZone === undefined ? {} : { 'kuma.io/zone': inZone }),
  };
}

/** The annotations of Kong's Pods that say so, as a patch of their Deployment. */
export function reachablePatch(
  { deployment, namespace }: { readonly deployment: string; readonly namespace: string },
  { backends, services }: ReachableLists,
): Manifest {
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: deployment, namespace },
    spec: {
      template: {
        metadata: {
          annotations: {
            'kuma.io/reachable-backends': stringify({ refs: backends }),
            ...(services.length > 0
              ? { 'kuma.io/transparent-proxying-reachable-services': services.join(',') }
              : {}),
          },
        },
      },
    },
  };
}

/** A Dataplane as it was read, with the lists in it. */
export function reachableDataplane(
  dataplane: Readonly<Record<string, unknown>>,
  { backends, services }: ReachableLists,
): object {
  const networking = (dataplane['networking'] ?? {}) as Readonly<Record<string, unknown>>;
  const proxying = networking['transparentProxying'] ?? {};
  return {
    ...dataplane,
    networking: {
      ...networking,
      transparentProxying: {
        ...proxying,
        reachableBackends: { refs: backends },
        ...(services.length > 0 ? { reachableServices: services } : {}),
      },
    },
  };
}
