/** What the routes of a cluster come to for one gateway. */
import type { Failure } from '../../../catalog/error';
import { kubernetesErrors } from '../../kubernetes/errors';
import { judgeBackends, type JudgeContext, type Judgement } from '../../kubernetes/judge-backends';
import { routedServices, type Routing } from '../../kubernetes/routed-services';
import { upstreamForAnnotation } from '../../kubernetes/upstream-steps';
import type { ServiceView } from '../../kubernetes/views';
import type { ClusterFacts } from './cluster-facts';
import type { MeshMembers } from './mesh-members';
import { keyOf, type ServiceIndex } from './service-index';
import type { KindName } from './watched-kinds';

/** All that decides where a gateway's routes lead, apart from the Services themselves. */
const routingKinds = [
  'ingressClasses',
  'ingressClassParameters',
  'ingresses',
  'tcpIngresses',
  'gatewayClasses',
  'gateways',
  'httpRoutes',
  'grpcRoutes',
  'tcpRoutes',
  'tlsRoutes',
  'referenceGrants',
  'serviceFacades',
  'namespaces',
  'operatorControlPlanes',
] as const satisfies readonly KindName[];

export interface RouteOptions {
  readonly classes?: readonly string[] | undefined;
  readonly clusterDomain: string;
  /** Whether Services are annotated: only then are steps worked out. */
  readonly enforce: boolean;
}

type RouteCluster = (facts: ClusterFacts, options: RouteOptions) => Routing;

/** Mostly Services change: where the routes lead to is worked out anew only when they do. */
function rememberRouting(): RouteCluster {
  let last: { readonly lists: readonly unknown[]; readonly routing: Routing } | undefined;
  return ({ views, gatewayNamespace, namespaces, unread }, { classes }) => {
    const incomplete = routingKinds.some((kind) => unread.has(kind));
    const scope = {
      incomplete,
      ...(namespaces ? { namespaces: [...namespaces, gatewayNamespace] } : {}),
    };
    const lists = [incomplete, ...routingKinds.map((kind) => views[kind])];
    if (last?.lists.every((list, index) => list === lists[index]) !== true) {
      last = { lists, routing: routedServices(views, { classes, gatewayNamespace, scope }) };
    }
    return last.routing;
  };
}

export interface JudgeMembers extends MeshMembers {
  readonly services: ServiceIndex;
}

export type JudgeRoutes = (
  facts: ClusterFacts,
  options: RouteOptions,
  members: JudgeMembers,
) => Judgement;

/** Mostly Services change that no route leads to: what was found of the others stays. */
export function rememberJudgement(): JudgeRoutes {
  const route = rememberRouting();
  let last: { readonly basis: readonly unknown[]; readonly judgement: Judgement } | undefined;
  return (facts, options, members) => {
    // Without a mesh there is nothing to go past.
    if (facts.absent.has('dataplanes')) return { failures: [], steps: [] };
    const routing = route(facts, options);
    const isUnread = routingKinds.some((kind) => facts.unread.has(kind));
    const incomplete = isUnread || hasUnreadObjects(facts);
    const settings = JSON.stringify([options.enforce, options.clusterDomain, facts.namespaces]);
    const basis = [routing, incomplete, settings, ...members.basis];
    const { changed } = members.services;
    const concerns = (service: ServiceView): boolean =>
      routing.uses.has(keyOf(service)) || service.annotations[upstreamForAnnotation] !== undefined;
    const isSame = last?.basis.every((one, index) => one === basis[index]) === true;
    if (last && isSame && !changed.some(concerns)) return last.judgement;
    last = { basis, judgement: judgeRoutes(routing, facts, options, { ...members, incomplete }) };
    return last.judgement;
  };
}

function judgeRoutes(
  routing: Routing,
  facts: ClusterFacts,
  options: RouteOptions,
  {
    services: { byKey, marked },
    basis: _basis,
    ...context
  }: JudgeMembers & Pick<JudgeContext, 'incomplete'>,
): Judgement {
  const { gatewayNamespace, namespaces } = facts;
  const judged = judgeBackends(routing, marked, {
    ...context,
    find: (key) => byKey.get(key),
    ...(namespaces ? { namespaces: [...namespaces, gatewayNamespace] } : {}),
    clusterDomain: options.clusterDomain,
    owner: ownerOf(facts, options),
  });
  const found = [...routing.failures, ...judged.failures];
  if (!options.enforce) return { failures: found, steps: [] };
  return { failures: [...found, ...unclearClasses(routing)], steps: judged.steps };
}

/** Another gateway of the cluster has another namespace, or other classes. */
function ownerOf({ gatewayNamespace }: ClusterFacts, { classes }: RouteOptions): string {
  return [gatewayNamespace, ...(classes ?? [])].join('.');
}

/** An object that could not be understood may be a route. */
function hasUnreadObjects({ failures }: ClusterFacts): boolean {
  return failures.some(
    ({ code }) => code === 'MESH_RESOURCE_INVALID' || code === 'K8S_CRD_VERSION',
  );
}

function unclearClasses({ classes }: Routing): readonly Failure[] {
  if (classes.unclear.length === 0) return [];
  return [kubernetesErrors.failure('K8S_CLASSES_UNCLEAR', { classes: classes.unclear.join(', ') })];
}
