import {
  ConfigChecks,
  parseReference,
  readConfig,
  Schema,
} from '../../plugin/mesh-upstream/config';

interface Rules {
  readonly type: string;
  readonly required: boolean;
  readonly default?: string;
  readonly one_of?: readonly string[];
  readonly match?: string;
  readonly description: string;
}

const fields = Object.assign({}, ...Schema) as Record<string, Rules>;
const samples: Readonly<Record<string, { good: readonly string[]; bad: readonly string[] }>> = {
  service: {
    good: ['orders', 'orders.shop.zone-1', 'orders_shop_svc_8080', 'o.svc.cluster.local'],
    bad: ['', 'orders:8080', 'a b', 'a/b', 'a\nb'],
  },
  port: { good: ['8080', 'http', 'http-admin'], bad: ['', '80:80', 'a b', 'a.b'] },
  address: { good: ['auto', 'outbound', 'service-ip', 'mesh'], bad: ['', 'pod', 'Auto'] },
  host_header: {
    good: ['mesh', 'preserve', 'api.example.com', 'api.example.com:8080', '[::1]:80'],
    bad: ['', 'a b', 'a\r\nX-Evil: 1', 'http://a'],
  },
  on_missing: { good: ['reject', 'passthrough'], bad: ['', 'ignore'] },
  fallback: { good: ['orders', 'orders:8080', 'o.shop:http'], bad: ['', 'a b', ':80', 'a:b:c'] },
  hash_on: { good: ['none', 'ip', 'consumer'], bad: ['', 'IP', 'query'] },
  hash_on_header: { good: ['X-User', 'x_user'], bad: ['', 'a b', 'a:b', 'a\r\nb'] },
  hash_on_cookie: { good: ['session', '__Host-sid'], bad: ['', 'a b', 'a=b', 'a;b'] },
  snapshot: { good: ['/var/lib/kong-meshd/catalog.json'], bad: [''] },
};

/** Lua's character classes as far as the schema uses them; its other characters mean the same. */
function luaToRegExp(pattern: string): RegExp {
  return new RegExp(pattern.replace(/%w/g, 'A-Za-z0-9').replace(/%([^\w])/g, '\\$1'));
}

/** What Kong's own check of a string field does; Kong refuses empty strings by default. */
function kongAccepts(rules: Rules, value: string): boolean {
  if (value === '') return false;
  if (rules.one_of && !rules.one_of.includes(value)) return false;
  return rules.match === undefined || luaToRegExp(rules.match).test(value);
}

describe('the Kong schema and what this side reads', () => {
  it('have the same fields', () => {
    expect(Object.keys(fields).sort()).toEqual([...Object.keys(samples), 'services'].sort());
  });

  it.each(Object.keys(samples))('agree on %s', (name) => {
    const { good, bad } = samples[name]!;
    const rules = fields[name]!;
    const accepts = (value: string): boolean => readConfig({ service: 'orders', [name]: value }).ok;

    expect(good.filter((value) => !accepts(value))).toEqual([]);
    expect(good.filter((value) => !kongAccepts(rules, value))).toEqual([]);
    expect(bad.filter(accepts)).toEqual([]);
    expect(bad.filter((value) => kongAccepts(rules, value))).toEqual([]);
  });

  it.each(Object.keys(samples))('agree on whether %s is needed and on its default', (name) => {
    const rules = fields[name]!;
    const without =
      name === 'service' ? { services: [{ service: 'orders', weight: 1 }] } : { service: 'orders' };

    const parsed = readConfig(without);

    expect(parsed.ok).toBe(!rules.required);
    if (parsed.ok) expect({ ...parsed.config }[name]).toBe(rules.default);
  });

  it('agree that service or services is needed, and not both', () => {
    const checks = ConfigChecks.flatMap((check) =>
      'only_one_of' in check ? [check.only_one_of] : [],
    );
    const services = [{ service: 'orders', weight: 1 }];

    expect(checks).toEqual([['service', 'services']]);
    expect(readConfig({})).toMatchObject({
      cause: 'service must name a mesh service, or services several',
    });
    expect(readConfig({ service: 'orders', services }).ok).toBe(false);
    expect(readConfig({ services }).ok).toBe(true);
  });

  it('read null as left out, as Kong sends it', () => {
    const nulls = Object.fromEntries(Object.keys(fields).map((name) => [name, null]));

    const parsed = readConfig({ ...nulls, service: 'orders', __key__: 'k', __seq__: 2 });

    expect(parsed).toEqual(readConfig({ service: 'orders' }));
  });

  it('describe every field within the length Kong accepts', () => {
    const lengths = Object.values(fields).map(({ description }) => description.length);

    expect(Math.min(...lengths)).toBeGreaterThanOrEqual(10);
    expect(Math.max(...lengths)).toBeLessThanOrEqual(500);
  });
});

describe('parseReference', () => {
  it.each([
    ['orders', { service: 'orders' }],
    ['orders:8080', { service: 'orders', port: '8080' }],
    ['orders.shop:http', { service: 'orders.shop', port: 'http' }],
    ['orders:', { service: 'orders' }],
  ])('reads %s', (text, expected) => {
    expect(parseReference(text)).toEqual(expected);
  });
});
