import { issuerOf } from '../../../catalog/spiffe-id';
import { meshTraits } from '../facts';
import type { Found, Rule } from '../rule';
import { gatewayLabel } from '../view';

export const gatewayUnnamed: Rule = {
  code: 'KM112',
  name: 'gateway-unnamed',
  severity: 'error',
  title: 'The gateway has no identity, and so no configuration',
  why: 'From Kuma 3.0 on an identity is a SPIFFE ID that a MeshIdentity makes of the label kuma.io/workload. A proxy that cannot be named is connected and gets nothing: no listener, no certificate. The reason stands in the log of the control plane alone.',
  fix: 'Set gateway.workload in kong-meshd.yaml, or the label kuma.io/workload on the Dataplane; see that a MeshIdentity which is Ready selects it. kuma-dp then needs a token for name and workload.',
  check: ({ gateways, proxyOf, facts: { mesh, settings } }) =>
    gateways.flatMap((gateway): readonly Found[] => {
      if (!mesh || meshTraits(mesh).serviceTags) return [];
      const subject = gatewayLabel(gateway);
      const { name, labels } = gateway;
      if (settings.environment === 'universal' && labels['kuma.io/workload'] === undefined) {
        const cause = `The Dataplane ${name} has no label kuma.io/workload: nothing can name it.`;
        return [{ subject, cause, severity: mesh.ownIdentities ? 'error' : 'warning' }];
      }
      if (mesh.identities && mesh.ownIdentities && !issuerOf(mesh.identities, labels)) {
        const cause = `No MeshIdentity that gives certificates selects the Dataplane ${name}.`;
        return [{ subject, cause }];
      }
      const proxy = proxyOf(gateway)?.proxy;
      if (!mesh.ownIdentities || proxy?.online !== true || proxy.certified !== false) return [];
      const cause = `The sidecar of ${name} is connected and has no certificate.`;
      return [{ subject, cause }];
    }),
};
