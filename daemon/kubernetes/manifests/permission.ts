/**
 * The permissions that let one gateway call exactly what it calls, a policy for each destination. Until
 * Kuma 2.x by `kuma.io/service`, with a MeshIdentity and from 3.x on by SPIFFE ID.
 */
import { createHash } from 'node:crypto';

import { kubernetesErrors } from '../errors';
import { hasProxies, referenceTo, type Destination } from './destination';

export interface PermissionOptions {
  readonly mesh: string;
  readonly environment: 'universal' | 'kubernetes';
  /** Where the control plane runs: policies on Kubernetes lie in its namespace. */
  readonly systemNamespace: string;
  readonly client: PermissionClient;
  readonly destinations: readonly Destination[];
}

/** By what the gateway goes in the mesh. */
export type PermissionClient =
  | { readonly form: 'from'; readonly services: readonly string[] }
  | { readonly form: 'rules'; readonly spiffeIds: readonly string[] };

/** Sorted, each destination once. @throws MeshdError K8S_PERMISSION_TARGET */
export function permissionManifests(options: PermissionOptions): readonly object[] {
  const policies = new Map<string, object>();
  for (const destination of options.destinations.filter(hasProxies)) {
    const targetRef = targetOf(destination, options);
    policies.set(JSON.stringify(targetRef), {
      ...headOf(nameOf(destination, options.client), options),
      spec: { targetRef, ...grant(options.client) },
    });
  }
  return [...policies].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, policy]) => policy);
}

function headOf(name: string, { environment, mesh, systemNamespace }: PermissionOptions): object {
  if (environment === 'universal') return { type: 'MeshTrafficPermission', mesh, name };
  return {
    apiVersion: 'kuma.io/v1alpha1',
    kind: 'MeshTrafficPermission',
    metadata: { name, namespace: systemNamespace, labels: { 'kuma.io/mesh': mesh } },
  };
}

/** A tag stands for one port of one service; labels for all ports of its proxies. */
function targetOf(destination: Destination, { client }: PermissionOptions): object {
  const { tag, labels } = destination;
  if (client.form === 'from' && tag !== undefined) {
    return { kind: 'MeshSubset', tags: { 'kuma.io/service': tag } };
  }
  if (labels && Object.keys(labels).length > 0) return { kind: 'Dataplane', labels };
  const service = referenceTo(destination);
  throw kubernetesErrors.error('K8S_PERMISSION_TARGET', { service });
}

function grant(client: PermissionClient): object {
  if (client.form === 'rules') {
    const allow = client.spiffeIds.map((value) => ({ spiffeID: { type: 'Exact', value } }));
    return { rules: [{ default: { allow } }] };
  }
  return {
    from: client.services.map((service) => ({
      targetRef: { kind: 'MeshSubset', tags: { 'kuma.io/service': service } },
      default: { action: 'Allow' },
    })),
  };
}

const maxName = 63;

/** A DNS label; what does not fit is told apart by a hash. */
function nameOf(destination: Destination, client: PermissionClient): string {
  const who = client.form === 'from' ? client.services : client.spiffeIds;
  const full = `kong-to-${referenceTo(destination)}-${destination.port}`;
  const name = full.toLowerCase().replace(/[^a-z0-9]+/g, '-');
  const hash = createHash('sha256')
    .update(JSON.stringify([full, who]))
    .digest('hex')
    .slice(0, 8);
  return `${name.slice(0, maxName - hash.length - 1)}-${hash}`;
}
