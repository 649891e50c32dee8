import { isGateway } from '../../../catalog/gateway';
import { meshTraits } from '../facts';
import type { Rule } from '../rule';
import { gatewayLabel } from '../view';

export const notDelegated: Rule = {
  code: 'KM102',
  name: 'not-delegated',
  severity: 'error',
  title: 'The Dataplane is no gateway',
  why: 'A sidecar with inbounds takes the traffic that comes to Kong for itself, and a builtin gateway has no Kong behind it. Until Kuma 2.14 a Dataplane with networking.gateway of type DELEGATED leaves incoming traffic to Kong and carries its outgoing one; on Kubernetes the Pod has the annotation kuma.io/gateway: enabled. From 3.0 on it is an ordinary Dataplane without inbounds, and on Kubernetes the Pod names its ports in traffic.kuma.io/exclude-inbound-ports.',
  fix: 'Take the inbounds off the Dataplane and give it networking.gateway with type DELEGATED; on Kubernetes annotate the Pod with kuma.io/gateway: enabled.',
  check: ({ gateways, facts: { mesh, settings } }) =>
    gateways
      .filter((gateway) => !isGateway(gateway))
      .map((gateway) => ({
        subject: gatewayLabel(gateway),
        cause: `The Dataplane ${gateway.name} is a sidecar with inbounds, a zone proxy or a builtin gateway.`,
        // There is no such block and no such annotation any more.
        ...(mesh && !meshTraits(mesh).gatewayBlock ? { fix: fixIn3 } : {}),
        // There inbounds stand for Services that are not ignored: Kong works all the same.
        ...(mesh && !meshTraits(mesh).gatewayBlock && settings.environment === 'kubernetes'
          ? { severity: 'warning' as const }
          : {}),
      })),
};

const fixIn3 =
  'Take the inbounds off the Dataplane; on Kubernetes name the ports Kong listens on in traffic.kuma.io/exclude-inbound-ports of the Pod, and annotate its Services with kuma.io/ignore: "true".';
