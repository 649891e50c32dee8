import { hostnamesOf } from './hostnames';
import { kriOf } from './labels';
import type { Flavour } from './flavour';
import { workloadStatus } from './generators-3';
import { issuedIdentityOf, meshIdentityStatus } from './identity';
import type { Place } from './labels';
import { kindByType } from './kinds';
import type { Proxies } from './proxies';
import { includesAll, meshServiceSpecOf } from './resource';
import type { Json, StoredResource } from './resource';
import { servicesOf } from './service-index';
import type { ServiceIndex } from './service-index';
import type { ResourceStore } from './store';
import type { Vips } from './vips';

/** Everything a view is computed from. */
export interface World {
  readonly place: Place;
  readonly store: ResourceStore;
  readonly index: ServiceIndex;
  readonly vips: Vips;
  readonly proxies: Proxies;
  /** Changes when another version takes over. */
  readonly flavour: Flavour;
}

/** A stored resource as GET shows it: computed when it is read, so a list costs its page. */
export function viewOf(resource: StoredResource, world: World): Json {
  const head = envelopeOf(resource);
  switch (resource.type) {
    case 'MeshService':
      return meshServiceView(resource, head, world);
    case 'MeshExternalService':
      return meshExternalServiceView(resource, head, world);
    case 'MeshMultiZoneService':
      return meshMultiZoneServiceView(resource, head, world);
    case 'Workload':
      return { ...head, ...resource.fields, status: workloadStatus(resource, world) };
    case 'MeshIdentity':
      return {
        ...head,
        ...resource.fields,
        ...(!world.flavour.tags && { status: meshIdentityStatus() }),
      };
    case 'MeshTrust':
      return {
        ...head,
        ...resource.fields,
        status: {
          origin: { kri: `kri_mid_${resource.mesh ?? ''}_${world.place.zone}__${resource.name}_` },
        },
      };
    default:
      return { ...head, ...resource.fields };
  }
}

/** What every object begins with. */
export function envelopeOf(resource: StoredResource, type = resource.type): Json {
  const kri = kriOf(kindByType(resource.type), resource);
  return {
    type,
    ...(resource.mesh !== undefined && { mesh: resource.mesh }),
    name: resource.name,
    creationTime: resource.creationTime,
    modificationTime: resource.modificationTime,
    ...(Object.keys(resource.labels).length > 0 && { labels: resource.labels }),
    ...(kri !== undefined && { kri }),
  };
}

/** The MeshServices a MeshMultiZoneService gathers. */
export function matchedMeshServices(
  resource: StoredResource,
  { store }: World,
): readonly StoredResource[] {
  const { selector } = resource.fields['spec'] as {
    selector?: { meshService?: { matchLabels?: Json } };
  };
  const labels = selector?.meshService?.matchLabels as Record<string, string> | undefined;
  if (!labels) return [];
  const named = labels['kuma.io/display-name'];
  const collection = store.collection('MeshService', resource.mesh);
  const candidate = named === undefined ? undefined : collection.get(named);
  // Found by name first, for its display name is what almost every selector says.
  if (candidate && includesAll(candidate.labels, labels)) return [candidate];
  return [...collection.values()].filter((one) => includesAll(one.labels, labels));
}

function meshServiceView(resource: StoredResource, head: Json, world: World): Json {
  const { mesh = '', name } = resource;
  const spec = meshServiceSpecOf(resource);
  const dataplanes = world.index.selectedBy(resource);
  const insights = dataplanes.map((one) => world.proxies.insightOf(mesh, one.name));
  const vip = world.vips.of('MeshService', mesh, name);
  const connected = insights.filter((insight) => insight?.online).length;
  const ready = insights.every((insight) => insight?.issuedBackend !== undefined);
  return {
    ...head,
    snis: (spec.ports ?? []).map((one) => ({
      port: one.port,
      sni: sniOf(resource, 'msvc', one.name ?? one.port),
    })),
    spec: {
      state: dataplanes.length > 0 ? 'Available' : 'Unavailable',
      ...spec,
      ...identitiesOf(dataplanes, world),
    },
    status: {
      ...named(resource, world, vip),
      ...(vip !== undefined && { vips: [{ ip: vip }] }),
      tls: { status: ready ? 'Ready' : 'NotReady' },
      dataplaneProxies:
        dataplanes.length === 0
          ? {}
          : {
              ...(connected > 0 && { connected }),
              healthy: dataplanes.length,
              total: dataplanes.length,
            },
    },
  };
}

