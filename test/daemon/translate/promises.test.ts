import { isPlaceholder } from '../../../daemon/translate/placeholder';
import { TranslateRules } from '../../../daemon/translate/rules';
import { translate } from '../../../daemon/translate/translate';
import { kongFrom } from './build-kong';
import { catalogFrom, type SparseService } from './catalog-file';

const rules = TranslateRules.parse({});
const orders: SparseService = {
  kind: 'MeshService',
  name: 'orders',
  ports: [{ port: 8080 }],
  hostnames: ['orders.svc.mesh.local'],
};

function translated(
  document: Record<string, unknown>,
  parts: {
    services?: readonly SparseService[];
    otherUpstreams?: readonly string[];
    live?: ReadonlyMap<string, { host: string; port: number }>;
  } = {},
) {
  const user = kongFrom(document);
  const { services = [orders], ...rest } = parts;
  const catalog = catalogFrom({ services, gateway: { transparentProxy: true } });
  const result = translate({ catalog, user, rules, ...rest });
  return {
    codes: result.failures.map(({ code }) => code),
    hosts: result.desired.entities
      .filter(({ type }) => type === 'services')
      .map(({ fields }) => fields['host']),
    result,
    ids: user.entities.map(({ id }) => id),
  };
}

describe('an upstream of somebody else at the gateway', () => {
  it('never gets what was meant for the mesh host name that it bears', () => {
    const tagged = { services: [{ name: 'a', host: 'x', tags: ['mesh:orders'] }] };

    const { codes, hosts } = translated(tagged, { otherUpstreams: ['Orders.svc.mesh.local'] });

    expect(codes).toEqual(['LINK_SHADOWED']);
    expect(hosts).toEqual(['a.mesh.invalid']);
  });

  it('never gets what should be refused', () => {
    const plugins = [{ name: 'mesh-upstream', config: { service: 'orders' } }];
    const document = { services: [{ name: 'a', host: 'x', plugins }] };

    const { codes, hosts } = translated(document, {
      otherUpstreams: ['a.mesh.invalid', 'a-2.mesh.invalid'],
    });

    expect(codes).toEqual(['PLACEHOLDER_TAKEN']);
    expect(hosts).toEqual(['a-3.mesh.invalid']);
  });
});

describe('a tag that does nothing', () => {
  it.each([
    ['a link in capitals', ['Mesh:orders'], ['LINK_TAG_MISSPELT']],
    ['a link that is misspelt', ['mehs:orders'], ['LINK_TAG_MISSPELT']],
    ['a link with a blank', ['mesh :orders'], ['LINK_TAG_MISSPELT']],
    ['an address that is misspelt', ['mesh:orders', 'mesh-addres:mesh'], ['LINK_TAG_MISSPELT']],
    ['an address without a link', ['mesh-address:mesh'], ['LINK_TAG_ALONE']],
    ['a tag of others', ['team:a', 'mesh', 'mesh-team:a', 'message:x'], []],
  ])('is said: %s', (_, tags, expected) => {
    const { codes } = translated({ services: [{ name: 'a', host: 'x', tags }] });

    expect(codes).toEqual(expected);
  });

  it.each([
    ['an upstream', { upstreams: [{ name: 'u', tags: ['mesh:orders'] }] }],
    ['a consumer', { consumers: [{ username: 'alice', tags: ['mesh:orders'] }] }],
    [
      'a route, by its address',
      {
        services: [
          {
            name: 'a',
            host: 'x',
            routes: [{ name: 'r', paths: ['/'], tags: ['mesh-address:mesh'] }],
          },
        ],
      },
    ],
  ])('is said where it stands on %s', (_, document) => {
    expect(translated(document).codes).toEqual(['LINK_TAG_MISPLACED']);
  });
});

describe('preserve_host beside the plugin', () => {
  const withHost = (host_header?: string) => ({
    name: 'mesh-upstream',
    config: { service: 'orders', ...(host_header === undefined ? {} : { host_header }) },
  });
  const route = { name: 'r', paths: ['/'], preserve_host: true };

  it.each<[string, Record<string, unknown>, readonly string[]]>([
    [
      'on the route',
      { name: 'a', host: 'x', routes: [{ ...route, plugins: [withHost()] }] },
      ['LINK_PRESERVE_HOST'],
    ],
    [
      'on the service',
      { name: 'a', host: 'x', plugins: [withHost()], routes: [route] },
      ['LINK_PRESERVE_HOST'],
    ],
    [
      'that preserves it',
      { name: 'a', host: 'x', plugins: [withHost('preserve')], routes: [route] },
      [],
    ],
    [
      'that was given a Host',
      { name: 'a', host: 'x', plugins: [withHost('a.example')], routes: [route] },
      [],
    ],
  ])('is said to have no effect, with the plugin %s', (_, service, expected) => {
    expect(translated({ services: [service] }).codes).toEqual(expected);
  });
});

describe('where Kong leads, at a start that remembers nothing', () => {
  const tagged = { services: [{ name: 'a', host: 'x', tags: ['mesh:pay'] }] };
  const pay = (zone: string, vip: string): SparseService => ({
    kind: 'MeshService',
    name: 'pay',
    zone,
    ports: [{ port: 80 }],
    vips: [vip],
  });
  const services = [pay('a', '241.0.0.1'), pay('b', '241.0.0.2')];
  const [id = ''] = translated(tagged).ids;

  it('stays while the reference is ambiguous and the address is that of one it names', () => {
    const live = new Map([[id, { host: '241.0.0.1', port: 80 }]]);

    const { codes, hosts } = translated(tagged, { services, live });

    expect([codes, hosts]).toEqual([['LINK_AMBIGUOUS_SERVICE'], ['241.0.0.1']]);
  });

  it.each([
    ['the host that the user wrote', 'x'],
    ['the address of another service', '241.0.0.9'],
  ])('does not where it is %s', (_, host) => {
    const live = new Map([[id, { host, port: 80 }]]);
    const other: SparseService = { ...orders, vips: ['241.0.0.9'] };

    const { hosts } = translated(tagged, { services: [...services, other], live });

    expect(hosts.every((one) => typeof one === 'string' && isPlaceholder(one))).toBe(true);
  });
});
