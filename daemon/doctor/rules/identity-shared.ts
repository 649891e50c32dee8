import type { Found, Rule } from '../rule';

export const identityShared: Rule = {
  code: 'KM105',
  name: 'identity-shared',
  severity: 'warning',
  title: 'Others go by the same name',
  why: "Whatever has the gateway's kuma.io/service has its permissions: a second gateway, the ingress controller's Pod that was annotated as a gateway too, or a workload with inbounds. Policies for the one then reach the other.",
  fix: 'Give one of them another kuma.io/service; take kuma.io/gateway off Pods that do not carry traffic.',
  check({ gateways, facts: { proxies = [], settings } }) {
    const ours = new Set(gateways.map(({ name }) => name));
    const names = new Set(
      gateways.flatMap(({ service }) => (service === undefined ? [] : [service])),
    );
    return [...names].flatMap((service): readonly Found[] => {
      const others = proxies.filter(
        ({ name, gateway, inbounds }) =>
          !ours.has(name) &&
          (gateway?.tags['kuma.io/service'] === service ||
            inbounds.some(({ tags }) => tags['kuma.io/service'] === service)),
      );
      // A service that selects gateways means all of them: only the named ones can have strangers.
      if (others.length === 0 || settings.dataplanes.length === 0) return [];
      const shown = others.slice(0, 5).map((other) => {
        const what = other.gateway ? 'another gateway' : 'a workload with inbounds';
        return `${other.name}: ${what}`;
      });
      const more = others.length - shown.length;
      return [
        {
          subject: `gateway ${[...ours].sort()[0] ?? ''}`,
          cause: `${others.length} other Dataplane${others.length === 1 ? ' has' : 's have'} the gateway's kuma.io/service ${service}.`,
          evidence: [...shown, ...(more > 0 ? [`and ${more} more`] : [])],
          ...(others.every(({ gateway }) => gateway !== undefined)
            ? {
                fix: 'If they serve the same Kong configuration, list all of them under gateway.dataplane; otherwise give one another kuma.io/service.',
              }
            : {}),
        },
      ];
    });
  },
};
