import { meshTraits } from '../facts';
import { listed } from '../name-of';
import type { Policy } from '../policy/policy';
import type { Found, Rule } from '../rule';
import { gatewayLabel } from '../view';

export const meshPolicyPassesBy: Rule = {
  code: 'KM506',
  name: 'mesh-policy-passes-by',
  severity: 'info',
  title: 'Policies for the whole mesh do not reach the gateway',
  why: 'Until 3.0 a policy for outgoing traffic whose targetRef is the Mesh counts for proxies with inbounds or a gateway block. A gateway in the form of 3.x has neither: the sidecar has no retries, and the default timeouts, whatever such a policy says. From 3.0 on it reaches the gateway.',
  fix: 'Where the gateway needs them before 3.0, write a copy of the policy that selects it by a label.',
  check({ gateways, facts: { mesh, policies } }) {
    if (!mesh || meshTraits(mesh).meshPoliciesReachPlain) return [];
    const kinds: readonly (readonly [string, readonly Policy[] | undefined])[] = [
      ['MeshTimeout', policies.timeouts],
      ['MeshRetry', policies.retries],
      ['MeshHealthCheck', policies.healthChecks],
    ];
    const evidence = kinds.flatMap(([kind, all = []]) => {
      const names = all.filter(isForMesh).map(({ name }) => name);
      return names.length === 0 ? [] : [`${kind} ${listed(names)}`];
    });
    if (evidence.length === 0) return [];
    return gateways.flatMap((gateway): readonly Found[] => {
      if (gateway.plain !== true) return [];
      const workload = gateway.labels['kuma.io/workload'];
      return [
        {
          subject: gatewayLabel(gateway),
          cause: `Policies with targetRef Mesh do not reach ${gateway.name}, which has neither a gateway block nor inbounds.`,
          evidence,
          ...(workload === undefined
            ? {}
            : {
                fix: `Where the gateway needs them before 3.0, write a copy with targetRef: {kind: Dataplane, labels: {kuma.io/workload: ${workload}}}.`,
              }),
        },
      ];
    });
  },
};

/** For gateways alone it means those with a block. */
function isForMesh({ targetRef, to }: Policy): boolean {
  return targetRef.kind === 'Mesh' && targetRef.proxyTypes.length === 0 && to.length > 0;
}
