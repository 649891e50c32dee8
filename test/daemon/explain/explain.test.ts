import { explainName, explainRequest } from '../../../daemon/explain/explain';
import { formatExplanation } from '../../../daemon/explain/format';
import { parseRequest } from '../../../daemon/explain/request';
import type { Facts } from '../../../daemon/doctor/facts';
import {
  allow,
  factsFrom,
  kongClient,
  linkedWith,
  orders,
  policy,
  workload,
} from '../doctor/facts-from';

const ask = (facts: Facts, url: string, ...headers: string[]) =>
  explainRequest(facts, parseRequest('GET', url, headers)!, `GET ${url}`);

const withRoute = (fields: object, service: object = {}) =>
  linkedWith({ routes: [{ name: 'orders', paths: ['/orders'], ...fields }], ...service });
const pluginOn = (config: object, route: object = {}) =>
  withRoute(
    {
      plugins: [{ name: 'mesh-upstream', config: { service: 'orders', ...config } }],
      ...route,
    },
    { tags: [] },
  );

describe('requests that several services share', () => {
  it('are told of by share, with what the mesh says of each', () => {
    const facts = factsFrom({
      kong: pluginOn({
        service: undefined,
        services: [
          { service: 'nobody', weight: 30 },
          { service: 'orders', weight: 70 },
        ],
      }),
    });

    const explanation = ask(facts, 'http://api.example/orders/7');

    expect(explanation.ways[0]?.link).toMatchObject({
      reference: 'orders',
      shares: [
        { reference: 'orders', weight: 70, state: 'linked', availability: 'available' },
        { reference: 'nobody', weight: 30, state: 'unresolved' },
      ],
    });
    const text = formatExplanation(explanation, false);
    expect(text).toContain('70 % to orders: available');
    expect(text).toContain('30 % to nobody: unresolved');
  });
});

describe('requests that an upstream with linked targets gets', () => {
  it('are told of by target, with who serves now', () => {
    const facts = factsFrom({
      kong: {
        upstreams: [
          {
            name: 'canary',
            targets: [
              { target: 'a:80', weight: 90, tags: ['mesh:nobody'] },
              { target: 'b:80', weight: 10, tags: ['mesh:orders'] },
            ],
          },
        ],
        services: [
          { name: 'shop', host: 'canary', routes: [{ name: 'shop', paths: ['/orders'] }] },
        ],
      },
    });

    const explanation = ask(facts, 'http://api.example/orders/7');

    expect(explanation.ways[0]).toMatchObject({
      link: {
        reference: 'orders',
        state: 'linked',
        shares: [
          { reference: 'nobody', weight: 90, state: 'unresolved' },
          { reference: 'orders', weight: 10, state: 'linked', availability: 'available' },
        ],
      },
      mesh: { name: 'orders' },
    });
  });
});

