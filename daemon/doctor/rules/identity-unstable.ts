import type { GatewayDataplane } from '../../../catalog/gateway';
import type { Found, Rule } from '../rule';
import { gatewayLabel, type FactsView } from '../view';

/** Services of Kong that are not its proxy, by the words in their usual names. */
const sideService =
  /(^|-)(admin|metrics|monitoring|webhook|manager|status|validation|cluster)(-|$)/;
/** What Kong's operator puts behind names: five random letters, once or twice. */
const randomSuffix = /-(?=[a-z0-9]*\d)[a-z0-9]{5}(-[a-z0-9]{5})?$/;

export const identityUnstable: Rule = {
  code: 'KM104',
  name: 'identity-unstable',
  severity: 'warning',
  title: 'The gateway may change its name',
  why: 'Where a file owns the Dataplane, what was changed through the API is lost at the next reconnect. On Kubernetes the name comes from the first Service that selects the Pod: a new Service that sorts earlier, or a generated name, renames the gateway. Gateways behind one Kong configuration that go by different names are let in and denied by turns.',
  fix: 'Make the name come from one place that lasts: the Dataplane that the daemon keeps, or a Service with a fixed name and kuma.io/ignore on the others.',
  check: (view) => [...reverting(view), ...differing(view), ...ofKubernetes(view)],
};

function reverting({ gateways, proxyOf }: FactsView): readonly Found[] {
  return gateways.flatMap((gateway): readonly Found[] => {
    const file = proxyOf(gateway)?.proxy?.file;
    if (!file || file.service === undefined || file.service === gateway.service) return [];
    return [
      {
        subject: gatewayLabel(gateway),
        severity: 'error',
        cause: `The gateway is ${gateway.service ?? 'nameless'} now and will be ${file.service} again when kuma-dp reconnects: its Dataplane comes from a file.`,
        evidence: [
          `live: kuma.io/service = ${gateway.service ?? '(none)'}`,
          `in the file that kuma-dp was started with: ${file.service}`,
        ],
        fix: 'Change kuma.io/service in the file and restart kuma-dp, or start it with --name and --mesh so that the API owns the Dataplane.',
      },
    ];
  });
}

function differing({ gateways, facts }: FactsView): readonly Found[] {
  const names = [...new Set(gateways.map(({ service }) => service ?? '(none)'))].sort();
  if (names.length < 2) return [];
  return [
    {
      subject: `mesh ${facts.settings.mesh}`,
      severity: 'error',
      cause: `The gateways behind one Kong configuration go by different names: ${names.join(', ')}.`,
      evidence: gateways.map(({ name, service }) => `${name}: ${service ?? '(none)'}`),
    },
  ];
}

function ofKubernetes({ gateways, facts }: FactsView): readonly Found[] {
  if (facts.settings.environment !== 'kubernetes') return [];
  const [gateway] = gateways;
  const service = gateway && kubernetesService(gateway);
  if (!gateway || service === undefined) return [];
  const { tags } = gateway;
  const evidence = [
    `kuma.io/service = ${gateway.service ?? '(none)'}, from the Service ${service}`,
    ...(tags['k8s.kuma.io/service-port'] === undefined
      ? []
      : [`its first port: ${tags['k8s.kuma.io/service-port']}`]),
  ];
  const subject = gatewayLabel(gateway);
  if (sideService.test(service)) {
    const cause = `The gateway is named after the Service ${service}, which is not the one of Kong's proxy.`;
    return [{ subject, cause, evidence }];
  }
  if (randomSuffix.test(service)) {
    const cause = `The gateway is named after the Service ${service}, whose name looks generated: it will be another one when the Service is made again.`;
    return [{ subject, cause, evidence }];
  }
  return [];
}

function kubernetesService({ tags, service }: GatewayDataplane): string | undefined {
  return tags['k8s.kuma.io/service-name'] ?? /^([^_]+)_[^_]+_svc(_\d+)?$/.exec(service ?? '')?.[1];
}
