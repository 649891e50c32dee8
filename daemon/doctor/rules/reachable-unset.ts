import { meshTraits } from '../facts';
import { callsByVip, neededLists } from '../reachable';
import type { Found, Rule } from '../rule';
import { gatewayLabel } from '../view';

/** From about here on the sidecar's configuration is large enough to be worth a list. */
const manyServices = 100;

export const reachableUnset: Rule = {
  code: 'KM405',
  name: 'reachable-unset',
  severity: 'info',
  title: 'The sidecar is told of services that Kong never calls',
  why: 'With transparent proxying a sidecar gets a listener and endpoints for every service of the mesh unless a list limits it. In a large mesh that costs memory, and time at every change anywhere.',
  fix: 'Apply what kong-meshd manifests reachable-backends prints: the sidecar is then told of what Kong calls alone.',
  check(view) {
    const total = view.facts.catalog?.services.length ?? 0;
    if (total < manyServices) return [];
    const calls = callsByVip(view);
    return view.gateways.flatMap((gateway): readonly Found[] => {
      const proxy = view.proxyOf(gateway);
      if (!proxy || !view.intercepts(gateway) || calls.length === 0) return [];
      if (proxy.reachableServices || proxy.reachableBackends) return [];
      const { reachableServices, reachableBackends } = neededLists(
        calls,
        view.facts.mesh && meshTraits(view.facts.mesh).serviceTags,
      );
      const count = reachableServices.length + reachableBackends.length;
      if (count * 2 > total) return [];
      return [
        {
          subject: gatewayLabel(gateway),
          cause: `The sidecar of ${gateway.name} is told of ${total} services, of which Kong calls ${count}.`,
          evidence: [
            ...(reachableServices.length > 0
              ? [`reachableServices: ${JSON.stringify(reachableServices)}`]
              : []),
            ...(reachableBackends.length > 0
              ? [`reachableBackends: ${JSON.stringify({ refs: reachableBackends })}`]
              : []),
          ],
        },
      ];
    });
  },
};
