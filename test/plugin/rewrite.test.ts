import { createLookup } from '../../catalog/lookup';
import { readConfig, type Config } from '../../plugin/mesh-upstream/config';
import { decide, type Decision } from '../../plugin/mesh-upstream/rewrite';
import type { SnapshotService } from '../../catalog/snapshot';
import { serviceOf } from './support/snapshot-of';
import fc from '../support/property';

function configOf(raw: object): Config {
  const read = readConfig(raw);
  if (!read.ok) throw new Error(read.cause);
  return read.config;
}

const noAddress = { addresses: {}, auto: undefined } as never;
const down = { availability: 'unavailable' } as const;

const services: readonly SnapshotService[] = [
  serviceOf('orders'),
  serviceOf('web', {}, { port: 80, auto: 'mesh', addresses: { mesh: 'web.svc.mesh.local:80' } }),
  serviceOf(
    'secure',
    {},
    { port: 443, protocol: 'tls', addresses: { outbound: '127.0.0.1:30002' } },
  ),
  serviceOf('six', {}, { addresses: { outbound: '[fd00::1]:9000' } }),
  serviceOf('bare', {}, noAddress),
  serviceOf('down', down),
  serviceOf('down-too', down),
  serviceOf('nameless', { hostnames: [], kind: 'MeshMultiZoneService' }),
  serviceOf('twin', { namespace: 'a' }),
  serviceOf('twin', { namespace: 'b' }),
  serviceOf('several', {
    ports: [
      { port: 80, name: 'http', auto: 'outbound', addresses: { outbound: '127.0.0.1:30010' } },
      { port: 9090, name: 'metrics', auto: 'outbound', addresses: { outbound: '127.0.0.1:30011' } },
    ],
  }),
  serviceOf(
    'legacy',
    { kind: 'LegacyService', hostnames: [] },
    {
      tag: 'legacy_shop_svc_8080',
      servedAt: { hostnames: ['legacy.shop.svc.8080.mesh'], port: 80 },
      auto: 'mesh',
      addresses: { mesh: 'legacy.shop.svc.8080.mesh:80' },
    },
  ),
];
const lookup = createLookup(services);

const set = (value: string) => ({ type: 'set', value });
const to = (host: string, port: number, hostHeader: unknown, service: string): object => ({
  kind: 'rewrite',
  host,
  port,
  hostHeader,
  service,
});
const ordersHost = set('orders.svc.mesh.local:8080');

