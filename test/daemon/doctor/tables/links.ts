import { bypass } from '../../../../daemon/doctor/rules/bypass';
import { endpointAddress } from '../../../../daemon/doctor/rules/endpoint-address';
import { meshHostUnlinked } from '../../../../daemon/doctor/rules/mesh-host-unlinked';
import { nameBehindIp } from '../../../../daemon/doctor/rules/name-behind-ip';
import { passthroughOnMissing } from '../../../../daemon/doctor/rules/passthrough-on-missing';
import { protocolTcp } from '../../../../daemon/doctor/rules/protocol-tcp';
import { tlsToSidecar } from '../../../../daemon/doctor/rules/tls-to-sidecar';
import { unlinkedTraffic } from '../../../../daemon/doctor/rules/unlinked-traffic';
import { factsFrom, linkedWith, orders, pluginOrders, policy, workload } from '../facts-from';
import type { RuleTable } from './table';

const routeOnly = (config: Record<string, unknown> = {}, more: readonly object[] = []) => ({
  services: [
    {
      name: 'orders',
      host: '10.9.9.9',
      routes: [
        {
          name: 'orders',
          paths: ['/orders'],
          plugins: [{ name: 'mesh-upstream', config: { service: 'orders', ...config } }],
        },
        ...more,
      ],
    },
  ],
});
const bareRoute = { name: 'bare', paths: ['/bare'] };
const unlinked = (host: string, port = 80) => ({
  services: [{ name: 'crm', host, port, routes: [{ name: 'crm', paths: ['/crm'] }] }],
});
const transparent = [{ transparentProxy: true, outbounds: [] }];
const tagOnly = {
  kind: 'LegacyService' as const,
  name: 'orders',
  ports: [{ port: 80, tag: 'orders', servedAt: { hostnames: ['orders.mesh'], port: 80 } }],
};

