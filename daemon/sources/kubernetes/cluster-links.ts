/** For commands that look once: where the routes lead, and what the Services select. */
import { routedServices } from '../../kubernetes/routed-services';
import type { ClusterLinks } from '../source';
import type { ClusterFacts } from './cluster-facts';

export function clusterLinks(
  { views, gatewayNamespace }: ClusterFacts,
  { classes }: { readonly classes?: readonly string[] | undefined },
): ClusterLinks {
  const services = new Map(views.services.map((one) => [`${one.namespace}/${one.name}`, one]));
  const { uses } = routedServices(views, { classes, gatewayNamespace });
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
  return { routed, selectors: new Map(selectors) };
}
