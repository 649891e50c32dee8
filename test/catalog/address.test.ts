import { createCatalog } from '../../catalog/catalog';
import { commonGateway, type Gateway } from '../../catalog/gateway';
import { dataplane, gateway, legacyService, meshService, outboundTo, tagOutbound } from './build';

function addressOf(
  ...[service, environment]: [ReturnType<typeof meshService>, ReturnType<typeof gateway>]
) {
  const catalog = createCatalog('default', [service], environment);
  const [port] = service.ports;
  if (!port) throw new Error('the service needs a port');
  return { all: catalog.addressesOf(service, port), auto: catalog.choose(service, port, 'auto') };
}

test.each([
  [
    'universal without transparent proxy: only its outbound',
    gateway({ outbounds: [outboundTo('orders', 30000)] }),
    'outbound',
  ],
  ['universal without transparent proxy and without outbound: none', gateway(), undefined],
  ['universal with transparent proxy: the VIP', gateway({ transparentProxy: true }), 'service-ip'],
  [
    'universal with transparent proxy and an outbound: still the VIP',
    gateway({ transparentProxy: true, outbounds: [outboundTo('orders', 30000)] }),
    'service-ip',
  ],
  [
    'kubernetes: the Service IP',
    gateway({ environment: 'kubernetes', transparentProxy: true }),
    'service-ip',
  ],
])('%s', (_, environment, form) => {
  expect(addressOf(meshService('orders'), environment).auto?.form).toBe(form);
});

test('a legacy tag is served under its name at port 80, never under an IP', () => {
  const { all, auto } = addressOf(
    legacyService('orders', { vips: ['240.0.0.1'] }),
    gateway({ transparentProxy: true }),
  );

  expect(all).toEqual({ mesh: { form: 'mesh', host: 'orders.mesh', port: 80 } });
  expect(auto).toEqual(all.mesh);
});

test('a service without VIP and host name has no address but an outbound', () => {
  const headless = meshService('orders', { vips: [], hostnames: [] });

  expect(addressOf(headless, gateway({ environment: 'kubernetes' })).auto).toBeUndefined();
});

test.each([
  ['the bare service tag', { 'kuma.io/service': 'orders' }, true],
  ['a subset by version', { 'kuma.io/service': 'orders', version: 'v1' }, false],
  ['another service', { 'kuma.io/service': 'other' }, false],
])('an outbound by tags: %s', (_, tags, counts) => {
  const service = meshService('orders', { ports: [{ port: 8080, tag: 'orders' }] });

  const { all } = addressOf(service, gateway({ outbounds: [tagOutbound(33000, tags)] }));

  expect(all.outbound?.port).toBe(counts ? 33000 : undefined);
});

test('an outbound by labels leads to the service that carries all of them', () => {
  const labels = { 'kuma.io/display-name': 'shop', team: 'a' };
  const target = {
    type: 'backendRef',
    kind: 'MeshMultiZoneService',
    labels: { 'kuma.io/display-name': 'shop' },
    port: 8080,
  } as const;
  const environment = gateway({ outbounds: [{ address: '127.0.0.1', port: 33001, target }] });
  const service = meshService('shop', { kind: 'MeshMultiZoneService', labels });
  const other = meshService('shop', {
    kind: 'MeshMultiZoneService',
    labels: { team: 'a' },
    resource: 'shop-2cx4',
  });

  expect(addressOf(service, environment).all.outbound?.port).toBe(33001);
  expect(addressOf(other, environment).all.outbound).toBeUndefined();
});

test('an outbound to another port of the service does not count', () => {
  const environment = gateway({ outbounds: [outboundTo('orders', 30000, 9090)] });

  expect(addressOf(meshService('orders'), environment).all.outbound).toBeUndefined();
});

test('of several gateways only what all of them have counts', () => {
  const both = outboundTo('orders', 30000);
  const one = outboundTo('payments', 30001);

  const common = commonGateway('universal', [
    dataplane({ name: 'kong-01', outbounds: [both, one], transparentProxy: true }),
    dataplane({ name: 'kong-02', outbounds: [both, { ...one, port: 30002 }] }),
  ]);

  expect(common).toMatchObject({ transparentProxy: false, outbounds: [both] });
});

test('equal observations in any order have one hash, and a change has another', () => {
  const services = [meshService('a'), meshService('b'), legacyService('c')];

  const one = createCatalog('default', services, gateway());
  const other = createCatalog('default', [...services].reverse(), gateway());
  const changed = createCatalog(
    'default',
    services.map((service) => ({ ...service, vips: ['241.0.0.9'] })),
    gateway(),
  );

  expect(one.hash).toBe(other.hash);
  expect(one.hash).not.toBe(changed.hash);
});

test('of several outbounds by labels the first that leads to the service counts', () => {
  const by = (labels: Readonly<Record<string, string>>, port: number) =>
    ({
      address: '127.0.0.1',
      port,
      target: { type: 'backendRef', kind: 'MeshService', labels, port: 8080 },
    }) as const;
  const named = by({ 'kuma.io/display-name': 'orders' }, 33001);
  const team = by({ team: 'a' }, 33000);
  const other = by({ 'kuma.io/display-name': 'sales' }, 32999);
  const service = meshService('orders', { labels: { team: 'a' } });

  const portOf = (outbounds: Gateway['outbounds']) =>
    addressOf(service, gateway({ outbounds })).all.outbound?.port;

  expect(portOf([other, team, named])).toBe(33000);
  expect(portOf([other, named, team])).toBe(33001);
  expect(portOf([other])).toBeUndefined();
});

test.each([
  ['a MeshService by its cluster name', ['orders.shop.svc.cluster.local'], undefined],
  ['its cluster name in capitals', ['orders.shop.SVC'], undefined],
  [
    'the name of the mesh beside it',
    ['orders.shop.svc.cluster.local', 'orders.svc.mesh.local'],
    'orders.svc.mesh.local',
  ],
])('without a VIP cluster DNS would give Pod IPs: %s', (_, hostnames, expected) => {
  const headless = meshService('orders', { vips: [], hostnames });

  const { all } = addressOf(headless, gateway({ environment: 'kubernetes' }));

  expect(all.mesh?.host).toBe(expected);
});

test('gateways in several zones are of none', () => {
  const zones = (...names: (string | undefined)[]) =>
    commonGateway(
      'universal',
      names.map((zone, index) => dataplane({ name: `kong-${index}`, ...(zone ? { zone } : {}) })),
    ).zone;

  expect(zones('east', 'east')).toBe('east');
  expect(zones('east', 'west')).toBeUndefined();
  expect(zones('east', undefined)).toBeUndefined();
});

test('a resource that only calls itself by a name does not take the place of the one that has it', () => {
  const own = meshService('orders');
  const twin = meshService('orders', { resource: 'a-twin', vips: ['241.9.9.9'] });

  for (const services of [
    [own, twin],
    [twin, own],
  ]) {
    const result = createCatalog('default', services, gateway()).find({ service: 'orders' });
    expect(result).toMatchObject({ found: true, service: own });
  }
});
