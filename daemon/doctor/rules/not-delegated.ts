import type { Rule } from '../rule';
import { gatewayLabel } from '../view';

export const notDelegated: Rule = {
  code: 'KM102',
  name: 'not-delegated',
  severity: 'error',
  title: 'The Dataplane is no delegated gateway',
  why: 'A sidecar with inbounds takes the traffic that comes to Kong for itself, and a builtin gateway has no Kong behind it. Only a Dataplane with networking.gateway of type DELEGATED leaves incoming traffic to Kong and carries its outgoing one. On Kubernetes the Pod needs the annotation kuma.io/gateway: enabled.',
  fix: 'Give the Dataplane networking.gateway with type DELEGATED and no inbound; on Kubernetes annotate the Pod with kuma.io/gateway: enabled.',
  check: ({ gateways }) =>
    gateways
      .filter(({ delegated }) => !delegated)
      .map((gateway) => ({
        subject: gatewayLabel(gateway),
        cause: `The Dataplane ${gateway.name} is a sidecar or a builtin gateway, not a delegated one.`,
      })),
};