describe('decide', () => {
  it.each<[string, object, unknown]>([
    ['an outbound', { service: 'orders' }, to('127.0.0.1', 30001, ordersHost, 'orders')],
    [
      'the mesh form off the default port',
      { service: 'orders', address: 'mesh' },
      to('orders.svc.mesh.local', 8080, ordersHost, 'orders'),
    ],
    [
      'the mesh form at the default port',
      { service: 'web' },
      to('web.svc.mesh.local', 80, { type: 'target' }, 'web'),
    ],
    [
      'TLS at its default port',
      { service: 'secure' },
      to('127.0.0.1', 30002, set('secure.svc.mesh.local'), 'secure'),
    ],
    [
      'an IPv6 address',
      { service: 'six' },
      to('[fd00::1]', 9000, set('six.svc.mesh.local:8080'), 'six'),
    ],
    [
      'a legacy tag at the port the mesh serves it',
      { service: 'legacy_shop_svc_8080' },
      to('legacy.shop.svc.8080.mesh', 80, { type: 'target' }, 'legacy_shop_svc_8080'),
    ],
    [
      'a service without a host name',
      { service: 'nameless' },
      to('127.0.0.1', 30001, set('nameless.mzsvc:8080'), 'nameless'),
    ],
    [
      'a port by name',
      { service: 'several', port: 'metrics' },
      to('127.0.0.1', 30011, set('several.svc.mesh.local:9090'), 'several:metrics'),
    ],
    [
      'a literal Host',
      { service: 'orders', host_header: 'api.example.com' },
      to('127.0.0.1', 30001, set('api.example.com'), 'orders'),
    ],
    [
      'a literal Host that equals the target',
      { service: 'orders', host_header: '127.0.0.1' },
      to('127.0.0.1', 30001, { type: 'target' }, 'orders'),
    ],
    [
      'a preserved Host',
      { service: 'orders', host_header: 'preserve' },
      to(
        '127.0.0.1',
        30001,
        { type: 'preserve', otherwise: 'orders.svc.mesh.local:8080' },
        'orders',
      ),
    ],
    [
      'the fallback of an unknown service',
      { service: 'nobody', fallback: 'orders:8080' },
      { ...to('127.0.0.1', 30001, ordersHost, 'orders:8080'), insteadOf: 'unknown-service' },
    ],
    [
      'the fallback of a service without an address',
      { service: 'bare', fallback: 'orders' },
      { ...to('127.0.0.1', 30001, ordersHost, 'orders'), insteadOf: 'no-address' },
    ],
    [
      'the fallback of an unavailable service',
      { service: 'down', fallback: 'orders' },
      { ...to('127.0.0.1', 30001, ordersHost, 'orders'), insteadOf: 'unavailable' },
    ],
    [
      'the first of two unavailable ones',
      { service: 'down', fallback: 'down-too' },
      to('127.0.0.1', 30001, set('down.svc.mesh.local:8080'), 'down'),
    ],
    [
      'the first where the fallback is missing',
      { service: 'down', fallback: 'nobody' },
      to('127.0.0.1', 30001, set('down.svc.mesh.local:8080'), 'down'),
    ],
    [
      'an unavailable fallback where there is no first',
      { service: 'nobody', fallback: 'down' },
      {
        ...to('127.0.0.1', 30001, set('down.svc.mesh.local:8080'), 'down'),
        insteadOf: 'unknown-service',
      },
    ],
    [
      'no fallback while the first is well',
      { service: 'orders', fallback: 'web' },
      to('127.0.0.1', 30001, ordersHost, 'orders'),
    ],
  ])('takes %s', (_name, config, expected) => {
    const decision = decide(configOf(config), lookup);

    expect(decision).toEqual(expected);
  });

  it.each<[string, object, object]>([
    ['an unknown service', { service: 'nobody' }, { reason: 'unknown-service', service: 'nobody' }],
    [
      'an ambiguous one, with the candidates',
      { service: 'twin' },
      { reason: 'ambiguous-service', candidates: ['twin.a (MeshService)', 'twin.b (MeshService)'] },
    ],
    [
      'several ports and none named',
      { service: 'several' },
      { reason: 'port-needed', ports: ['80 (http)', '9090 (metrics)'] },
    ],
    [
      'an unknown port',
      { service: 'orders', port: '9999' },
      { reason: 'unknown-port', service: 'orders:9999', ports: ['8080 (http)'] },
    ],
    ['no address', { service: 'bare' }, { reason: 'no-address', code: 'UPSTREAM_NO_ADDRESS' }],
    [
      'no address of the wanted form',
      { service: 'orders', address: 'service-ip' },
      { reason: 'no-address', message: 'The gateway has no service-ip address for orders.' },
    ],
    [
      'a fallback that is missing too, by the reason of the first',
      { service: 'bare', fallback: 'nobody' },
      { reason: 'no-address', service: 'bare' },
    ],
  ])('rejects %s', (_name, config, expected) => {
    const decision = decide(configOf(config), lookup);

    expect(decision).toMatchObject({ kind: 'reject', rejection: expected });
  });

  it('leaves the target alone where the user chose so', () => {
    const config = configOf({ service: 'nobody', on_missing: 'passthrough' });

    const decision = decide(config, lookup);

    expect(decision).toMatchObject({ kind: 'pass', rejection: { reason: 'unknown-service' } });
  });

  it('does not go past the mesh for a snapshot that is missing, whatever the user chose', () => {
    const config = configOf({ service: 'orders', on_missing: 'passthrough' });

    const decision = decide(config, undefined);

    expect(decision).toMatchObject({ kind: 'reject', rejection: { reason: 'no-snapshot' } });
  });

  it('rejects without a snapshot', () => {
    const decision = decide(configOf({ service: 'orders', fallback: 'web' }), undefined);

    expect(decision).toMatchObject({ kind: 'reject', rejection: { reason: 'no-snapshot' } });
  });

  it('names at most ten candidates', () => {
    const many = Array.from({ length: 50 }, (_, n) => serviceOf('twin', { namespace: `n${n}` }));

    const decision = decide(configOf({ service: 'twin' }), createLookup(many));

    const candidates = decision.kind === 'reject' ? decision.rejection.candidates : [];
    expect(candidates).toHaveLength(11);
    expect(candidates?.at(-1)).toBe('and 40 more');
  });

  it('is total: any config and any services give a decision that Kong can carry out', () => {
    const names = fc.constantFrom('orders', 'web', 'twin', 'nobody', 'several', 'down', 'bare');
    const configs = fc.record(
      {
        service: names,
        port: fc.option(fc.constantFrom('80', '8080', 'http', 'x'), { nil: null }),
        address: fc.constantFrom('auto', 'outbound', 'service-ip', 'mesh', null),
        host_header: fc.constantFrom('mesh', 'preserve', 'a.example', null),
        on_missing: fc.constantFrom('reject', 'passthrough', null),
        fallback: fc.option(
          fc.tuple(names, fc.constantFrom('', ':', ':80', ':x')).map((p) => p.join('')),
          {
            nil: null,
          },
        ),
      },
      { requiredKeys: ['service'] },
    );
    const addresses = fc.oneof(
      fc.constantFrom('127.0.0.1:1', 'h.mesh:65535', '[::1]:80', 'h:0', 'h:70000', ':80', ''),
      fc.string(),
    );
    const randomServices = fc.array(
      fc.record({
        name: names,
        hostnames: fc.array(fc.constantFrom('a.mesh', 'b.mesh'), { maxLength: 2 }),
        availability: fc.constantFrom('available', 'unavailable', 'unknown'),
        kind: fc.constantFrom('MeshService', 'MeshMultiZoneService', 'LegacyService'),
        outbound: addresses,
        auto: fc.constantFrom('outbound', 'service-ip', 'mesh', undefined),
      }),
      { maxLength: 6 },
    );

    fc.assert(
      fc.property(configs, randomServices, (raw, made) => {
        const all = made.map(({ outbound, auto, ...rest }) =>
          serviceOf(
            rest.name,
            rest as Partial<SnapshotService>,
            {
              addresses: { outbound },
              auto,
            } as never,
          ),
        );

        const decision: Decision = decide(configOf(raw), createLookup(all));

        if (decision.kind === 'split') throw new Error('one service is no split');
        if (decision.kind !== 'rewrite') {
          expect(decision.rejection.message).toContain(raw.service);
          expect(decision.kind).toBe(raw.on_missing === 'passthrough' ? 'pass' : 'reject');
          return;
        }
        expect(decision.host).not.toBe('');
        expect(Number.isInteger(decision.port)).toBe(true);
        expect(decision.port).toBeGreaterThan(0);
        expect(decision.port).toBeLessThan(65536);
      }),
    );
  });
});
