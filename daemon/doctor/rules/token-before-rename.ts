import type { Found, Rule } from '../rule';
import { gatewayLabel } from '../view';

export const tokenBeforeRename: Rule = {
  code: 'KM109',
  name: 'token-before-rename',
  severity: 'info',
  title: 'A rename needs a token that allows it',
  why: 'A dataplane token may be bound to values of kuma.io/service or to a kuma.io/workload. That is checked when a connection starts and not when the tag changes: the rename works, and the next restart of kuma-dp is refused. What a token is bound to cannot be read from here. Pooled connections keep the old identity until they drain, and a workload is read only when a certificate is made: its change shows with the next one.',
  fix: 'Before the rename issue a token for both names, or one bound to the name of the Dataplane; permit both names until kuma-dp was restarted.',
  check({ gateways, facts: { settings, mesh } }) {
    const { service: wanted, workload, environment } = settings;
    if (environment === 'kubernetes' || !mesh) return [];
    return gateways.flatMap((gateway): readonly Found[] => {
      const { service, name, labels } = gateway;
      const subject = gatewayLabel(gateway);
      const now = labels['kuma.io/workload'];
      const renamed = wanted !== undefined && service !== undefined && service !== wanted;
      return [
        ...(renamed
          ? [
              {
                subject,
                cause: `${name} is to be renamed from ${service} to ${wanted}: make sure that its token allows both.`,
              },
            ]
          : []),
        ...(workload !== undefined && now !== undefined && now !== workload
          ? [
              {
                subject,
                cause: `The workload of ${name} is to be ${workload} instead of ${now}: its next start needs a token for name ${name} and workload ${workload}.`,
                fix: 'Permit both SPIFFE IDs, issue that token, walk the stages with kong-meshd sync --rename, then restart kuma-dp: the certificate keeps the old ID until then.',
              },
            ]
          : []),
      ];
    });
  },
};
