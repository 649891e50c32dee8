import { createCatalog } from '../../catalog/catalog';
import { commonGateway } from '../../catalog/gateway';
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
  const other = meshService('shop', { kind: 'MeshMultiZoneService', labels: { team: 'a' } });

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
