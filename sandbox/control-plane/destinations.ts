import { createHash } from 'node:crypto';

import type { Flavour } from './flavour';
import { kindByType } from './kinds';
import { kriOf } from './labels';
import { resolveBackendRef } from './references';
import { networkingOf } from './resource';
import type { BackendRef, Outbound, StoredResource, Tags } from './resource';
import type { World } from './views';

/** What a listener leads to. Two with the same key share their upstream connections, as an Envoy cluster does. */
export type Destination = {
  readonly key: string;
  /** What Envoy calls the cluster. */
  readonly cluster: string;
} & (
  | { readonly by: 'tags'; readonly tags: Tags }
  | {
      readonly by: 'reference';
      readonly type: string;
      readonly name: string;
      readonly port: number;
      readonly protocol: string;
    }
  /** What a transparent proxy takes up and knows nothing of: it goes on to where it was sent. */
  | { readonly by: 'passthrough'; readonly host: string; readonly port: number }
);

/**
 * The listeners of a Dataplane by `address:port`. A reference that leads nowhere has none; of two outbounds on
 * one port the first has it. From 3.x on a listener is named after its destination: of two outbounds to one
 * destination and port only the last listens.
 */
export function listenersOf(
  dataplane: StoredResource,
  world: World,
): ReadonlyMap<string, Destination> {
  const found = new Map<string, Destination>();
  for (const outbound of networkingOf(dataplane).outbound ?? []) {
    const key = `${outbound.address ?? '127.0.0.1'}:${outbound.port}`;
    const destination = found.has(key)
      ? undefined
      : destinationOf(outbound, dataplane.mesh ?? '', world);
    if (!destination) continue;
    if (!world.flavour.tags) dropListenerOf(destination.key, found);
    found.set(key, destination);
  }
  return found;
}

function dropListenerOf(cluster: string, found: Map<string, Destination>): void {
  for (const [place, { key }] of found) if (key === cluster) found.delete(place);
}

/** What Envoy calls the listener of a place: from 3.x on as its cluster. */
export function listenerNameAt(place: string, { cluster }: Destination, world: World): string {
  return world.flavour.tags ? `outbound:${place}` : cluster;
}

/** A listener for each port of each service that has a VIP, as behind a transparent proxy. */
export function vipListenersOf(mesh: string, world: World): ReadonlyMap<string, Destination> {
  const found = new Map<string, Destination>();
  for (const type of ['MeshService', 'MeshExternalService', 'MeshMultiZoneService']) {
    for (const resource of world.store.collection(type, mesh).values()) {
      const vip = world.vips.of(type, mesh, resource.name);
      if (vip === undefined) continue;
      for (const port of portsOf(resource)) {
        found.set(
          `${vip}:${port.port}`,
          referenceTo(resource, port.port, port.appProtocol ?? 'tcp', world),
        );
      }
    }
  }
  return found;
}

function destinationOf(
  { tags, backendRef }: Outbound,
  mesh: string,
  world: World,
): Destination | undefined {
  if (backendRef) return referenced(backendRef, mesh, world);
  if (!tags) return undefined;
  const key = JSON.stringify(Object.entries(tags).sort());
  const { 'kuma.io/service': service = '', ...others } = tags;
  // Subsets of a service are told apart by a hash (recorded: backend-5b73b3f4adf20020).
  const hash = createHash('sha256').update(key).digest('hex').slice(0, 16);
  const cluster = Object.keys(others).length > 0 ? `${service}-${hash}` : service;
  return { by: 'tags', key, cluster, tags };
}

function referenced(ref: BackendRef, mesh: string, world: World): Destination | undefined {
  const found = resolveBackendRef(ref, mesh, world);
  return found && referenceTo(found.resource, found.port, found.protocol, world);
}

function referenceTo(
  resource: StoredResource,
  port: number,
  protocol: string,
  { flavour }: World,
): Destination {
  const { type, name } = resource;
  const key = `${type}/${name}:${port}`;
  const cluster = clusterOf(resource, port, flavour);
  return { by: 'reference', key, cluster, type, name, port, protocol };
}

/** Recorded: `default_backend__zone-a_msvc_10001` of 2.14, `kri_msvc_default_zone-a__orders_8080` of 3.x. */
function clusterOf(resource: StoredResource, port: number, { tags }: Flavour): string {
  const kri = kriOf(kindByType(resource.type), resource) ?? '';
  if (!tags) return resource.type === 'MeshExternalService' ? kri : `${kri}${port}`;
  const [, kind, mesh, zone, namespace, name] = kri.split('_');
  return [mesh, name, namespace, zone, kind, port].join('_');
}

function portsOf({ fields }: StoredResource): readonly { port: number; appProtocol?: string }[] {
  const { ports, match } = fields['spec'] as {
    ports?: readonly { port: number; appProtocol?: string }[];
    match?: { port: number; protocol?: string };
  };
  if (match)
    return [
      { port: match.port, ...(match.protocol !== undefined && { appProtocol: match.protocol }) },
    ];
  return ports ?? [];
}