/** By tag, or by SPIFFE ID where a MeshIdentity gives one. */
function identitiesOf(dataplanes: readonly StoredResource[], world: World): Json {
  const byTag = world.flavour.tags;
  const values = byTag
    ? dataplanes.flatMap(servicesOf)
    : dataplanes.flatMap((one) => {
        const issued = issuedIdentityOf(one, world);
        return issued?.backend === undefined ? [] : [issued.spiffeId];
      });
  const unique = [...new Set(values)].sort();
  const type = byTag ? 'ServiceTag' : 'SpiffeID';
  return unique.length > 0 ? { identities: unique.map((value) => ({ type, value })) } : {};
}

function meshExternalServiceView(resource: StoredResource, head: Json, world: World): Json {
  const { match } = resource.fields['spec'] as { match?: { port?: number } };
  const vip = world.vips.of('MeshExternalService', resource.mesh ?? '', resource.name);
  const port = match?.port ?? 0;
  return {
    ...head,
    snis: [{ port, sni: sniOf(resource, 'extsvc', port) }],
    ...resource.fields,
    status: {
      vip: vip === undefined ? {} : { ip: vip },
      ...named(resource, world, vip),
    },
  };
}

function meshMultiZoneServiceView(resource: StoredResource, head: Json, world: World): Json {
  const { mesh = '', name } = resource;
  const { ports = [] } = resource.fields['spec'] as {
    ports?: readonly { port: number; name?: string }[];
  };
  const snis = ports.map((one) => ({
    port: one.port,
    sni: sniOf(resource, 'mzsvc', one.name ?? one.port),
  }));
  const vip = world.vips.of('MeshMultiZoneService', mesh, name);
  if (vip === undefined) return { ...head, snis, ...resource.fields, status: {} };
  const matched = matchedMeshServices(resource, world);
  return {
    ...head,
    snis,
    ...resource.fields,
    status: {
      ...named(resource, world, vip),
      vips: [{ ip: vip }],
      meshServices: matched.map((one) => ({
        name: one.name,
        namespace: '',
        zone: one.labels['kuma.io/zone'] ?? '',
        mesh,
      })),
      conditions: [
        {
          type: 'MeshServicesMatched',
          status: matched.length > 0 ? 'True' : 'False',
          reason: matched.length > 0 ? 'MatchesFound' : 'NoMatchesFound',
          message: `Matched ${matched.length} MeshService(s)`,
        },
      ],
    },
  };
}

function sniOf(
  { mesh = '', name, labels }: StoredResource,
  short: string,
  port: string | number,
): string {
  const zone = labels['kuma.io/zone'];
  return ['sni', short, mesh, ...(zone === undefined ? [] : [zone]), name, port].join('.');
}

/** `status.addresses` and where they come from: there once the service has its VIP. */
function named(resource: StoredResource, { store, place }: World, vip: string | undefined): Json {
  const hostnames = vip === undefined ? [] : hostnamesOf(resource, store, place);
  if (hostnames.length === 0) return {};
  return {
    addresses: hostnames.map(({ hostname, generator }) => ({
      hostname,
      origin: 'HostnameGenerator',
      hostnameGeneratorRef: { coreName: generator },
    })),
    hostnameGenerators: hostnames.map(({ generator }) => ({
      hostnameGeneratorRef: { coreName: generator },
      conditions: [{ type: 'Generated', status: 'True', reason: 'Generated', message: '' }],
    })),
  };
}
