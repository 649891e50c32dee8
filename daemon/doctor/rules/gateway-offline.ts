import type { Found, Rule } from '../rule';
import { gatewayLabel } from '../view';

export const gatewayOffline: Rule = {
  code: 'KM106',
  name: 'gateway-offline',
  severity: 'error',
  title: "The gateway's sidecar is not connected",
  why: 'Envoy keeps its last configuration while kuma-dp is away from the control plane: what exists goes on, but new outbounds never listen, endpoints are not followed and certificates run out. Without a connection from the start nothing listens at all.',
  fix: "Look into kuma-dp's log; a token that does not allow the Dataplane's name or kuma.io/service is refused at the start of a connection only.",
  check: ({ gateways, proxyOf, facts }) =>
    gateways.flatMap((gateway): readonly Found[] => {
      const known = proxyOf(gateway);
      if (!facts.proxies || !known || known.proxy?.online === true) return [];
      const cause = known.proxy
        ? `The sidecar of ${gateway.name} has lost its connection to the control plane.`
        : `No sidecar ever connected for the Dataplane ${gateway.name}.`;
      return [{ subject: gatewayLabel(gateway), cause }];
    }),
};
