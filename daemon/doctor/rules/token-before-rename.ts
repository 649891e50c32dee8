import type { Found, Rule } from '../rule';
import { gatewayLabel } from '../view';

export const tokenBeforeRename: Rule = {
  code: 'KM109',
  name: 'token-before-rename',
  severity: 'info',
  title: 'A rename needs a token that allows it',
  why: 'A dataplane token may be bound to values of kuma.io/service. That is checked when a connection starts and not when the tag changes: the rename works, and the next restart of kuma-dp is refused. What a token is bound to cannot be read from here. Pooled connections keep the old identity until they drain.',
  fix: 'Before the rename issue a token for both names, or one bound to the name of the Dataplane; permit both names until kuma-dp was restarted.',
  check({ gateways, facts: { settings, mesh } }) {
    const { service: wanted, environment } = settings;
    if (wanted === undefined || environment === 'kubernetes' || !mesh) return [];
    return gateways.flatMap((gateway): readonly Found[] => {
      const { service, name } = gateway;
      if (service === undefined || service === wanted) return [];
      const cause = `${name} is to be renamed from ${service} to ${wanted}: make sure that its token allows both.`;
      return [{ subject: gatewayLabel(gateway), cause }];
    });
  },
};
