/** What the routes of a cluster come to for one gateway. */
import type { Failure } from '../../../catalog/error';
import { kubernetesErrors } from '../../kubernetes/errors';
import { judgeBackends, type Judgement } from '../../kubernetes/judge-backends';
import { routedServices, type Routing } from '../../kubernetes/routed-services';
import type { ServiceView } from '../../kubernetes/views';
import type { ClusterFacts } from './cluster-facts';
import { indexOnce } from './service-index';
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

export type RouteCluster = (facts: ClusterFacts, options: RouteOptions) => Routing;

/** Mostly Services change: where the routes lead to is worked out anew only when they do. */
export function rememberRouting(): RouteCluster {
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

export function judgeRoutes(
  facts: ClusterFacts,
  members: readonly ServiceView[],
  options: RouteOptions,
  {
    route,
    lacksProxies,
  }: { readonly route: RouteCluster; readonly lacksProxies?: (service: ServiceView) => boolean },
): Judgement {
  const { views, absent, unread, gatewayNamespace, namespaces } = facts;
  // Without a mesh there is nothing to go past.
  if (absent.has('dataplanes')) return { failures: [], steps: [] };
  const routing = route(facts, options);
  const known = new Set(members);
  const judged = judgeBackends(routing, views.services, {
    find: indexOnce(views.services),
    isMember: (service) => known.has(service),
    ...(lacksProxies ? { lacksProxies } : {}),
    ...(namespaces ? { namespaces: [...namespaces, gatewayNamespace] } : {}),
    clusterDomain: options.clusterDomain,
    owner: ownerOf(facts, options),
    incomplete: routingKinds.some((kind) => unread.has(kind)) || hasUnreadObjects(facts),
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
