import { formatAddress } from '../../../catalog/address';
import { entityLabel, type Entity, type JsonObject } from '../../kong/model';
import { at } from '../policy/effective';
import type { Found, Rule } from '../rule';
import { groupBy, type FactsView } from '../view';

export const healthChecksFight: Rule = {
  code: 'KM505',
  name: 'health-checks-fight',
  severity: 'warning',
  title: "Kong's health checks judge the sidecar",
  why: 'An upstream of Kong whose targets are addresses of the mesh has only the sidecar to probe: it always accepts connections, and a few 503 of one bad endpoint take the whole service out. Where the upstream has one target, unhealthy means 503 `failure to get a peer` for everybody. The mesh checks endpoints one by one (MeshHealthCheck, MeshCircuitBreaker).',
  fix: "Turn the upstream's active and passive health checks off, or let the Kong service name the mesh service without an upstream.",
  check(view) {
    // All addresses of a large mesh are a lot of work for a Kong without upstreams.
    if (view.entities('upstreams').length === 0) return [];
    const addresses = meshAddresses(view);
    const policies = view.facts.policies.healthChecks ?? [];
    const targetsOf = groupBy(
      view.entities('targets'),
      (target) => target.references['upstream']?.id,
    );
    return view.entities('upstreams').flatMap((upstream): readonly Found[] => {
      const kinds = checksOf(upstream.fields);
      if (kinds.length === 0) return [];
      const targets = targetsOf.get(upstream.id) ?? [];
      const inMesh = targets.filter((target) => addresses.has(addressOf(target)));
      if (inMesh.length === 0) return [];
      return [
        {
          subject: entityLabel(upstream),
          cause: `The upstream has ${kinds.join(' and ')} health checks, and ${inMesh.length} of its ${targets.length} targets ${inMesh.length === 1 ? 'is an address' : 'are addresses'} of the mesh.`,
          evidence: [
            ...inMesh.slice(0, 5).map((target) => addresses.get(addressOf(target)) ?? ''),
            ...(targets.length === 1 ? ['it is the only target: unhealthy means 503 for all'] : []),
            ...(policies.length > 0
              ? [
                  `the mesh checks too: MeshHealthCheck ${policies.map(({ name }) => name).join(', ')}`,
                ]
              : []),
          ],
        },
      ];
    });
  },
};

/** Kong's checks are off while intervals and counters are 0, which is their default. */
function checksOf(fields: JsonObject): readonly string[] {
  const positive = (...path: readonly string[]): boolean => {
    const value = at(fields, 'healthchecks', ...path);
    return typeof value === 'number' && value > 0;
  };
  const active =
    positive('active', 'healthy', 'interval') || positive('active', 'unhealthy', 'interval');
  const passive = ['http_failures', 'tcp_failures', 'timeouts'].some((counter) =>
    positive('passive', 'unhealthy', counter),
  );
  return [...(active ? ['active'] : []), ...(passive ? ['passive'] : [])];
}

function addressOf({ fields }: Entity): string {
  const { target } = fields;
  if (typeof target !== 'string') return '';
  return (/:\d+$/.test(target) ? target : `${target}:8000`).toLowerCase();
}

/** Every address by which the gateway reaches the mesh, with what it stands for. */
function meshAddresses({ facts }: FactsView): ReadonlyMap<string, string> {
  const { catalog } = facts;
  const known = new Map<string, string>();
  for (const service of catalog?.services ?? []) {
    for (const port of service.ports) {
      for (const address of Object.values(catalog?.addressesOf(service, port) ?? {})) {
        const place = formatAddress(address).toLowerCase();
        known.set(place, `${place} is ${service.kind} ${service.name} port ${port.port}`);
      }
    }
  }
  return known;
}
