import type { Entity } from '../../../daemon/kong/model';
import { TranslateRules } from '../../../daemon/translate/rules';
import { translate } from '../../../daemon/translate/translate';
import { kongFrom } from './build-kong';
import { catalogFrom, type SparseService } from './catalog-file';

const rules = TranslateRules.parse({});
const orders: SparseService = {
  kind: 'MeshService',
  name: 'orders',
  ports: [{ port: 8080 }],
  vips: ['241.0.0.1'],
};
const withProxy = { transparentProxy: true };

describe('translate', () => {
  it('keeps entities without a link by reference', () => {
    const user = kongFrom({
      services: [
        { name: 'plain', host: 'plain.internal', routes: [{ name: 'plain', paths: ['/'] }] },
        { name: 'linked', host: 'linked.internal', tags: ['mesh:orders'] },
      ],
      consumers: [{ username: 'alice' }],
    });

    const { desired } = translate({
      catalog: catalogFrom({ services: [orders], gateway: withProxy }),
      user,
      rules,
    });

    const changed = desired.entities.filter((entity) => !user.entities.includes(entity));
    expect(changed.map(({ key }) => key)).toEqual(['linked']);
  });

  it('leaves ids, owner, origin and references of a linked service alone', () => {
    const user = kongFrom({ services: [{ name: 'a', host: 'a.internal', tags: ['mesh:orders'] }] });
    const [before] = user.entities;

    const { desired } = translate({
      catalog: catalogFrom({ services: [orders], gateway: withProxy }),
      user,
      rules,
    });

    const [after] = desired.entities;
    expect(after).toEqual({ ...before, fields: after?.fields });
    expect(after?.fields).toMatchObject({ name: 'a', host: '241.0.0.1', port: 8080 });
  });

  it('makes its own entities anew: those of a rule that is gone go with it', () => {
    const rule = { match: { name: '*' }, routes: [{ name: '{name}', paths: ['/{name}'] }] };
    const catalog = catalogFrom({ services: [orders], gateway: withProxy });
    const exposing = TranslateRules.parse({ expose: [rule] });
    const exposed = translate({ catalog, user: kongFrom({}), rules: exposing }).desired;

    const after = translate({ catalog, user: exposed, rules });

    expect(exposed.entities).toHaveLength(3);
    expect(after.desired.entities).toEqual([]);
  });

  it('edits the service alone where a route has the same id', () => {
    const id = '6f4b2b4e-8f0a-4b8e-9d0a-0d2f3a1c5b7e';
    const user = kongFrom({
      services: [
        {
          id,
          name: 'a',
          host: 'a.internal',
          tags: ['mesh:orders'],
          routes: [{ id, name: 'r', paths: ['/'] }],
        },
      ],
    });

    const { desired } = translate({
      catalog: catalogFrom({ services: [orders], gateway: withProxy }),
      user,
      rules,
    });

    expect(desired.entities.map(({ type }) => type)).toEqual(['services', 'routes']);
  });

  it('makes a written address readable even where the host was a secret', () => {
    const service: Entity = {
      ...kongFrom({ services: [{ name: 'a', host: 'x', tags: ['mesh:orders'] }] }).entities[0]!,
      secrets: [['host'], ['path']],
    };

    const { desired } = translate({
      catalog: catalogFrom({ services: [orders], gateway: withProxy }),
      user: { entities: [service], passthrough: {}, selectTags: [] },
      rules,
    });

    expect(desired.entities[0]?.secrets).toEqual([['path']]);
  });

  it('asks for the same outbounds whether they exist or not', () => {
    const user = kongFrom({
      services: [
        { name: 'a', host: 'a.internal', tags: ['mesh:orders'] },
        {
          name: 'b',
          host: 'b.internal',
          plugins: [{ name: 'mesh-upstream', config: { service: 'orders', fallback: 'cart' } }],
        },
      ],
    });
    const services = [orders, { ...orders, name: 'cart', vips: [] }];
    const outbound = {
      address: '127.0.0.1',
      port: 30000,
      target: { type: 'backendRef', kind: 'MeshService', name: 'orders', labels: {}, port: 8080 },
    } as const;

    const before = translate({ catalog: catalogFrom({ services }), user, rules });
    const after = translate({
      catalog: catalogFrom({ services, gateway: { outbounds: [outbound] } }),
      user,
      rules,
    });

    const names = before.needs.map(({ service, port }) => `${service.name}:${port.port}`);
    expect(names).toEqual(['cart:8080', 'orders:8080']);
    expect(after.needs).toEqual(before.needs);
    expect(before.links.every(({ outcome }) => outcome.state === 'unresolved')).toBe(true);
  });

  it.each([
    ['auto, with VIPs', 'auto', { transparentProxy: true }, []],
    ['outbound asked for', 'outbound', { transparentProxy: true }, ['orders']],
    ['Kubernetes', 'outbound', { environment: 'kubernetes', transparentProxy: true }, []],
    ['no proxy, VIP asked for', 'service-ip', { transparentProxy: false }, []],
  ] as const)('needs outbounds only where they are used: %s', (_, address, gateway, expected) => {
    const user = kongFrom({ services: [{ name: 'a', host: 'x', tags: ['mesh:orders'] }] });

    const { needs } = translate({
      catalog: catalogFrom({ services: [orders], gateway }),
      user,
      rules: TranslateRules.parse({ address }),
    });

    expect(needs.map(({ service }) => service.name)).toEqual(expected);
  });

  it('keeps a stale outbound unless its port now leads to another service', () => {
    const user = kongFrom({
      services: [
        { name: 'kept', host: 'x', tags: ['mesh:gone'] },
        { name: 'taken', host: 'x', tags: ['mesh:gone'] },
      ],
    });
    const idOf = (name: string) => user.entities.find(({ key }) => key === name)!.id;
    const target = {
      type: 'backendRef',
      kind: 'MeshService',
      name: 'orders',
      labels: {},
      port: 8080,
    } as const;

    const { desired } = translate({
      catalog: catalogFrom({
        services: [orders],
        gateway: { outbounds: [{ address: '127.0.0.1', port: 30001, target }] },
      }),
      user,
      rules,
      previous: new Map([
        [idOf('kept'), { host: '127.0.0.1', port: 30000 }],
        [idOf('taken'), { host: '127.0.0.1', port: 30001 }],
      ]),
    });

    expect(desired.entities.map(({ fields }) => [fields['host'], fields['port']])).toEqual([
      ['127.0.0.1', 30000],
      ['taken.mesh.invalid', undefined],
    ]);
  });

  it.each([
    ['a tag of that name', { type: 'tags', tags: { 'kuma.io/service': 'gone' } }, true],
    ['its Kubernetes tag', { type: 'tags', tags: { 'kuma.io/service': 'gone_shop_svc_80' } }, true],
    ['another tag with a dot', { type: 'tags', tags: { 'kuma.io/service': 'gone.other' } }, false],
    ['another tag', { type: 'tags', tags: { 'kuma.io/service': 'gone-too' } }, false],
    [
      'a subset of another service',
      { type: 'tags', tags: { 'kuma.io/service': 'orders', version: 'v1' } },
      false,
    ],
    [
      'a resource of that name',
      { type: 'backendRef', kind: 'MeshService', name: 'gone', labels: {}, port: 80 },
      true,
    ],
    [
      'a resource displayed so',
      {
        type: 'backendRef',
        kind: 'MeshService',
        labels: { 'kuma.io/display-name': 'gone' },
        port: 80,
      },
      true,
    ],
    [
      'a resource that is gone, too',
      { type: 'backendRef', kind: 'MeshService', name: 'sales', labels: {}, port: 80 },
      false,
    ],
    [
      'who knows what',
      { type: 'backendRef', kind: 'MeshService', labels: { team: 'a' }, port: 80 },
      false,
    ],
  ] as const)(
    'keeps a stale outbound that leads to no known service only where it is meant: %s',
    (_, target, kept) => {
      const user = kongFrom({ services: [{ name: 'a', host: 'x', tags: ['mesh:gone'] }] });

      const { desired } = translate({
        catalog: catalogFrom({
          services: [orders],
          gateway: { outbounds: [{ address: '127.0.0.1', port: 30001, target }] },
        }),
        user,
        rules,
        previous: new Map([[user.entities[0]!.id, { host: '127.0.0.1', port: 30001 }]]),
      });

      const host = kept ? '127.0.0.1' : 'a.mesh.invalid';
      expect(desired.entities[0]?.fields['host']).toBe(host);
    },
  );

  it('drops a last good address once the mesh says that the service has none', () => {
    const user = kongFrom({ services: [{ name: 'a', host: 'x', tags: ['mesh:orders'] }] });

    const { desired } = translate({
      catalog: catalogFrom({ services: [orders] }),
      user,
      rules,
      previous: new Map([[user.entities[0]!.id, { host: '127.0.0.1', port: 30000 }]]),
    });

    expect(desired.entities[0]?.fields['host']).toBe('a.mesh.invalid');
  });

  it('names ten of a hundred routes that have no plugin', () => {
    const routes = Array.from({ length: 100 }, (_, index) => ({ name: `r${index}`, paths: ['/'] }));
    const plugins = [{ name: 'mesh-upstream', config: { service: 'orders' } }];
    const user = kongFrom({
      services: [{ name: 'a', host: 'x', routes: [{ name: 'linked', plugins }, ...routes] }],
    });

    const { failures } = translate({ catalog: catalogFrom({ services: [orders] }), user, rules });

    const partial = failures.find(({ code }) => code === 'LINK_PARTIAL');
    expect(partial?.message).toContain(
      'r0, r1, r10, r11, r12, r13, r14, r15, r16, r17 and 90 more',
    );
  });

  it('reports every miss, with suggestions for the first twenty', () => {
    const user = kongFrom({
      services: Array.from({ length: 30 }, (_, index) => ({
        name: `s${index}`,
        host: 'x',
        tags: ['mesh:ordres'],
      })),
    });

    const { failures } = translate({
      catalog: catalogFrom({ services: [orders], gateway: withProxy }),
      user,
      rules,
    });

    const suggesting = failures.filter(({ remedy }) => remedy.startsWith('Did you mean orders?'));
    expect(failures).toHaveLength(30);
    expect(suggesting).toHaveLength(20);
  });
});
