import { checkValue } from '../../../../sandbox/gateway/entities/check-value';
import { deriveId } from '../../../../sandbox/gateway/entities/derive-id';
import { getEntityType } from '../../../../sandbox/gateway/entities/entity-types';
import { matchesLuaPattern } from '../../../../sandbox/gateway/entities/lua-pattern';
import { formatLuaPretty, formatLuaTable } from '../../../../sandbox/gateway/entities/lua-text';
import { makePluginCatalogue } from '../../../../sandbox/gateway/entities/plugin-catalogue';
import { fillDefaults, withShorthands } from '../../../../sandbox/gateway/entities/fill-defaults';
import { expandServiceUrl } from '../../../../sandbox/gateway/entities/service-url';
import { normaliseTarget, parseTarget } from '../../../../sandbox/gateway/entities/target-address';

it.each([
  ['^%u+$', 'GET', true],
  ['^%u+$', 'get', false],
  ['^[a-z][a-z%d-]-[a-z%d]+$', 'my-env2', true],
  ['^[a-z][a-z%d-]-[a-z%d]+$', '2env', false],
  ['^[a-z][a-z%d-]-[a-z%d]+$', 'my_env', false],
  ['^[^*]*%*?[^*]*$', '*.example', true],
  ['^[^*]*%*?[^*]*$', '*.*', false],
  ['%.%*$', 'example.*', true],
  ['^[Hh][Oo][Ss][Tt]$', 'Host', true],
  ['^[Hh][Oo][Ss][Tt]$', 'X-Host', false],
  ['^[^:]+:.*$', 'a:b', true],
])('the pattern %s on %s: %s', (pattern, value, expected) => {
  expect(matchesLuaPattern(pattern, value)).toBe(expected);
});

it.each([
  ['10.0.0.1', '10.0.0.1:8000'],
  ['10.0.0.1:0080', '10.0.0.1:80'],
  ['Pod.Example:80', 'Pod.Example:80'],
  ['[::1]', '[0000:0000:0000:0000:0000:0000:0000:0001]:8000'],
  ['[2001:db8::1]:80', '[2001:0db8:0000:0000:0000:0000:0000:0001]:80'],
  ['orders_shop_svc_8080.mesh:80', 'orders_shop_svc_8080.mesh:80'],
])('the target %s is kept as %s', (written, kept) => {
  expect(normaliseTarget(written)).toBe(kept);
});

it.each(['a b:80', '10.0.0.256:1', '10.0.0.1:99999', 'a..b:1', '-a.b', 'a:b:c', ''])(
  'the target %j is none',
  (written) => {
    expect(parseTarget(written)).toBeUndefined();
  },
);

it.each([
  ['http://a', { protocol: 'http', host: 'a', port: 80, path: null }],
  ['https://a/b', { protocol: 'https', host: 'a', port: 443, path: '/b' }],
  ['grpc://a:9/', { protocol: 'grpc', host: 'a', port: 9, path: '/' }],
  ['http://[::1]:8/x?y=1', { protocol: 'http', host: '[::1]', port: 8, path: '/x' }],
])('the url %s is taken apart', (url, parts) => {
  expect(expandServiceUrl({ url, name: 'n', port: 99_999 })).toEqual({ name: 'n', ...parts });
});

it.each([
  ['services', 'orders', '580c8aca-d632-5804-b307-a24326e1e2d5'],
  ['routes', 'orders', 'e1c8db17-4cae-5e1a-b314-75bab222b3ca'],
  ['upstreams', 'billing.up', 'b99669ac-b938-5b32-88c3-34b89abb96fd'],
  ['consumers', 'alice', 'b32379d9-3d28-5683-a79c-72139be6e34f'],
  [
    'targets',
    'targets:*:b99669ac-b938-5b32-88c3-34b89abb96fd:10.0.0.1:8080',
    '343e8714-1c51-5f1b-a345-fe5adb677216',
  ],
  [
    'plugins',
    'plugins:*:rate-limiting:e1c8db17-4cae-5e1a-b314-75bab222b3ca::',
    '40b88a5c-6c8f-5d96-98aa-be1219eca165',
  ],
])('the id of %s %s is %s', (type, name, id) => {
  expect(deriveId(type, name)).toBe(id);
});

describe('Lua texts', () => {
  it('are compact in messages, with holes by place and odd keys in brackets', () => {
    const value = { b: [null, { c: 'x "y"' }], '@entity': ['e'], a: null };

    expect(formatLuaTable(value)).toBe('{["@entity"]={"e"},a=null,b={[2]={c="x \\"y\\""}}}');
  });

  it('are over several lines where errors nest deeper', () => {
    expect(formatLuaPretty({ active: { timeout: 'bad' } })).toBe(
      '{\n  active = {\n    timeout = "bad"\n  }\n}',
    );
  });
});

describe('deprecated names in a plugin’s config', () => {
  const config = makePluginCatalogue().get('rate-limiting')!.schema.fields.get('config')!.record!;

  it('are moved to where they live now, the new name winning', () => {
    const filled = fillDefaults(config, {
      ...{ redis_host: 'old', redis_port: 1, redis: { port: 2 } },
    });

    expect(filled.redis).toMatchObject({ host: 'old', port: 2, timeout: 2000 });
    expect(filled).not.toHaveProperty('redis_host');
  });

  it('are shown beside the new ones', () => {
    const shown = withShorthands(config, fillDefaults(config, { redis: { host: 'r' } }));

    expect(shown).toMatchObject({ redis_host: 'r', redis_port: 6379, redis: { host: 'r' } });
  });
});

describe('a field', () => {
  const fields = getEntityType('services').schema.fields;

  it.each([
    ['port', '80', 'expected an integer'],
    ['port', 80.5, 'expected an integer'],
    ['host', '', 'length must be at least 1'],
    ['host', 'a b', 'invalid value: a b'],
    ['path', 'x', 'should start with: /'],
    ['path', '/a//b', 'must not have empty segments'],
    ['client_certificate', { id: 'x' }, { id: 'expected a valid UUID' }],
    ['ca_certificates', ['x'], ['expected a valid UUID']],
  ])('%s with %j: %j', (name, value, error) => {
    expect(checkValue(fields.get(name)!, value)).toEqual(error);
  });
});
