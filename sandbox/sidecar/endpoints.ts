import { includesAll, meshServiceSpecOf, networkingOf } from '../control-plane/resource';
import type { Inbound, StoredResource, Tags } from '../control-plane/resource';
import { matchedMeshServices } from '../control-plane/views';
import type { World } from '../control-plane/views';
import type { Destination } from '../control-plane/destinations';

/** Where one instance of a service answers. */
export interface Endpoint {
  readonly host: string;
  readonly port: number;
  /** The Dataplane behind it: whose permissions decide. Undefined outside of the mesh. */
  readonly dataplane?: StoredResource;
  /** Its `kuma.io/service`: the destination's name in certificates. */
  readonly service: string;
  /** The Host that replaces the client's: a MeshExternalService's endpoint gets its own. */
  readonly hostRewrite?: string;
}

/** What a destination is at this moment. */
export interface Upstream {
  /** `http` is understood; anything else is passed through as bytes. */
  readonly protocol: string;
  /** False for a tag that no inbound has: then nothing is known of it, and a connection is reset. */
  readonly known: boolean;
  readonly endpoints: readonly Endpoint[];
}

/** The endpoints of a destination, as they are now: a change of Dataplanes is seen at once. */
export function upstreamOf(destination: Destination, mesh: string, world: World): Upstream {
  if (destination.by === 'tags') return byTags(destination.tags, mesh, world);
  if (destination.by === 'passthrough') {
    const { host, port } = destination;
    return { protocol: 'tcp', known: true, endpoints: [{ host, port, service: '' }] };
  }
  const { type, name, port, protocol } = destination;
  const resource = world.store.get(type, mesh, name);
  return { protocol, known: true, endpoints: resource ? endpointsOf(resource, port, world) : [] };
}

function byTags(tags: Tags, mesh: string, world: World): Upstream {
  const service = tags['kuma.io/service'] ?? '';
  const all = world.index
    .dataplanesOf(mesh, service)
    .flatMap((one) => (networkingOf(one).inbound ?? []).map((inbound) => [one, inbound] as const))
    .filter(([, inbound]) => inbound.tags?.['kuma.io/service'] === service);
  const [first] = all;
  if (!first) return externalByTags(service, mesh, world);
  const endpoints = all
    .filter(([, inbound]) => isReady(inbound) && includesAll(inbound.tags, tags))
    .map(([one, inbound]) => endpointAt(one, inbound));
  return { protocol: protocolOf(first[1]), known: true, endpoints };
}

/** A legacy ExternalService answers to its tag. */
function externalByTags(service: string, mesh: string, { index, store }: World): Upstream {
  const names = [...(index.services(mesh).get(service)?.externals ?? [])];
  const externals = names.flatMap((name) => store.get('ExternalService', mesh, name) ?? []);
  const [first] = externals;
  if (!first) return { protocol: 'tcp', known: false, endpoints: [] };
  const endpoints = externals.map(({ fields }) => {
    const { address } = fields['networking'] as { address: string };
    const colon = address.lastIndexOf(':');
    return { host: address.slice(0, colon), port: Number(address.slice(colon + 1)), service };
  });
  return {
    protocol: (first.fields['tags'] as Tags)['kuma.io/protocol'] ?? 'tcp',
    known: true,
    endpoints,
  };
}

function endpointsOf(resource: StoredResource, port: number, world: World): readonly Endpoint[] {
  switch (resource.type) {
    case 'MeshExternalService': {
      const { endpoints = [] } = resource.fields['spec'] as {
        endpoints?: { address: string; port: number }[];
      };
      return endpoints.map((one) => ({
        host: one.address,
        port: one.port,
        service: resource.name,
        hostRewrite: one.address,
      }));
    }
    case 'MeshMultiZoneService':
      return matchedMeshServices(resource, world).flatMap((one) => endpointsOf(one, port, world));
    default:
      return behindMeshService(resource, port, world);
  }
}

function behindMeshService(
  resource: StoredResource,
  port: number,
  world: World,
): readonly Endpoint[] {
  const { selector, ports = [] } = meshServiceSpecOf(resource);
  const found = ports.find((one) => one.port === port);
  if (!found) return [];
  const target = found.targetPort ?? found.port;
  return world.index.selectedBy(resource).flatMap((dataplane) =>
    (networkingOf(dataplane).inbound ?? [])
      .filter((inbound) => inbound.port === target || inbound.name === target)
      .filter(
        (inbound) => isReady(inbound) && includesAll(inbound.tags, selector?.dataplaneTags ?? {}),
      )
      .map((inbound) => endpointAt(dataplane, inbound)),
  );
}

/**
 * Straight to the application, where a real mesh goes through the inbound's own proxy: the stand-in has one
 * proxy, the gateway's.
 */
function endpointAt(dataplane: StoredResource, inbound: Inbound): Endpoint {
  const { address } = networkingOf(dataplane);
  return {
    host: inbound.serviceAddress ?? inbound.address ?? address,
    port: inbound.servicePort ?? inbound.port,
    dataplane,
    service:
      inbound.tags?.['kuma.io/service'] ?? dataplane.labels['kuma.io/workload'] ?? dataplane.name,
  };
}

function isReady({ state, health }: Inbound): boolean {
  return state !== 'NotReady' && state !== 'Ignored' && health?.ready !== false;
}

function protocolOf({ tags, protocol }: Inbound): string {
  return tags?.['kuma.io/protocol'] ?? protocol ?? 'tcp';
}
