import type { NodeFacts } from '../../../../daemon/doctor/facts';
import { dnsNegative } from '../../../../daemon/doctor/rules/dns-negative';
import { dnsSrvFirst } from '../../../../daemon/doctor/rules/dns-srv-first';
import { dnsStale } from '../../../../daemon/doctor/rules/dns-stale';
import { notReachable } from '../../../../daemon/doctor/rules/not-reachable';
import { reachableUnset } from '../../../../daemon/doctor/rules/reachable-unset';
import { factsFrom, gatewayProxy, orders, routedOrders, type Case } from '../facts-from';
import type { RuleTable } from './table';

const defaults: NonNullable<NodeFacts['configuration']> = {
  newDnsClient: false,
  dnsOrder: ['LAST', 'SRV', 'A', 'CNAME'],
  staleTtlS: 3600,
  notFoundTtlS: 30,
  resolverFamily: ['A', 'SRV'],
};
const transparent = [{ transparentProxy: true, outbounds: [] }];
/** A service without a VIP is reached by its name. */
const byName: Case = { gateways: transparent, services: [{ ...orders, vips: [] }] };
const withDns = (dns: Partial<typeof defaults>, given: Case = byName) =>
  factsFrom({
    ...given,
    more: {
      node: {
        url: 'http://127.0.0.1:8001',
        rootFails: false,
        pluginServers: [],
        configuration: { ...defaults, ...dns },
      },
    },
  });
/** As `manifests reachable-backends` prints it. */
const byLabels = (namespace: string, name: string) => ({
  kind: 'MeshService',
  labels: { 'kuma.io/display-name': name, 'k8s.kuma.io/namespace': namespace },
  port: 8080,
});
const ref = (name: string, port?: number) => ({
  kind: 'MeshService',
  name,
  labels: {},
  ...(port === undefined ? {} : { port }),
});
const legacy = {
  kind: 'LegacyService' as const,
  name: 'orders',
  ports: [{ port: 80, tag: 'orders', servedAt: { hostnames: ['orders.mesh'], port: 80 } }],
};
const many = Array.from({ length: 120 }, (_, index) => ({
  ...orders,
  name: `svc-${index}`,
  ports: [{ port: 8080 }],
  hostnames: [],
}));

export const addressTables: readonly RuleTable[] = [
  {
    rule: dnsSrvFirst,
    fires: {
      "Kong's default order": {
        facts: withDns({}),
        finds: ['warning kong'],
        says: 'KONG_DNS_ORDER=LAST,A,CNAME',
      },
      'the new client': {
        facts: withDns({ newDnsClient: true, dnsOrder: [] }),
        finds: ['warning kong'],
        says: 'KONG_RESOLVER_FAMILY=A',
      },
    },
    quiet: {
      'no SRV': withDns({ dnsOrder: ['LAST', 'A', 'CNAME'] }),
      'no link by name': withDns({}, { gateways: transparent }),
      'settings that could not be asked for': factsFrom(byName),
    },
  },
  {
    rule: dnsStale,
    fires: {
      'an hour': { facts: withDns({}), finds: ['warning kong'], says: 'KONG_DNS_STALE_TTL=30' },
      'the new client': {
        facts: withDns({ newDnsClient: true }),
        finds: ['warning kong'],
        says: 'KONG_RESOLVER_STALE_TTL=30',
      },
    },
    quiet: {
      'half a minute': withDns({ staleTtlS: 30 }),
      'no link by name': withDns({}, { gateways: transparent }),
    },
  },
  {
    rule: dnsNegative,
    fires: { 'half a minute': { facts: withDns({}), finds: ['info kong'] } },
    quiet: {
      'a second': withDns({ notFoundTtlS: 1 }),
      'the new client, which has another setting': withDns({ newDnsClient: true }),
    },
  },
  {
    rule: notReachable,
    fires: {
      'a list of backends without the one': {
        facts: factsFrom({
          gateways: transparent,
          proxies: [gatewayProxy({ reachableBackends: [ref('web')] })],
        }),
        finds: ['error gateway kong-01'],
        says: '{"refs":[{"kind":"MeshService","name":"orders","port":8080}]}',
      },
      'a list without what a route of the cluster leads to': {
        facts: factsFrom({
          ...routedOrders,
          gateways: transparent,
          proxies: [gatewayProxy({ reachableBackends: [byLabels('shop', 'web')] })],
        }),
        finds: ['error gateway kong-01'],
      },
      'another port of it': {
        facts: factsFrom({
          gateways: transparent,
          proxies: [gatewayProxy({ reachableBackends: [ref('orders', 9090)] })],
        }),
        finds: ['error gateway kong-01'],
      },
      'a list of tags without the one': {
        facts: factsFrom({
          gateways: transparent,
          services: [legacy],
          proxies: [gatewayProxy({ reachableServices: ['web'] })],
        }),
        finds: ['error gateway kong-01'],
        says: 'reachableServices: ["orders"]',
      },
    },
    quiet: {
      'a Service of the cluster, listed by labels': factsFrom({
        ...routedOrders,
        gateways: transparent,
        proxies: [gatewayProxy({ reachableBackends: [byLabels('shop', 'orders')] })],
      }),
      'no list': factsFrom({ gateways: transparent }),
      'it is listed': factsFrom({
        gateways: transparent,
        proxies: [gatewayProxy({ reachableBackends: [ref('orders', 8080)] })],
      }),
      'a list of the other kind of services': factsFrom({
        gateways: transparent,
        proxies: [gatewayProxy({ reachableServices: ['web'] })],
      }),
      'an outbound of its own': factsFrom({
        proxies: [gatewayProxy({ reachableBackends: [] })],
      }),
    },
  },
  {
    rule: reachableUnset,
    fires: {
      'one of many services is called': {
        facts: factsFrom({ gateways: transparent, services: [orders, ...many] }),
        finds: ['info gateway kong-01'],
        says: 'reachableBackends: {"refs":',
      },
    },
    quiet: {
      'a small mesh': factsFrom({ gateways: transparent }),
      'a list': factsFrom({
        gateways: transparent,
        services: [orders, ...many],
        proxies: [gatewayProxy({ reachableBackends: [ref('orders')] })],
      }),
    },
  },
];