describe('the way of a request', () => {
  it('leads from the route to the endpoints', () => {
    const facts = factsFrom({
      kong: linkedWith({ path: '/v1', retries: 2 }),
      proxies: [workload('orders', { labels: { 'kuma.io/zone': 'zone-a' } })],
      policies: {
        permissions: [allow('allow-kong', kongClient)],
        retries: [
          policy('retry', {
            to: [{ targetRef: { kind: 'Mesh' }, default: { http: { numRetries: 3 } } }],
          }),
        ],
      },
    });

    const { ways, notes } = ask(facts, 'http://api.example/orders/7');

    expect(notes).toEqual([]);
    expect(ways).toEqual([
      {
        routes: [{ name: 'orders', matched: '/orders', stripped: '/orders', over: [] }],
        service: { name: 'orders', protocol: 'http', dials: '127.0.0.1:30000', path: '/v1' },
        link: {
          reference: 'orders',
          kind: 'tag',
          time: 'config',
          carriedBy: 'service orders',
          state: 'linked',
          reason: expect.stringContaining('without transparent proxying'),
        },
        mesh: {
          kind: 'MeshService',
          name: 'orders',
          port: 8080,
          protocol: 'http',
          availability: 'available',
          form: 'outbound',
          address: '127.0.0.1:30000',
          reason: expect.any(String),
          others: [
            { form: 'service-ip', address: '241.0.0.1:8080' },
            { form: 'mesh', address: 'orders.svc.mesh.local:8080' },
          ],
        },
        sidecar: {
          dataplane: 'kong-01',
          online: true,
          identity: 'kong',
          mtls: true,
          outbound: '127.0.0.1:30000 → kuma.io/service=orders',
        },
        permission: { state: 'allowed', by: ['allow-kong'] },
        endpoints: [
          { dataplane: 'orders-1', address: '10.0.0.1:8080', online: true, zone: 'zone-a' },
        ],
        host: { value: '127.0.0.1:30000', reason: 'the address that Kong dials' },
        path: '/v1/7',
        limits: {
          kong: { connectMs: 5_000, readMs: 60_000, writeMs: 60_000, retries: 2 },
          mesh: { connectMs: 5_000, requestMs: 15_000, retries: 3 },
          attempts: 12,
        },
        policies: [{ type: 'MeshRetry', names: ['retry'] }],
      },
    ]);
  });

  it.each<[string, Facts, string, string | null]>([
    ['the address by default', factsFrom(), '/orders', '127.0.0.1:30000'],
    [
      'what the client sent, where the route keeps it',
      factsFrom({ kong: withRoute({ preserve_host: true }) }),
      'http://api.example:8000/orders',
      'api.example:8000',
    ],
    [
      'the mesh host name that the plugin sets',
      factsFrom({ kong: pluginOn({}) }),
      '/orders',
      'orders.svc.mesh.local:8080',
    ],
    [
      'the plugin wins over the route',
      factsFrom({ kong: pluginOn({}, { preserve_host: true }) }),
      'http://api.example/orders',
      'orders.svc.mesh.local:8080',
    ],
    [
      'what the client sent, where the plugin keeps it',
      factsFrom({ kong: pluginOn({ host_header: 'preserve' }) }),
      'http://api.example/orders',
      'api.example',
    ],
    [
      'nothing of Kong, for what the sidecar rewrites',
      factsFrom({
        services: [{ ...orders, kind: 'MeshExternalService', ports: [{ port: 8080 }] }],
        gateways: [{ transparentProxy: true }],
      }),
      '/orders',
      null,
    ],
    [
      'the host of a service without a link',
      factsFrom({ kong: linkedWith({ tags: [], host: 'crm.internal', port: 8090 }) }),
      '/orders',
      'crm.internal:8090',
    ],
  ])('the backend sees as Host %s', (_name, facts, url, host) => {
    expect(ask(facts, url).ways[0]?.host.value).toBe(host);
  });

  it('says what Kong answers where only HTTPS is served', () => {
    const facts = factsFrom({
      kong: withRoute({ protocols: ['https'], https_redirect_status_code: 308 }),
    });

    expect(ask(facts, 'http://a/orders').ways[0]?.routes[0]?.redirects).toBe(308);
    expect(ask(facts, 'https://a/orders').ways[0]?.routes[0]?.redirects).toBeUndefined();
  });

  it('shows a link that leads nowhere, with the reason', () => {
    const facts = factsFrom({ kong: linkedWith({ tags: ['mesh:nowhere'] }) });

    const [way] = ask(facts, '/orders').ways;

    expect(way?.link).toMatchObject({ state: 'unresolved', code: 'LINK_UNKNOWN_SERVICE' });
    expect(way?.mesh).toBeUndefined();
  });

  it('has no way where no route matches, and says what comes near', () => {
    const facts = factsFrom({ kong: withRoute({ methods: ['PUT'] }) });

    const { ways, notes } = ask(facts, '/orders');

    expect(ways).toEqual([]);
    expect(notes).toEqual([
      'No route matches: Kong answers 404.',
      'Route orders would match but for its method.',
    ]);
  });

  it('says that links are not known where the mesh could not be asked', () => {
    const facts: Facts = { ...factsFrom(), catalog: undefined! };

    expect(ask(facts, '/orders').notes[0]).toContain('could not be asked');
  });
});

