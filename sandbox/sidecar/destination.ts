import { resolveBackendRef } from '../control-plane/references';
import { networkingOf } from '../control-plane/resource';
import type { BackendRef, Outbound, StoredResource, Tags } from '../control-plane/resource';
import type { World } from '../control-plane/views';

/** What a listener leads to. Two with the same key share their upstream connections, as an Envoy cluster does. */
export type Destination =
  | { readonly by: 'tags'; readonly key: string; readonly tags: Tags }
  | {
      readonly by: 'reference';
      readonly key: string;
      readonly type: string;
      readonly name: string;
      readonly port: number;
      readonly protocol: string;
    };

/**
 * The listeners of a Dataplane by `address:port`. A reference that leads nowhere has none; of two outbounds on
 * one port the first has it.
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
    if (destination) found.set(key, destination);
  }
  return found;
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
          referenceTo(resource, port.port, port.appProtocol ?? 'tcp'),
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
  return { by: 'tags', key: JSON.stringify(Object.entries(tags).sort()), tags };
}

function referenced(ref: BackendRef, mesh: string, world: World): Destination | undefined {
  const found = resolveBackendRef(ref, mesh, world);
  return found && referenceTo(found.resource, found.port, found.protocol);
}

function referenceTo({ type, name }: StoredResource, port: number, protocol: string): Destination {
  return { by: 'reference', key: `${type}/${name}:${port}`, type, name, port, protocol };
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
