import type { Json } from './resource';
import { networkingOf } from './resource';
import type { ServiceEntry } from './service-index';
import type { World } from './views';

export type ServiceType = 'internal' | 'external' | 'gateway_delegated' | 'gateway_builtin';

export const SERVICE_TYPES: readonly string[] = [
  'internal',
  'external',
  'gateway_delegated',
  'gateway_builtin',
];

/** What a service is, by what stands behind its tag. */
export function serviceTypeOf(mesh: string, entry: ServiceEntry, world: World): ServiceType {
  const [first] = entry.dataplanes;
  const dataplane = first === undefined ? undefined : world.store.get('Dataplane', mesh, first);
  if (!dataplane) return 'external';
  const { gateway } = networkingOf(dataplane);
  if (!gateway) return 'internal';
  return gateway.type === 'BUILTIN' ? 'gateway_builtin' : 'gateway_delegated';
}

/** One ServiceInsight, as recorded: `internal` is the enum's zero and left out, counts of zero too. */
export function serviceInsightView(
  mesh: string,
  name: string,
  entry: ServiceEntry,
  world: World,
): Json {
  const type = serviceTypeOf(mesh, entry, world);
  const since = world.store.get('Mesh', '', mesh)?.creationTime;
  const head = { type: 'ServiceInsight', mesh, name, creationTime: since, modificationTime: since };
  if (type === 'external') {
    const [external = ''] = entry.externals;
    const networking = world.store.get('ExternalService', mesh, external)?.fields['networking'] as
      Json | undefined;
    const addressPort = networking?.['address'];
    return { ...head, status: 'not_available', dataplanes: {}, serviceType: type, addressPort };
  }
  const insights = [...entry.dataplanes].map((one) => world.proxies.insightOf(mesh, one));
  const total = insights.length;
  const online = insights.filter((insight) => insight?.online).length;
  const issued = new Map<string, number>();
  for (const backend of insights.flatMap((insight) => insight?.issuedBackend ?? [])) {
    issued.set(backend, (issued.get(backend) ?? 0) + 1);
  }
  return {
    ...head,
    status: online === total ? 'online' : online === 0 ? 'offline' : 'partially_degraded',
    dataplanes: {
      total,
      ...(online > 0 && { online }),
      ...(online < total && { offline: total - online }),
    },
    ...(issued.size > 0 && {
      issuedBackends: Object.fromEntries(issued),
    }),
    ...(type === 'internal' ? { addressPort: `${name}.mesh:80` } : { serviceType: type }),
    zones: [world.place.zone],
  };
}
