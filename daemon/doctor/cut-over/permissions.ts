/** Permissions: 3.0 reads `rules` with SPIFFE IDs alone; until it runs both identities must be let in. */
import { issuerOf, makeSpiffeId } from '../../../catalog/spiffe-id';
import type { GatewayDataplane } from '../../../catalog/gateway';
import { fullReference } from '../../../catalog/service';
import { meshTraits } from '../facts';
import { clientsNamed, judge } from '../policy/permission';
import { subjectOfProxy, type Called, type FactsView } from '../view';
import { blocker, type Blocker } from './blocker';
import { backendsWithoutWorkload } from './identity';

const workloadLabel = 'kuma.io/workload';

export function permissionBlockers(view: FactsView): readonly Blocker[] {
  const { facts, gateways } = view;
  const { permissions = [], legacyPermissions = [] } = facts.policies;
  const services = new Set(gateways.flatMap(({ service }) => service ?? []));
  const byFrom = permissions.filter(
    (policy) => policy.from.length > 0 && clientsNamed(policy).some((name) => services.has(name)),
  );
  const ids = idsToPermit(view);
  const denied = deniedIn3(view, ids);
  const isLabelled =
    denied.length === 0 &&
    backendsWithoutWorkload(view).length === 0 &&
    gateways.every(({ labels }) => labels[workloadLabel] !== undefined);
  return [
    ...blocker(
      'permissions',
      'permission-by-spiffe-id',
      denied.map(({ called }) => fullReference(called.service)),
      {
        what: `services that do not let the gateway in under rules as ${ids.join(' and ')}`,
        fix: 'Apply these beside what is there; both identities are let in from then on.',
        apply: denied.flatMap(({ called, workload }) =>
          workload === undefined ? [] : [permission(facts.settings.mesh, called, workload, ids)],
        ),
      },
    ),
    ...blocker(
      'permissions',
      'mesh-identity',
      facts.mesh?.mtls === true && !facts.mesh.ownIdentities ? [facts.settings.mesh] : [],
      {
        what: 'meshes whose certificates come from Mesh.mtls, which 3.0 does not read',
        fix: isLabelled
          ? 'Apply the MeshIdentity: labels and permissions are there for it.'
          : 'A MeshIdentity is due once every Dataplane has its label and its permission: those without a label get no new configuration from then on.',
        ...(isLabelled ? { apply: [meshIdentity(facts.settings.mesh)] } : {}),
      },
    ),
    // What has a successor may stay until the control plane is upgraded: 3.0 does not read it.
    ...blocker('leftovers', 'permission-by-from', namesOf(byFrom), {
      kind: 'ends',
      what: 'permissions that name the gateway in `from`',
      fix: 'Allow the SPIFFE ID under rules beside it, and remove `from` once no proxy has its old certificate.',
    }),
    ...blocker('leftovers', 'traffic-permission', namesOf(legacyPermissions), {
      kind: 'ends',
      what: 'old TrafficPermissions',
      fix: 'Write a MeshTrafficPermission with rules for each, and remove it.',
    }),
  ];
}

/** As the MeshIdentity makes it, or the one that migrate prints. */
function idIn3({ facts, gateways: [gateway] }: FactsView): string | undefined {
  const { mesh, settings } = facts;
  if (!gateway || !mesh?.mtls) return undefined;
  const made = makeSpiffeId(
    { mesh: settings.mesh, zone: gateway.zone, labels: labelsIn3(gateway, settings.workload) },
    settings.environment,
    issuerOf(mesh.identities ?? [], gateway.labels)?.templates,
  );
  return made.known ? made.id : undefined;
}

function labelsIn3(
  { labels }: GatewayDataplane,
  workload: string | undefined,
): Readonly<Record<string, string>> {
  return workload === undefined ? labels : { ...labels, [workloadLabel]: workload };
}

interface Denied {
  readonly called: Called;
  readonly workload: string | undefined;
}

/**
 * Until 3.x runs also the identity by its tag: connections that were opened under it keep it, and 3.0 judges them
 * by `rules` alone.
 */
function idsToPermit(view: FactsView): readonly string[] {
  const { gateways, facts } = view;
  const { mesh, settings } = facts;
  const next = idIn3(view);
  if (!mesh || next === undefined) return [];
  const service = gateways[0]?.service ?? settings.service;
  const hasOld = meshTraits(mesh).serviceTags && service !== undefined;
  return hasOld ? [next, `spiffe://${settings.mesh}/${service}`] : [next];
}

/** Judged as 3.0 will: without `from` and without the older kind. One for each service. */
function deniedIn3(view: FactsView, ids: readonly string[]): readonly Denied[] {
  const permissions = view.facts.policies.permissions?.map((policy) => ({ ...policy, from: [] }));
  if (!permissions) return [];
  const denied = new Map<string, Denied>();
  for (const called of view.called) {
    for (const { proxy } of view.endpointsOf(called)) {
      const server = subjectOfProxy(proxy);
      const isAllowed = ids.every((spiffeId) => {
        const client = { service: '', tags: {}, spiffeId };
        return judge(permissions, [], client, server).state === 'allowed';
      });
      if (isAllowed) continue;
      const key = fullReference(called.service);
      denied.set(key, { called, workload: proxy.labels[workloadLabel] });
    }
  }
  return [...denied.values()];
}

function permission(
  mesh: string,
  { service }: Called,
  workload: string,
  ids: readonly string[],
): object {
  const allow = ids.map((value) => ({ spiffeID: { type: 'Exact', value } }));
  const name = `kong-to-${fullReference(service)}`.toLowerCase().replace(/[^a-z0-9]+/g, '-');
  return {
    type: 'MeshTrafficPermission',
    mesh,
    name: name.slice(0, 63).replace(/-+$/, ''),
    spec: {
      targetRef: { kind: 'Dataplane', labels: { [workloadLabel]: workload } },
      rules: [{ default: { allow } }],
    },
  };
}

function namesOf(ones: readonly { readonly name: string }[]): readonly string[] {
  return ones.map(({ name }) => name);
}

function meshIdentity(mesh: string): object {
  return {
    type: 'MeshIdentity',
    mesh,
    name: 'identity',
    spec: {
      selector: { dataplane: { matchLabels: {} } },
      provider: {
        type: 'Bundled',
        bundled: { autogenerate: { enabled: true }, insecureAllowSelfSigned: true },
      },
    },
  };
}
