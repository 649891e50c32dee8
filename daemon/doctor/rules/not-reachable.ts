import { fullReference } from '../../../catalog/service';
import { meshTraits } from '../facts';
import { callsByVip, isReachable, neededLists } from '../reachable';
import type { Found, Rule } from '../rule';
import { gatewayLabel } from '../view';
import { listed } from '../name-of';

export const notReachable: Rule = {
  code: 'KM404',
  name: 'not-reachable',
  severity: 'error',
  title: 'The list of reachable services leaves out what Kong calls',
  why: "reachableServices and reachableBackends limit what a sidecar is told about. What is left out has no listener: Kong's connections to its VIP are reset or leave the mesh. From Kuma 3.0 on a sidecar without a list is told of nothing, unless the control plane says defaults.restrictOutbound: false. The list can be made from the Kong configuration, which names everything that Kong calls.",
  fix: 'Apply what kong-meshd manifests reachable-backends prints, or put the list that the evidence shows into the Dataplane (on Kubernetes the annotation kuma.io/reachable-backends, or kuma.io/transparent-proxying-reachable-services).',
  check(view) {
    // What Kong calls is worked out only where there is a list to hold it against.
    if (!view.gateways.some((gateway) => view.proxyOf(gateway))) return [];
    const calls = callsByVip(view);
    const { mesh } = view.facts;
    const traits = mesh && meshTraits(mesh);
    const isRestricted = mesh?.restrictOutbound ?? traits?.restrictsOutbound === true;
    return view.gateways.flatMap((gateway): readonly Found[] => {
      const proxy = view.proxyOf(gateway);
      if (!proxy) return [];
      const byDefault = isRestricted && view.intercepts(gateway);
      const missing = calls.filter((linked) => isReachable(linked, proxy, byDefault) === false);
      if (missing.length === 0) return [];
      const names = [...new Set(missing.map(({ service }) => fullReference(service)))];
      const needed = neededLists(calls, traits?.serviceTags !== false);
      return [
        {
          subject: gatewayLabel(gateway),
          cause: `The sidecar of ${gateway.name} is not told of ${listed(names)}, which Kong calls.`,
          evidence: [
            ...(proxy.reachableServices
              ? [`right would be: reachableServices: ${JSON.stringify(needed.reachableServices)}`]
              : []),
            ...(proxy.reachableBackends || byDefault
              ? [
                  `right would be: reachableBackends: ${JSON.stringify({ refs: needed.reachableBackends })}`,
                ]
              : []),
          ],
        },
      ];
    });
  },
};
