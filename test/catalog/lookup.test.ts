import { createLookup } from '../../catalog/lookup';
import { aliasesOf, fullReference, orderHostnames } from '../../catalog/service';
import { legacyService, meshService } from './build';
import fc from '../support/property';

const shop = meshService('orders', { namespace: 'shop', zone: 'east', hostnames: [] });

test.each([
  ['name', 'orders'],
  ['name and namespace', 'orders.shop'],
  ['name, namespace and zone', 'orders.shop.east'],
  ['kind word', 'orders.svc'],
  ['Kubernetes DNS', 'orders.shop.svc'],
  ['full Kubernetes DNS', 'orders.shop.svc.cluster.local'],
  ['other case', 'Orders.SHOP'],
  ['trailing dot', 'orders.shop.svc.cluster.local.'],
])('a service is found by %s', (_, reference) => {
  const found = createLookup([shop]).find({ service: reference });

  expect(found).toMatchObject({ found: true, service: shop });
});

test('the resource wins over the tag it was made from', () => {
  const lookup = createLookup([legacyService('orders'), meshService('orders')]);

  expect(lookup.find({ service: 'orders' })).toMatchObject({ service: { kind: 'MeshService' } });
  expect(lookup.find({ service: 'orders.mesh' })).toMatchObject({
    service: { kind: 'LegacyService' },
  });
});

test("the gateway's zone wins over others, and without one the reference is ambiguous", () => {
  const services = ['east', 'west'].map((zone) => meshService('orders', { zone, hostnames: [] }));

  const local = createLookup(services, { zone: 'west' }).find({ service: 'orders' });
  const nowhere = createLookup(services).find({ service: 'orders' });

  expect(local).toMatchObject({ found: true, service: { zone: 'west' } });
  expect(nowhere).toEqual({
    found: false,
    miss: {
      reason: 'ambiguous-service',
      candidates: ['orders.east (MeshService)', 'orders.west (MeshService)'],
    },
  });
});

test.each([
  ['orders.shop', 'east'],
  ['orders.shop.svc.cluster.local', 'east'],
  ['orders.shop.west', 'west'],
])(
  "a Service of the gateway's cluster wins over its namesake in another zone: %s",
  (service, zone) => {
    const here = meshService('orders', { kind: 'KubernetesService', namespace: 'shop' });
    const there = meshService('orders', { namespace: 'shop', zone: 'west', hostnames: [] });

    const found = createLookup([there, here], { zone: 'east' }).find({ service });

    expect(found).toMatchObject({ found: true, service: zone === 'east' ? here : there });
  },
);

test('a multi-zone service beside a local one is ambiguous, and each has a name of its own', () => {
  const services = [
    meshService('orders', { zone: 'east' }),
    meshService('orders', { kind: 'MeshMultiZoneService', hostnames: [] }),
  ];
  const lookup = createLookup(services, { zone: 'east' });

  expect(lookup.find({ service: 'orders' })).toMatchObject({ found: false });
  expect(lookup.find({ service: 'orders.mzsvc' })).toMatchObject({
    service: { kind: 'MeshMultiZoneService' },
  });
  expect(lookup.find({ service: 'orders.svc' })).toMatchObject({
    service: { kind: 'MeshService' },
  });
});

describe('ports', () => {
  const lookup = createLookup([
    meshService('orders', { ports: [{ port: 8080, name: 'http' }, { port: 9090 }] }),
  ]);

  test.each([
    ['by number', 8080, 8080],
    ['by number as text', '9090', 9090],
    ['by name', 'http', 8080],
  ])('%s', (_, port, expected) => {
    expect(lookup.find({ service: 'orders', port })).toMatchObject({ port: { port: expected } });
  });

  test('one is needed where there are several', () => {
    expect(lookup.find({ service: 'orders' })).toEqual({
      found: false,
      miss: { reason: 'port-needed', ports: ['8080 (http)', '9090'] },
    });
  });

  test('an unknown one lists those there are', () => {
    expect(lookup.find({ service: 'orders', port: 1 })).toMatchObject({
      miss: { reason: 'unknown-port', ports: ['8080 (http)', '9090'] },
    });
  });

  test('a tag that stands for one port names that port', () => {
    const ports = [8080, 9090].map((port) => ({
      port,
      tag: `orders_shop_svc_${port}`,
      servedAt: { hostnames: [`orders_shop_svc_${port}.mesh`], port: 80 },
    }));
    const legacy = createLookup([legacyService('orders', { namespace: 'shop', ports })]);

    expect(legacy.find({ service: 'orders_shop_svc_9090' })).toMatchObject({
      port: { port: 9090 },
    });
    expect(legacy.find({ service: 'orders_shop_svc_8080.mesh' })).toMatchObject({
      port: { port: 8080 },
    });
  });
});

test('names like members of objects are names and nothing else', () => {
  const lookup = createLookup([meshService('orders')]);

  for (const service of ['__proto__', 'constructor', 'toString', '']) {
    expect(lookup.find({ service })).toEqual({ found: false, miss: { reason: 'unknown-service' } });
  }
});

test('property: the full reference that messages suggest is one that finds the service', () => {
  const label = fc.stringMatching(/^[a-z][a-z0-9-]{0,6}[a-z0-9]$/);
  const service = fc.record(
    {
      kind: fc.constantFrom(
        'MeshService' as const,
        'MeshMultiZoneService' as const,
        'MeshExternalService' as const,
      ),
      namespace: label,
      zone: label,
    },
    { requiredKeys: ['kind'] },
  );

  fc.assert(
    fc.property(label, service, (name, overrides) => {
      const made = meshService(name, { ...overrides, hostnames: [] });

      expect(aliasesOf(made)).toContain(fullReference(made));
      expect(createLookup([made]).find({ service: fullReference(made) })).toMatchObject({
        found: true,
      });
    }),
  );
});

test('host names come in one order, whatever order they were seen in', () => {
  const names = ['orders_shop_svc_80.mesh', 'orders.svc.mesh.local', 'b.mesh', 'a.mesh'];

  fc.assert(
    fc.property(fc.shuffledSubarray(names, { minLength: 4 }), (seen) => {
      expect(orderHostnames(seen)).toEqual([
        'a.mesh',
        'b.mesh',
        'orders.svc.mesh.local',
        'orders_shop_svc_80.mesh',
      ]);
    }),
  );
});