export const linkTables: readonly RuleTable[] = [
  {
    rule: bypass,
    fires: {
      'a route without the plugin': {
        facts: factsFrom({ kong: routeOnly({}, [bareRoute]) }),
        finds: ['error service orders'],
        says: 'bare',
      },
      'a host that looks like the mesh and is not in it': {
        facts: factsFrom({ kong: unlinked('crm.shop.svc'), rules: { adopt: true } }),
        finds: ['error service crm'],
      },
    },
    quiet: {
      'every route has the plugin': factsFrom({ kong: routeOnly() }),
      'a link by tag': factsFrom(),
    },
  },
  {
    rule: endpointAddress,
    fires: {
      'the address of a Pod': {
        facts: factsFrom({ kong: unlinked('10.0.0.1', 8080) }),
        finds: ['error service crm'],
        says: 'mesh:orders',
      },
      'a target of an upstream': {
        facts: factsFrom({
          kong: { upstreams: [{ name: 'pool', targets: [{ target: '10.0.0.1:8080' }] }] },
        }),
        finds: ['error target 10.0.0.1:8080 of upstream pool'],
      },
      'without mTLS it works, and goes past every policy': {
        facts: factsFrom({ kong: unlinked('10.0.0.1', 8080), mesh: { mtls: false } }),
        finds: ['warning service crm'],
      },
    },
    quiet: {
      'an outbound of the gateway': factsFrom(),
      'another port of that machine': factsFrom({ kong: unlinked('10.0.0.1', 9999) }),
      'Dataplanes that could not be asked for': {
        ...factsFrom({ kong: unlinked('10.0.0.1', 8080) }),
        proxies: undefined!,
      },
    },
  },
  {
    rule: passthroughOnMissing,
    fires: {
      'on_missing: passthrough': {
        facts: factsFrom({ kong: routeOnly({ on_missing: 'passthrough' }) }),
        finds: ['warning plugin mesh-upstream on route orders'],
      },
    },
    quiet: { 'on_missing: reject': factsFrom({ kong: routeOnly({ on_missing: 'reject' }) }) },
  },
  {
    rule: unlinkedTraffic,
    fires: {
      'plaintext that passes': {
        facts: factsFrom({ kong: unlinked('crm.internal'), gateways: transparent }),
        finds: ['info mesh default'],
        says: 'crm → crm.internal',
      },
      'a Mesh that lets nothing pass': {
        facts: factsFrom({
          kong: unlinked('crm.internal'),
          gateways: transparent,
          mesh: { passthrough: false },
        }),
        finds: ['warning service crm'],
        says: 'the Mesh: none',
      },
      'a MeshPassthrough that names other hosts': {
        facts: factsFrom({
          kong: unlinked('crm.internal'),
          gateways: transparent,
          policies: {
            passthroughs: [
              policy('some', {
                default: {
                  passthroughMode: 'Matched',
                  appendMatch: [{ type: 'Domain', value: 'api.example.com' }],
                },
              }),
            ],
          },
        }),
        finds: ['warning service crm'],
        says: 'MeshPassthrough some: matched',
      },
    },
    quiet: {
      'no transparent proxying': factsFrom({ kong: unlinked('crm.internal') }),
      'a host on this machine': factsFrom({ kong: unlinked('127.0.0.1'), gateways: transparent }),
      'every service is linked': factsFrom({ gateways: transparent }),
    },
  },
  {
    rule: meshHostUnlinked,
    fires: {
      'a name of the mesh': {
        facts: factsFrom({ kong: unlinked('orders.svc.mesh.local', 8080) }),
        finds: ['warning service crm'],
        says: 'mesh:orders',
      },
    },
    quiet: {
      'a name of another network': factsFrom({ kong: unlinked('crm.internal') }),
      'a bare word, which may be anything': factsFrom({ kong: unlinked('orders') }),
      'adopted, so linked': factsFrom({
        kong: unlinked('orders.svc.mesh.local', 8080),
        rules: { adopt: true },
      }),
    },
  },
  {
    rule: nameBehindIp,
    fires: {
      'a name where the host stays an IP address': {
        facts: factsFrom({
          gateways: transparent,
          kong: routeOnly({ address: 'mesh' }, [bareRoute]),
        }),
        finds: ['error plugin mesh-upstream on route orders'],
      },
    },
    quiet: {
      'an IP address where the host is one': factsFrom({
        gateways: transparent,
        kong: routeOnly({}, [bareRoute]),
      }),
    },
  },
  {
    rule: tlsToSidecar,
    fires: {
      'https to an HTTP port fails': {
        facts: factsFrom({ kong: linkedWith({ protocol: 'https' }) }),
        finds: ['error service orders'],
        says: 'protocol http;',
      },
      'https to a TCP port is TLS in TLS': {
        facts: factsFrom({
          kong: linkedWith({ protocol: 'https' }),
          services: [{ ...orders, ports: [{ port: 8080, tag: 'orders', protocol: 'tcp' }] }],
        }),
        finds: ['warning service orders'],
      },
    },
    quiet: { http: factsFrom() },
  },
  {
    rule: protocolTcp,
    fires: {
      'a MeshService port without a protocol': {
        facts: factsFrom({ services: [{ ...orders, ports: [{ port: 8080, tag: 'orders' }] }] }),
        finds: ['warning service orders'],
      },
      'a tag whose endpoints say tcp': {
        facts: factsFrom({
          services: [tagOnly],
          proxies: [
            workload('orders', {
              inbounds: [
                {
                  address: '10.0.0.1',
                  port: 8080,
                  servicePort: 8080,
                  tags: { 'kuma.io/service': 'orders', 'kuma.io/protocol': 'tcp' },
                },
              ],
            }),
          ],
        }),
        finds: ['warning service orders'],
      },
    },
    quiet: {
      http: factsFrom(),
      'a tag whose endpoints say http': factsFrom({ services: [tagOnly] }),
      'tcp spoken to tcp': factsFrom({
        kong: linkedWith({ protocol: 'tcp' }),
        services: [{ ...orders, ports: [{ port: 8080, tag: 'orders', protocol: 'tcp' }] }],
      }),
      'a link by plugin to http': factsFrom({ kong: pluginOrders }),
    },
  },
];
