import { createCatalog } from '../../catalog/catalog';
import { listeningOutbounds } from '../../catalog/outbound-index';
import type { Outbound, OutboundTarget } from '../../catalog/gateway';
import { toSnapshot } from '../../catalog/snapshot';
import type { MeshService } from '../../catalog/service';
import { gateway, legacyService, meshService, outboundTo } from './build';

const display = 'kuma.io/display-name';
const zone = 'kuma.io/zone';

function to(target: OutboundTarget, port = 30_000): Outbound {
  return { address: '127.0.0.1', port, target };
}

function byLabels(labels: Readonly<Record<string, string>>, kind = 'MeshService'): OutboundTarget {
  return { type: 'backendRef', kind, labels, port: 8080 };
}

function outboundsOf(services: readonly MeshService[], outbound: Outbound, home?: string) {
  const catalog = createCatalog(
    'default',
    services,
    gateway({ outbounds: [outbound], ...(home === undefined ? {} : { zone: home }) }),
  );
  return {
    found: services.filter((service) =>
      service.ports.some((port) => catalog.addressesOf(service, port).outbound),
    ),
    ambiguous: catalog.inexact.outbounds.map(({ services: fitting }) => fitting.length),
  };
}

const copy = (name: string, home: string): MeshService =>
  meshService(name, {
    resource: `${name}-${home}`,
    zone: home,
    labels: { [display]: name, [zone]: home, team: 'shop' },
  });

describe('an outbound that could lead to several services counts for none', () => {
  it.each<[string, readonly MeshService[], OutboundTarget]>([
    [
      'by a label of a team',
      [copy('orders', 'a'), copy('billing', 'a')],
      byLabels({ team: 'shop' }),
    ],
    [
      'by a display name of two zones',
      [copy('orders', 'a'), copy('orders', 'b')],
      byLabels({ [display]: 'orders' }),
    ],
    [
      'by the display name of a MeshExternalService of the zone and of a synced one',
      [
        meshService('pay', { kind: 'MeshExternalService', zone: 'a', labels: { [zone]: 'a' } }),
        meshService('pay', {
          kind: 'MeshExternalService',
          resource: 'pay-x',
          labels: { [display]: 'pay' },
        }),
      ],
      byLabels({ [display]: 'pay' }, 'MeshExternalService'),
    ],
    [
      'by a tag that two MeshServices select',
      ['orders-v1', 'orders-v2'].map((name) =>
        meshService(name, { ports: [{ port: 8080, tag: 'orders' }] }),
      ),
      { type: 'tags', tags: { 'kuma.io/service': 'orders' } },
    ],
    [
      'by labels of two services of which one has the port',
      [copy('orders', 'a'), { ...copy('billing', 'a'), ports: [{ port: 9 }] }],
      byLabels({ team: 'shop' }),
    ],
  ])('%s', (_, services, target) => {
    expect(outboundsOf(services, to(target))).toEqual({ found: [], ambiguous: [services.length] });
  });

  it('by a name that two control planes have, of which neither is known to be its own', () => {
    const services = ['a', 'b'].map((home) => meshService('orders', { zone: home }));

    expect(outboundsOf(services, outboundTo('orders', 30_000))).toMatchObject({ found: [] });
    expect(outboundsOf(services, outboundTo('orders', 30_000), 'b').found).toEqual([services[1]]);
  });
});

it('a tag leads to the resource that is made from it as well', () => {
  const services = [
    legacyService('orders'),
    meshService('orders', { ports: [{ port: 8080, tag: 'orders' }] }),
  ];
  const target = { type: 'tags', tags: { 'kuma.io/service': 'orders' } } as const;

  expect(outboundsOf(services, to(target)).found).toEqual(services);
});

