/** Permission of the gateway for each mesh service that Kong calls, judged once for several rules. */
import { fullReference } from '../../catalog/service';
import { identityOfGateway } from './identity';
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
 * How the mesh answers the gateway by what it goes by, or would go by under another `kuma.io/service`. Only for services whose Dataplanes decide:
 * external ones are let out by the zone's egress. Of several Dataplanes the strictest counts. Empty
 * where something that decides is not known.
 */
export function permissionsFor(view: FactsView, service?: string): readonly Permission[] {
  const { facts, gateways } = view;
  const [gateway] = gateways;
  const identity = gateway && identityOfGateway(facts, gateway);
  if (!facts.policies.permissions || !identity || !facts.mesh?.mtls) return [];
  const { settings } = facts;
  const { byIdAlone } = identity;
  const name = service ?? identity.name;
  const client: PermissionClient = {
    service: name,
    tags: byIdAlone ? {} : { ...gateway.tags, 'kuma.io/service': name },
    spiffeId:
      service === undefined || identity.issuedBy === 'identity'
        ? identity.spiffeId
        : `spiffe://${settings.mesh}/${name}`,
  };
  // Where there are no tags `from` is not read any more, and neither is the older kind.
  const permissions = byIdAlone
    ? facts.policies.permissions.map((policy) => ({ ...policy, from: [] }))
    : facts.policies.permissions;
  const legacyPermissions = byIdAlone ? [] : (facts.policies.legacyPermissions ?? []);
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
  // Without endpoints the tag or the labels alone still tell what most permissions select by.
  if (service.selects && service.kind === 'MeshService') {
    return [{ name: '', labels: service.selects, gateway: false, tagSets: [] }];
  }
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
