import { formatAddress } from '../../../catalog/address';
import { entityLabel, type Entity } from '../../kong/model';
import type { Found, Rule } from '../rule';
import type { Endpoint, FactsView } from '../view';

export const endpointAddress: Rule = {
  code: 'KM202',
  name: 'endpoint-address',
  severity: 'error',
  title: 'Kong dials an endpoint instead of the service',
  why: 'The host of a Kong service, or a target of an upstream, is the address of one Pod or machine of the mesh. The sidecar of the gateway does not take such traffic for the service: no policy, no balancing and no failover apply, and with strict mTLS the other side resets the connection, which Kong answers with 502.',
  fix: 'Link the Kong service to the mesh service: tag it mesh:<service>, or put the plugin on it.',
  check(view) {
    const { proxies, mesh } = view.facts;
    if (!proxies) return [];
    const endpoints = indexAddresses(view);
    return dialled(view).flatMap(({ entity, address }): readonly Found[] => {
      const endpoint = endpoints.get(address);
      if (!endpoint) return [];
      const service = endpoint.inbound.tags['kuma.io/service'] ?? endpoint.proxy.name;
      return [
        {
          subject: entityLabel(entity),
          severity: mesh?.mtls === false ? 'warning' : 'error',
          cause: `Kong dials ${address}, which is one endpoint of the mesh service ${service}.`,
          evidence: [`Dataplane ${endpoint.proxy.name} listens at ${address}`],
          fix: `Tag the Kong service mesh:${service}, or put the mesh-upstream plugin on it.`,
        },
      ];
    });
  },
};

function indexAddresses({ facts }: FactsView): ReadonlyMap<string, Endpoint> {
  const known = new Map<string, Endpoint>();
  for (const proxy of facts.proxies ?? []) {
    for (const inbound of proxy.inbounds) {
      for (const port of [inbound.port, inbound.servicePort]) {
        const place = formatAddress({ host: inbound.address, port });
        if (!known.has(place)) known.set(place, { proxy, inbound });
      }
    }
  }
  for (const { outbounds } of facts.gateways ?? []) {
    for (const { address, port } of outbounds) known.delete(formatAddress({ host: address, port }));
  }
  return known;
}

/** What Kong dials without any plugin: hosts of services and targets of upstreams. */
function dialled({ entities }: FactsView): readonly { entity: Entity; address: string }[] {
  const services = entities('services').flatMap((entity) => {
    const { host, port } = entity.fields;
    if (typeof host !== 'string') return [];
    return [
      { entity, address: formatAddress({ host, port: typeof port === 'number' ? port : 80 }) },
    ];
  });
  const targets = entities('targets').flatMap((entity) => {
    const { target } = entity.fields;
    if (typeof target !== 'string' || target === '') return [];
    // Kong takes port 8000 for a target without one.
    return [{ entity, address: /:\d+$/.test(target) ? target : `${target}:8000` }];
  });
  return [...services, ...targets];
}
