/** Permission of the gateway for each mesh service that Kong calls, judged once for several rules. */
import { fullReference } from '../../catalog/service';
import { judge, type PermissionClient, type Verdict } from './policy/permission';
import type { Called, FactsView } from './view';
import { subjectOfProxy } from './view';
import type { PolicySubject } from './policy/policy';

export interface Permission {
  readonly linked: Called;
  /** `orders.shop`: the mesh service. */
  readonly reference: string;
  readonly verdict: Verdict;
}

/**
 * How the mesh answers the gateway if it goes by `name`. Only for services whose Dataplanes decide:
 * external ones are let out by the zone's egress. Of several Dataplanes the strictest counts. Empty
 * where something that decides is not known.
 */
export function permissionsFor(view: FactsView, name: string): readonly Permission[] {
  const { facts, gateways } = view;
  const { permissions, legacyPermissions = [] } = facts.policies;
  const [gateway] = gateways;
  if (!permissions || !gateway || !facts.mesh?.mtls) return [];
  const client: PermissionClient = {
    service: name,
    tags: { ...gateway.tags, 'kuma.io/service': name },
    spiffeId: facts.mesh.ownIdentities ? undefined : `spiffe://${facts.settings.mesh}/${name}`,
  };
  const known = new Map<string, Verdict>();
  return view.called.flatMap((linked) => {
    const servers = serversOf(view, linked);
    if (servers.length === 0) return [];
    const reference = fullReference(linked.service);
    const key = `${linked.service.kind}/${reference}/${linked.port.port}`;
    const verdict =
      known.get(key) ??
      strictest(servers.map((server) => judge(permissions, legacyPermissions, client, server)));
    known.set(key, verdict);
    return [{ linked, reference, verdict }];
  });
}

function serversOf(view: FactsView, linked: Called): readonly PolicySubject[] {
  const { service, port } = linked;
  if (service.kind === 'MeshExternalService' || service.kind === 'ExternalService') return [];
  const subjects = new Map(
    view.endpointsOf(linked).map(({ proxy }) => [proxy.name, subjectOfProxy(proxy)]),
  );
  if (subjects.size > 0) return [...subjects.values()];
  // Without endpoints the tag alone still tells what most permissions select by.
  return port.tag === undefined || service.kind === 'MeshMultiZoneService'
    ? []
    : [
        {
          name: '',
          labels: service.labels,
          gateway: false,
          tagSets: [{ 'kuma.io/service': port.tag }],
        },
      ];
}

function strictest(verdicts: readonly Verdict[]): Verdict {
  const order: readonly Verdict['state'][] = ['denied', 'missing', 'unknown', 'allowed'];
  return [...verdicts].sort(
    (a, b) => order.indexOf(a.state) - order.indexOf(b.state),
  )[0] as Verdict;
}
