import { meshTraits } from '../facts';
import type { Found, Rule } from '../rule';
import { gatewayLabel } from '../view';

export const identityWrong: Rule = {
  code: 'KM103',
  name: 'identity-wrong',
  severity: 'error',
  title: 'The gateway goes by another kuma.io/service',
  why: "Permissions name the gateway by its kuma.io/service. A control plane accepts a gateway without any tag in silence. On Kubernetes the tag is that of the first Service, by name, which selects the Pod: with Kong's usual names that is kong-admin, not kong-proxy.",
  fix: 'Let the daemon keep it (gateway.align: enforce), or correct the tag at its source; permit both names until connections under the old one have drained.',
  check({ gateways, facts: { settings, mesh } }) {
    const { service: wanted, environment } = settings;
    // From 3.0 on gateways have no tags: identity is a label or a SPIFFE ID.
    const tagless = mesh !== undefined && !meshTraits(mesh).serviceTags;
    const kubernetesFix =
      'Annotate every other Service that selects the Pod with kuma.io/ignore: "true", so that the one with the right name comes first.';
    return gateways.flatMap((gateway): readonly Found[] => {
      const { service, tags, name, plain } = gateway;
      const subject = gatewayLabel(gateway);
      if (service === undefined) {
        if (tagless || plain === true) return [];
        const cause = `The Dataplane ${name} has no kuma.io/service: no permission can name it.`;
        return [{ subject, cause, severity: wanted === undefined ? 'warning' : 'error' }];
      }
      if (wanted === undefined || service === wanted) return [];
      const from = tags['k8s.kuma.io/service-name'];
      return [
        {
          subject,
          cause: `The gateway is ${service} in the mesh, and must be ${wanted}: permissions for ${wanted} do not let it in.`,
          evidence: [
            `Dataplane ${name}: kuma.io/service = ${service}`,
            ...(from === undefined ? [] : [`made from the Kubernetes Service ${from}`]),
            `gateway.service = ${wanted}`,
          ],
          ...(environment === 'kubernetes' ? { fix: kubernetesFix } : {}),
        },
      ];
    });
  },
};
