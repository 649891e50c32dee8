import type { Found, Rule } from '../rule';
import { gatewayLabel } from '../view';

export const proxyMisfit: Rule = {
  code: 'KM108',
  name: 'proxy-misfit',
  severity: 'warning',
  title: 'Versions of the sidecar do not fit',
  why: 'The control plane says that the versions of kuma-dp, Envoy and itself are not meant for one another. It serves them nevertheless, so what breaks shows only later.',
  fix: "Run the gateway's kuma-dp, with the Envoy that comes with it, in the version of the control plane.",
  check: ({ gateways, proxyOf }) =>
    gateways.flatMap((gateway): readonly Found[] => {
      const misfit = proxyOf(gateway)?.proxy?.misfit;
      if (misfit === undefined) return [];
      const cause = `The control plane does not call the sidecar of ${gateway.name} compatible.`;
      return [{ subject: gatewayLabel(gateway), cause, evidence: [misfit] }];
    }),
};
