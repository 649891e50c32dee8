import { createCatalog } from '../../../catalog/catalog';
import type { MeshService } from '../../../catalog/service';
import { parseKongConfig } from '../../../daemon/kong/parse';
import {
  countHealths,
  countServices,
  drawPicture,
  type PictureRow,
} from '../../../daemon/status/picture';
import { TranslateRules } from '../../../daemon/translate/rules';
import { translate } from '../../../daemon/translate/translate';
import { meshService } from '../../../bench/support/status-world';

describe('where Kong sends what', () => {
  it('leads a route by its own link, and the others of its service by the service’s', () => {
    const rows = draw(
      `services:
  - name: shop
    host: shop.internal
    tags: ['mesh:shop']
    routes:
      - { name: plain, paths: [/] }
      - name: special
        methods: [GET]
        paths: [/special]
        plugins: [{ name: mesh-upstream, config: { service: orders } }]
`,
      [meshService('shop'), meshService('orders', { vips: ['241.0.0.2'] })],
    );

    expect(rows.find(({ route }) => route?.name === 'plain')).toMatchObject({
      route: { match: '/' },
      mesh: { name: 'shop' },
      link: { kind: 'tag' },
    });
    expect(rows.filter(({ route }) => route?.name === 'special')).toMatchObject([
      {
        route: { name: 'special', match: 'GET /special' },
        service: { name: 'shop' },
        link: { kind: 'plugin', time: 'request', reference: 'orders' },
        address: { form: 'service-ip', text: '241.0.0.2:8080' },
        mesh: { name: 'orders', port: 8080 },
      },
    ]);
  });

  it.each<{ name: string; fields: Partial<MeshService>; health: string }>([
    { name: 'all endpoints up', fields: {}, health: 'healthy' },
    { name: 'some down', fields: { endpoints: { total: 3, healthy: 1 } }, health: 'degraded' },
    { name: 'all down', fields: { endpoints: { total: 3, healthy: 0 } }, health: 'unavailable' },
    { name: 'said to be down', fields: { availability: 'unavailable' }, health: 'unavailable' },
    {
      name: 'the mesh does not say',
      fields: { availability: 'unknown', endpoints: { total: 1, healthy: 1 } },
      health: 'unknown',
    },
  ])('tells the health of a link: $name', ({ fields, health }) => {
    const [row] = draw(linkedTo('orders'), [meshService('orders', fields)]);

    expect(row?.health).toBe(health);
  });

  it('puts what is broken first and keeps what leads past the mesh', () => {
    const rows = draw(
      `services:
  - { name: aside, host: crm.internal, port: 8090, routes: [{ name: aside, paths: [/crm] }] }
  - { name: good, host: x, tags: ['mesh:orders'], routes: [{ name: good, paths: [/a] }] }
  - { name: lost, host: x, tags: ['mesh:ordres'], routes: [{ name: lost, paths: [/b] }] }
  - { name: bare, host: bare.internal }
`,
      [meshService('orders'), meshService('nobody')],
    );

    const told = rows.map(({ health, service, mesh }) => [health, service?.name ?? mesh?.name]);
    expect(told).toEqual([
      ['unresolved', 'lost'],
      ['healthy', 'good'],
      ['outside', 'aside'],
      ['outside', 'bare'],
      ['unused', 'nobody'],
    ]);
    expect(rows[0]?.link?.code).toBe('LINK_UNKNOWN_SERVICE');
    expect(countHealths(rows)).toMatchObject({ unresolved: 1, healthy: 1, outside: 2, unused: 1 });
  });

  it('shows all services that share the requests, partly healthy where some cannot answer', () => {
    const config = '{ services: [{ service: v1, weight: 90 }, { service: v2, weight: 10 }] }';
    const text = `services:
  - name: shop
    host: x
    routes: [{ name: shop, paths: [/] }]
    plugins: [{ name: mesh-upstream, config: ${config} }]
`;
    const healthWith = (fields: Partial<MeshService>) =>
      draw(text, [meshService('v1', fields), meshService('v2', { vips: ['241.0.0.2'] })])[0];

    expect(healthWith({})).toMatchObject({
      health: 'healthy',
      mesh: { name: 'v1' },
      link: {
        shares: [
          { reference: 'v1', weight: 90, health: 'healthy' },
          { reference: 'v2', weight: 10, health: 'healthy' },
        ],
      },
    });
    expect(healthWith({ availability: 'unavailable' })).toMatchObject({
      health: 'degraded',
      mesh: { name: 'v2' },
    });
    expect(draw(text, [])[0]?.health).toBe('unresolved');
  });

  it('shows a service whose upstream has linked targets by what serves now', () => {
    const text = `upstreams:
  - name: canary
    targets:
      - { target: 'a:80', weight: 90, tags: ['mesh:v1'] }
      - { target: 'b:80', weight: 10, tags: ['mesh:v2'] }
services:
  - { name: shop, host: canary, routes: [{ name: shop, paths: [/] }] }
`;
    const both = [meshService('v1'), meshService('v2', { vips: ['241.0.0.2'] })];

    expect(draw(text, both)[0]).toMatchObject({
      health: 'healthy',
      link: { kind: 'tag', reference: 'v1', shares: [{ weight: 90 }, { weight: 10 }] },
      mesh: { name: 'v1' },
    });
    expect(draw(text, both.slice(1))[0]).toMatchObject({
      health: 'degraded',
      link: { reference: 'v2' },
    });
    expect(draw(text, [])[0]?.health).toBe('unresolved');
  });

  it('counts as people do, and keeps together what leads to one mesh service', () => {
    const names = ['svc-10', 'svc-2', 'svc-1'];
    const others = names.map(
      (name) =>
        `  - { name: ${name}, host: x, tags: ['mesh:${name}'], routes: [{ name: ${name}, paths: [/${name}] }] }`,
    );
    const shared = ['a-pay', 'z-pay'].map(
      (name) =>
        `  - { name: ${name}, host: x, tags: ['mesh:payments'], routes: [{ name: ${name}, paths: [/${name}] }] }`,
    );

    const rows = draw(
      ['services:', ...shared, ...others, ''].join('\n'),
      [...names, 'payments'].map((name) => meshService(name)),
    );

    expect(rows.map(({ route }) => route?.name)).toEqual([
      ...['a-pay', 'z-pay'],
      ...['svc-1', 'svc-2', 'svc-10'],
    ]);
  });

  describe('of services that the mesh shows in two forms', () => {
    const resource = meshService('orders', {
      namespace: 'shop',
      ports: [{ port: 8080, tag: 'orders_shop_svc_8080' }],
    });
    const tag = meshService('orders', {
      kind: 'LegacyService',
      namespace: 'shop',
      ports: [{ port: 8080, tag: 'orders_shop_svc_8080' }],
      hostnames: [],
    });
    delete (tag as { zone?: string }).zone;
    const alone = meshService('carts', { kind: 'LegacyService', hostnames: [] });

    it('counts each once, and lists none beside its twin', () => {
      const rows = draw('services: []\n', [resource, tag, alone]);

      expect(rows.map(({ mesh }) => [mesh?.kind, mesh?.name])).toEqual([
        ['LegacyService', 'carts'],
        ['MeshService', 'orders'],
      ]);
      expect(countServices([resource, tag, alone])).toBe(2);
    });

    it('takes neither for unused where a link leads to the other', () => {
      const rows = draw(linkedTo('orders_shop_svc_8080'), [resource, tag]);

      expect(rows.filter(({ health }) => health === 'unused')).toEqual([]);
    });

    it('takes namesakes of two zones for two', () => {
      const kubernetes = meshService('orders', { kind: 'KubernetesService', zone: 'west' });

      expect(countServices([meshService('orders', { zone: 'east' }), kubernetes])).toBe(2);
    });
  });

  describe('of a link with a fallback', () => {
    const text = `services:
  - name: shop
    host: shop.internal
    routes:
      - name: shop
        paths: [/]
        plugins: [{ name: mesh-upstream, config: { service: orders, fallback: orders-v1 } }]
`;
    const down: Partial<MeshService> = {
      availability: 'unavailable',
      endpoints: { total: 1, healthy: 0 },
    };
    const v1 = meshService('orders-v1', { vips: ['241.0.0.7'] });

    it.each([
      { name: 'the service has no healthy endpoint', services: [meshService('orders', down), v1] },
      { name: 'the service is not there', services: [v1] },
    ])('says that the fallback serves while $name', ({ services }) => {
      const [row] = draw(text, services);

      expect(row).toMatchObject({
        health: 'fallback',
        mesh: { name: 'orders-v1' },
        address: { text: '241.0.0.7:8080' },
        link: { reference: 'orders', fallback: 'orders-v1' },
      });
      expect(row?.link?.insteadOf).toMatch(/./);
    });

    it.each([
      { name: 'the service is up', services: [meshService('orders'), v1], health: 'healthy' },
      {
        name: 'both are down',
        services: [meshService('orders', down), meshService('orders-v1', down)],
        health: 'unavailable',
      },
    ])('says that the service itself serves where $name', ({ services, health }) => {
      const [row] = draw(text, services);

      expect(row).toMatchObject({ health, mesh: { name: 'orders' } });
      expect(row?.link).not.toHaveProperty('insteadOf');
    });
  });

  it('shows nothing that came from the environment', () => {
    const rows = draw(
      `services:
  - name: hidden
    host: \${{ env "DECK_HOST" }}
    routes: [{ name: hidden, paths: ['/\${{ env "DECK_PATH" }}'] }]
`,
      [],
      { DECK_HOST: 'secret.internal', DECK_PATH: 'hunter2' },
    );

    expect(rows).toHaveLength(1);
    expect(JSON.stringify(rows)).not.toMatch(/secret\.internal|hunter2/);
  });
});

function linkedTo(reference: string): string {
  return `services:
  - { name: a, host: x, tags: ['mesh:${reference}'], routes: [{ name: a, paths: [/] }] }
`;
}

function draw(
  text: string,
  services: readonly MeshService[],
  env: Readonly<Record<string, string>> = {},
): readonly PictureRow[] {
  const document = `_format_version: '3.0'\n${text}`;
  const { state } = parseKongConfig([{ path: 'kong.yml', text: document }], { env });
  const gateway = { environment: 'universal', transparentProxy: true, outbounds: [] } as const;
  const catalog = createCatalog('default', services, gateway);
  const { desired, links } = translate({
    catalog,
    user: state,
    rules: TranslateRules.parse({}),
  });
  return drawPicture({ kong: desired, links, services });
}
