/** For commands that look once: where the routes lead, and what the Services select. */
import { routedServices } from '../../kubernetes/routed-services';
import type { BackendRefView, IngressView, RouteView } from '../../kubernetes/route-views';
import type { ClusterLinks, ClusterRoute } from '../source';
import type { ClusterFacts } from './cluster-facts';

export function clusterLinks(
  { views, gatewayNamespace, matches }: ClusterFacts,
  { classes }: { readonly classes?: readonly string[] | undefined },
): ClusterLinks {
  const services = new Map(views.services.map((one) => [`${one.namespace}/${one.name}`, one]));
  const { uses, routes } = routedServices(views, { classes, gatewayNamespace });
  const routed = [...uses].flatMap(([key, places]) => {
    const service = services.get(key);
    const { namespace, name, ports = [] } = service ?? {};
    if (namespace === undefined || name === undefined) return [];
    const asked = places.map(({ port }) => port);
    const found = ports.filter(
      ({ port, name: called, targetPort }) =>
        asked.includes(port) ||
        (called !== undefined && asked.includes(called)) ||
        (typeof targetPort === 'string' && asked.includes(targetPort)),
    );
    return found.map(({ port }) => ({ namespace, name, port }));
  });
  const selectors = [...services].flatMap(([key, { selector }]) =>
    selector ? [[key, selector] as const] : [],
  );
  return { routed, routes: clusterRoutes(routes, matches), selectors: new Map(selectors) };
}

function clusterRoutes(
  routes: readonly (IngressView | RouteView)[],
  matches: ClusterFacts['matches'],
): readonly ClusterRoute[] {
  return routes.flatMap((route) => {
    const { kind, namespace, name } = route;
    const rules = 'rules' in route ? route.rules : route.backends.map((backend) => [backend]);
    return (matches?.get(route) ?? []).map((match) => ({
      ...{ kind, namespace, name, match },
      backends: (rules[match.rule] ?? [])
        .filter(({ weight, kind: target }) => weight > 0 && target === 'Service')
        .map((backend) => targetOf(backend, namespace)),
    }));
  });
}

function targetOf(
  { namespace, name, port }: BackendRefView,
  own: string,
): ClusterRoute['backends'][number] {
  return { namespace: namespace ?? own, name, ...(port === undefined ? {} : { port }) };
}