describe('an address of several services', () => {
  const seenBy = (home?: string) =>
    gateway({ transparentProxy: true, ...(home === undefined ? {} : { zone: home }) });
  const formsOf = (services: readonly MeshService[], home?: string) => {
    const catalog = createCatalog('default', services, seenBy(home));
    return services.map((service) => Object.keys(catalog.addressesOf(service, service.ports[0]!)));
  };

  it("is that of the gateway's own zone, or of none", () => {
    const services = ['a', 'b'].map((home) =>
      meshService(`pay-${home}`, { zone: home, vips: ['241.0.0.1'], hostnames: [] }),
    );

    expect(formsOf(services)).toEqual([[], []]);
    expect(formsOf(services, 'b')).toEqual([[], ['service-ip']]);
  });

  it('may be a host name that differs in case only', () => {
    const services = ['Orders', 'orders'].map((name) =>
      legacyService(name, {
        ports: [{ port: 80, tag: name, servedAt: { hostnames: [`${name}.mesh`], port: 80 } }],
      }),
    );

    expect(formsOf(services)).toEqual([[], []]);
  });

  it('is one of a resource and of the Service that it is made from', () => {
    const parts = { namespace: 'shop', vips: ['10.0.0.1'], hostnames: [] };
    const services = [
      meshService('orders', { ...parts, zone: 'a' }),
      meshService('orders', { ...parts, kind: 'KubernetesService' }),
    ];

    expect(formsOf(services)).toEqual([['service-ip'], ['service-ip']]);
  });

  it('is not in the snapshot, and comes back once it is one again', () => {
    const [one, other] = [
      meshService('a', { vips: ['241.9.9.9'] }),
      meshService('b', { vips: ['241.9.9.9'] }),
    ];
    const ipOf = (services: readonly MeshService[]) =>
      toSnapshot(createCatalog('default', services, seenBy())).services[0]?.ports[0]?.addresses[
        'service-ip'
      ];

    expect([ipOf([one, other]), ipOf([one])]).toEqual([undefined, '241.9.9.9:8080']);
  });
});

it('a host that is the name of an upstream is not in the snapshot: Kong would send it there', () => {
  const catalog = createCatalog(
    'default',
    [meshService('orders', { vips: [] })],
    gateway({ transparentProxy: true }),
  );

  const { services } = toSnapshot(catalog, { upstreams: new Set(['orders.svc.mesh.local']) });

  expect(services[0]?.ports[0]).toEqual({ port: 8080, addresses: {} });
});

describe('another name for a service', () => {
  const target = meshService('orders', { vips: ['10.96.0.1'] });
  const alias = meshService('to-orders', { vips: target.vips, alias: true });
  const vipOf = (services: readonly MeshService[], service: MeshService) => {
    const [port] = service.ports;
    const catalog = createCatalog('default', services, gateway({ transparentProxy: true }));
    return port && catalog.addressesOf(service, port)['service-ip']?.host;
  };

  it('has the address without claiming it', () => {
    const services = [alias, target];

    expect(services.map((service) => vipOf(services, service))).toEqual(['10.96.0.1', '10.96.0.1']);
  });

  it('has none where the address means several services', () => {
    const services = [alias, target, meshService('billing', { vips: target.vips })];

    expect(services.map((service) => vipOf(services, service))).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
  });
});

it('knows the one port of a MeshExternalService by an outbound that names none', () => {
  const pay = meshService('pay', { kind: 'MeshExternalService', ports: [{ port: 443 }] });
  const target = byLabels({ [display]: 'pay' }, 'MeshExternalService');

  expect(outboundsOf([pay], to({ ...target, port: 0 } as OutboundTarget)).found).toEqual([pay]);
});

it('has one listener for a MeshExternalService, with its port or without', () => {
  const pay = meshService('pay', { kind: 'MeshExternalService', ports: [{ port: 443 }] });
  const target = byLabels({ [display]: 'pay' }, 'MeshExternalService');
  const without = to({ ...target, port: 0 } as OutboundTarget, 30_000);
  const withPort = to({ ...target, port: 443 } as OutboundTarget, 30_001);

  expect(listeningOutbounds([without, withPort], [pay])).toEqual([withPort]);
});