describe('findings on the way', () => {
  const two = {
    services: [
      {
        name: 'orders',
        host: 'x',
        tags: ['mesh:orders'],
        retries: 5,
        routes: [{ name: 'orders', paths: ['/orders'] }],
      },
      {
        name: 'other',
        host: 'x',
        tags: ['mesh:nowhere'],
        routes: [{ name: 'other', paths: ['/other'] }],
      },
    ],
  };
  const retries = [
    policy('r', { to: [{ targetRef: { kind: 'Mesh' }, default: { http: { numRetries: 5 } } }] }),
  ];

  it('are those about its entities, and those about the whole', () => {
    const facts = factsFrom({
      kong: two,
      policies: { retries },
      more: { unasked: [] },
      mesh: { mtls: false },
    });

    const { findings } = ask(facts, '/orders');

    expect(findings.map(({ code, subject }) => `${code} ${subject}`)).toEqual([
      'KM301 mesh default',
      'KM501 service orders',
    ]);
  });

  it('leave others out', () => {
    const { findings } = ask(factsFrom({ kong: two, policies: { retries } }), '/other');

    expect(findings.map(({ code, subject }) => `${code} ${subject}`)).toEqual([
      'KM002 service other',
    ]);
  });
});

describe('the ways of a name', () => {
  const kong = linkedWith({
    routes: [
      { name: 'plain', paths: ['/a'] },
      { name: 'also-plain', paths: ['/b'] },
      {
        name: 'special',
        paths: ['/c'],
        plugins: [{ name: 'mesh-upstream', config: { service: 'web' } }],
      },
    ],
  });
  const web = {
    kind: 'MeshService' as const,
    name: 'web',
    ports: [{ port: 80, tag: 'web', protocol: 'http' }],
  };
  const facts = factsFrom({ kong, services: [orders, web] });

  it('of a service: its own, and one for each route with a link of its own', () => {
    const ways = explainName(facts, 'orders')?.ways ?? [];

    expect(
      ways.map(({ routes, link }) => [routes.map(({ name }) => name), link?.reference]),
    ).toEqual([
      [['also-plain', 'plain'], 'orders'],
      [['special'], 'web'],
    ]);
  });

  it('of a route: the one that it takes', () => {
    const ways = explainName(facts, 'special')?.ways ?? [];

    expect(ways.map(({ link }) => link?.reference)).toEqual(['web']);
  });

  it('of nobody', () => {
    expect(explainName(facts, 'nobody')).toBeUndefined();
  });
});

it('fits on a screen', () => {
  const facts = factsFrom({ kong: linkedWith({ path: '/v1' }) });

  const text = formatExplanation(ask(facts, '/orders/7'), false);

  expect(text.split('\n').length).toBeLessThan(24);
  expect(text).toBe(`GET /orders/7

route       orders, matches /orders, strips /orders
service     orders, http; Kong dials 127.0.0.1:30000
link        orders, by tag (service orders), written into the configuration
mesh        MeshService orders, port 8080 http, available
address     127.0.0.1:30000 (outbound): without transparent proxying only the sidecar's outbounds are reachable
            also 241.0.0.1:8080 (service-ip), orders.svc.mesh.local:8080 (mesh)
sidecar     kong-01, connected, is kong in the mesh, encrypts, outbound 127.0.0.1:30000 → kuma.io/service=orders
permission  allowed by allow-all
endpoints   orders-1 10.0.0.1:8080 connected
Host        127.0.0.1:30000 (the address that Kong dials)
path        /v1/7
retries     Kong 0, mesh 0: at most 1 attempt
time-outs   Kong connect 5 s, read 60 s; mesh connect 5 s, request 15 s
`);
});
