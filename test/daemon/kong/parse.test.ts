import { parseKongConfig, placeOfField, type ParsedConfig } from '../../../daemon/kong/parse';
import { entityLabel, type Entity } from '../../../daemon/kong/model';

const head = '_format_version: "3.0"\n';

function parse(text: string, env: Record<string, string> = {}): ParsedConfig {
  return parseKongConfig([{ path: 'kong.yml', text: head + text }], { env });
}

function labels(parsed: ParsedConfig): readonly string[] {
  return parsed.state.entities.map(entityLabel);
}

function one(parsed: ParsedConfig, label: string): Entity {
  const found = parsed.state.entities.find((entity) => entityLabel(entity) === label);
  if (!found) throw new Error(`no ${label} among ${labels(parsed).join(', ')}`);
  return found;
}

describe('entities', () => {
  it('takes nested entities out and refers back to where they stood', () => {
    const parsed = parse(`
services:
- name: orders
  host: orders.mesh
  routes:
  - name: orders
    paths: [/orders]
    plugins:
    - name: cors
  plugins:
  - name: key-auth
upstreams:
- name: blue
  targets:
  - target: 10.0.0.1:80
consumers:
- username: alice
  acls: [{ group: admins }]
  groups: [{ name: gold }]
consumer_groups:
- name: gold
key_sets:
- name: set
  keys: [{ kid: one, jwk: "{}" }]
`);

    expect(parsed.failures).toEqual([]);
    expect(labels(parsed)).toEqual([
      'service orders',
      'route orders',
      'upstream blue',
      'target 10.0.0.1:80 of upstream blue',
      'plugin cors on route orders',
      'plugin key-auth on service orders',
      'consumer alice',
      'consumer group gold',
      'consumer group member alice of consumer group gold',
      'acl admins of consumer alice',
      'key set set',
      'key one of key set set',
    ]);
    expect(one(parsed, 'plugin cors on route orders')).toMatchObject({
      references: { route: { type: 'routes', id: one(parsed, 'route orders').id } },
      origin: {
        place: { file: 'kong.yml', line: 10 },
        path: ['services', 0, 'routes', 0, 'plugins', 0],
      },
    });
  });

  it.each([
    ['a name', 'orders'],
    ['an id', '580c8aca-d632-5804-b307-a24326e1e2d5'],
    ['{name}', '{ name: orders }'],
    ['{id}', '{ id: 580c8aca-d632-5804-b307-a24326e1e2d5 }'],
  ])('resolves a reference by %s', (_form, reference) => {
    const parsed = parse(`
services: [{ name: orders, host: a }]
routes: [{ name: r, paths: [/r], service: ${reference} }]
`);

    expect(parsed.failures).toEqual([]);
    expect(one(parsed, 'route r').references['service']?.id).toBe(one(parsed, 'service orders').id);
  });

  it.each([
    [
      'http',
      'http://orders.mesh/v1',
      { protocol: 'http', host: 'orders.mesh', port: 80, path: '/v1' },
    ],
    ['https', 'https://10.0.0.1', { protocol: 'https', host: '10.0.0.1', port: 443 }],
    ['grpc', 'grpc://orders:9000', { protocol: 'grpc', host: 'orders', port: 9000 }],
    ['IPv6', 'http://[::1]:81', { protocol: 'http', host: '[::1]', port: 81 }],
  ])('splits the url of a service: %s', (_name, url, fields) => {
    const parsed = parse(`services: [{ name: s, port: null, url: "${url}" }]`);

    expect(one(parsed, 'service s').fields).toMatchObject({ name: 's', ...fields });
    expect(parsed.failures).toEqual([]);
  });

  it('takes a field beside the url, as decK does, and says that Kong itself would not', () => {
    const parsed = parse(
      'services: [{ name: s, host: my-upstream, port: 443, url: "https://api.example/v1" }]',
    );

    expect(one(parsed, 'service s').fields).toEqual({
      ...{ name: 's', protocol: 'https', host: 'my-upstream', port: 443, path: '/v1' },
    });
    expect(parsed.failures).toMatchObject([
      { code: 'KONG_URL_DIFFERS', severity: 'warning', entity: 'service s' },
    ]);
  });

  it('gives a nameless route a key that hangs on what it matches, not on how it is written', () => {
    const first = parse('routes: [{ paths: [/a, /b], hosts: [x] }]');
    const second = parse('routes: [{ hosts: [x], paths: [/b, /a], strip_path: false }]');

    expect(first.state.entities[0]?.key).toMatch(/^unnamed-/);
    expect(second.state.entities[0]?.id).toBe(first.state.entities[0]?.id);
  });

  it('keeps kinds that are not managed and unknown fields as they are', () => {
    const parsed = parse('rbac_roles: [{ a: 1 }]\nservices: [{ name: s, host: a, x-team: blue }]');

    expect(parsed.state.passthrough).toEqual({ rbac_roles: [{ a: 1 }] });
    expect(one(parsed, 'service s').fields).toMatchObject({ 'x-team': 'blue' });
    expect(parsed.failures).toMatchObject([{ code: 'KONG_KIND_UNMANAGED', severity: 'warning' }]);
    expect(parsed.complete).toBe(true);
  });

  it('leaves comments out wherever Kong takes them', () => {
    const parsed = parse(`
_comment: of the file
_ignore: [{ a: 1 }]
services:
- name: s
  host: a
  _comment: of a service
  _ignore: [{ b: 2 }]
  routes: [{ name: r, paths: [/r], _comment: of a route, plugins: [{ name: cors, _comment: c }] }]
consumers: [{ username: u, _comment: c, acls: [{ group: g, _ignore: [] }] }]
`);

    expect(parsed.failures).toEqual([]);
    expect(parsed.state.passthrough).toEqual({});
    expect(parsed.state.entities).toHaveLength(5);
    for (const { fields } of parsed.state.entities) {
      expect(Object.keys(fields).filter((name) => name.startsWith('_'))).toEqual([]);
    }
  });

  it('passes nested entities of kinds that are not managed on, not as fields of their parent', () => {
    const parsed = parse(`
services: [{ name: s, host: a, filter_chains: [{ name: f, filters: [{ name: x }] }] }]
consumers: [{ username: u, mtls_auth_credentials: [{ subject_name: jo }] }]
filter_chains: [{ name: g, route: r }]
`);

    expect(parsed.state.passthrough).toEqual({
      filter_chains: [
        { name: 'g', route: 'r' },
        { name: 'f', filters: [{ name: 'x' }], service: 's' },
      ],
      mtls_auth_credentials: [{ subject_name: 'jo', consumer: 'u' }],
    });
    expect(one(parsed, 'service s').fields).toEqual({ name: 's', host: 'a' });
    expect(one(parsed, 'consumer u').fields).toEqual({ username: 'u' });
    expect(new Set(parsed.failures.map(({ code }) => code))).toEqual(
      new Set(['KONG_KIND_UNMANAGED']),
    );
  });

  it('takes a membership that is named from both sides for one', () => {
    const parsed = parse(`
consumers: [{ username: u, groups: [{ name: gold }] }]
consumer_groups: [{ name: gold, consumers: [{ username: u }] }]
`);

    expect(parsed.failures).toEqual([]);
    expect(parsed.state.entities.map(entityLabel)).toContain(
      'consumer group member u of consumer group gold',
    );
    expect(parsed.state.entities).toHaveLength(3);
  });
});

describe('a list in a variable', () => {
  it.each<[string, string, unknown]>([
    ['${{ env "DECK_X" }}', '[a.example, b.example]', ['a.example', 'b.example']],
    ['${{ env "DECK_X" }}', '["a.example"]', ['a.example']],
    ['${{ env "DECK_X" }}', '[]', []],
    ['"${{ env "DECK_X" }}"', '[a]', '[a]'],
    ['${{ env "DECK_X" }}', '[::1]', '[::1]'],
    ['${{ env "DECK_X" }}', '[a', '[a'],
    ['${{ env "DECK_X" }}', '[*a]', '[*a]'],
    ['${{ env "DECK_X" }}', `${'['.repeat(5000)}${']'.repeat(5000)}`, expect.any(String)],
    ['${{ env "DECK_X" }}', '{"a": [1]}', { a: [1] }],
    ['${{ env "DECK_X" }}', '{vault://env/x}', '{vault://env/x}'],
    ['${{ env "DECK_X" }}', '{"__proto__": 1}', '{"__proto__": 1}'],
  ])('%s with %s', (written, value, expected) => {
    const parsed = parse(`plugins: [{ name: p, config: { x: ${written} } }]\n`, { DECK_X: value });
    const { fields, secrets } = one(parsed, 'plugin p');

    expect(fields['config']).toEqual({ x: expected });
    expect(secrets).toEqual([['config', 'x']]);
  });
});

describe('a file that is not one for Kong, or not wholly understood', () => {
  it.each([
    ['upstream: [{ name: u }]', 'upstream', 'upstreams'],
    ['consumer: []', 'consumer', 'consumers'],
    ['Services: []', 'Services', 'services'],
    ['widgets: [{ a: 1 }]', 'widgets', undefined],
    ['_inf: { select_tags: [a] }', '_inf', '_info'],
    ['_plugin_config: {}', '_plugin_config', '_plugin_configs'],
    ['_info: { select_tag: [a] }', '_info.select_tag', 'select_tags'],
    ['_info: { default: {} }', '_info.default', 'defaults'],
    ['_info: { defaults: { services: {} } }', '_info.defaults.services', 'service'],
    [
      '_info: { default_lookup_tags: { service: [a] } }',
      '_info.default_lookup_tags.service',
      'services',
    ],
  ])('refuses all of it for an unknown key: %s', (text, key, similar) => {
    const parsed = parse(`${text}\nservices: [{ name: a, host: a.example }]`);

    expect(parsed.complete).toBe(false);
    expect(parsed.failures).toMatchObject([
      { code: 'KONG_FILE_KEY_UNKNOWN', severity: 'error', place: { file: 'kong.yml' } },
    ]);
    expect(parsed.failures[0]?.message).toContain(`${key} is no key`);
    if (similar !== undefined) expect(parsed.failures[0]?.remedy).toContain(`mean ${similar}?`);
  });

  it.each([
    ['apiVersion: v1\nkind: ConfigMap\ndata: { kong.yml: "" }\n', 'a Kubernetes ConfigMap'],
    ['openapi: 3.0.3\ninfo: {}\npaths: {}\n', 'an OpenAPI document'],
    ['type: MeshService\nmesh: default\nname: a\n', 'a resource of Kuma'],
    ['', 'nothing'],
    ['# only a comment\n', 'nothing'],
    ['{}', 'nothing'],
  ])('says what it is instead: %j', (text, found) => {
    const parsed = parseKongConfig([{ path: 'x.yml', text }], { env: {} });

    expect(parsed.complete).toBe(false);
    expect(parsed.failures).toMatchObject([{ code: 'KONG_FILE_SHAPE' }]);
    expect(parsed.failures[0]?.message).toContain(`not ${found}`);
  });

  it('takes what a gateway gives back, whatever it knows', () => {
    const text = '_format_version: "3.0"\n_transform: false\nthings_of_a_plugin: [{ a: 1 }]\n';

    expect(parseKongConfig([{ path: 'x', text }], { env: 'literal' })).toMatchObject({
      complete: true,
      failures: [],
    });
  });

  it.each([
    ['_transform: "no"'],
    ['_info: { select_tags: a }'],
    ['_info: { skip_hash_for_basic_auth: 1 }'],
    ['_info: { default_lookup_tags: { services: a } }'],
  ])('refuses all of it for a setting of the wrong type: %s', (text) => {
    const parsed = parse(text);

    expect(parsed.failures).toMatchObject([{ code: 'KONG_HEADER_TYPE' }]);
    expect(parsed.complete).toBe(false);
  });
});

describe('what decK adds', () => {
  it('fills in _info.defaults and _plugin_configs below what is written', () => {
    const parsed = parse(`
_info:
  select_tags: [team-a]
  defaults:
    service: { retries: 1, read_timeout: 5 }
    upstream: { healthchecks: { active: { concurrency: 3 } } }
_plugin_configs:
  limits: { minute: 10, redis: { host: r, port: 1 } }
_workspace: blue
services: [{ name: s, host: a, retries: 2 }]
upstreams: [{ name: u, healthchecks: { active: { timeout: 9 } } }]
plugins: [{ name: rate-limiting, _config: limits, config: { redis: { port: 2 } } }]
`);

    expect(parsed.failures).toEqual([]);
    expect(parsed.state).toMatchObject({ selectTags: ['team-a'], workspace: 'blue' });
    expect(one(parsed, 'service s').fields).toMatchObject({ retries: 2, read_timeout: 5 });
    expect(one(parsed, 'upstream u').fields['healthchecks']).toEqual({
      active: { timeout: 9, concurrency: 3 },
    });
    expect(one(parsed, 'plugin rate-limiting').fields).toEqual({
      name: 'rate-limiting',
      config: { minute: 10, redis: { host: 'r', port: 2 } },
    });
  });

  it('fills templates in after parsing, so that a value may hold anything', () => {
    const nasty = 'p: "w" #%\n- x: [\'';
    const parsed = parse(
      `
services:
- name: s
  host: \${{ env "DECK_HOST" }}
  port: \${{ env "DECK_PORT" | toInt }}
  enabled: \${{ env "DECK_ON" | toBool }}
  tags: ["pre-\${{ env "DECK_HOST" }}"]
  # \${{ env "DECK_NOT_SET" }}
plugins:
- name: p
  config: { password: "\${{ env "DECK_NASTY" }}" }
`,
      { DECK_HOST: 'a.mesh', DECK_PORT: '81', DECK_ON: '1', DECK_NASTY: nasty },
    );

    expect(parsed.failures).toEqual([]);
    expect(one(parsed, 'service s')).toMatchObject({
      fields: { host: 'a.mesh', port: 81, enabled: true, tags: ['pre-a.mesh'] },
      secrets: [['host'], ['port'], ['enabled'], ['tags', 0]],
    });
    expect(one(parsed, 'plugin p')).toMatchObject({
      fields: { config: { password: nasty } },
      secrets: [['config', 'password']],
    });
  });

  it.each([
    ['unset', '${{ env "DECK_X" }}', 'KONG_TEMPLATE_UNSET'],
    ['a name without the prefix', '${{ env "HOME" }}', 'KONG_TEMPLATE_PREFIX'],
    ['no number', '${{ env "DECK_TEXT" | toInt }}', 'KONG_TEMPLATE_VALUE'],
    ['an unknown filter', '${{ env "DECK_TEXT" | quote }}', 'KONG_TEMPLATE_SYNTAX'],
    ['another function', '${{ print "x" }}', 'KONG_TEMPLATE_SYNTAX'],
  ])('says where a template fails: %s', (_name, template, code) => {
    const parsed = parse(`services:\n- name: s\n  host: ${template}\n- name: t\n  host: b\n`, {
      DECK_TEXT: 'secret-value',
      HOME: '/root',
    });

    expect(parsed.failures).toMatchObject([
      { code, place: { file: 'kong.yml', line: 4, column: 9 } },
    ]);
    expect(JSON.stringify(parsed.failures)).not.toContain('secret-value');
    expect(labels(parsed)).toEqual(['service t']);
    expect(parsed.complete).toBe(true);
  });

  it('marks regular expression paths of older formats as Kong 3 wants them', () => {
    const text = '_format_version: "2.1"\nroutes: [{ name: r, paths: ["/a/\\\\d+", /plain] }]';
    const parsed = parseKongConfig([{ path: 'k', text }], { env: {} });

    expect(one(parsed, 'route r').fields['paths']).toEqual(['~/a/\\d+', '/plain']);
    expect(parsed.failures).toMatchObject([{ code: 'KONG_FORMAT_OLD', severity: 'warning' }]);
  });

  it('lets references find entities on the gateway where default_lookup_tags says so', () => {
    const parsed = parse(`
_info: { default_lookup_tags: { services: [shared] } }
routes: [{ name: r, paths: [/r], service: elsewhere }]
`);

    expect(parsed.failures).toEqual([]);
    expect(parsed.state.externals).toMatchObject([{ type: 'services', name: 'elsewhere' }]);
  });
});

describe('what is wrong', () => {
  it('leaves a bad entity out with all that belongs to it, and goes on', () => {
    const parsed = parse(`
services:
- name: bad
  url: nowhere
  routes:
  - name: bad-route
    plugins: [{ name: cors }]
- name: good
  host: a
plugins: [{ name: cors, service: bad }]
`);

    expect(labels(parsed)).toEqual(['service good']);
    expect(parsed.failures.map(({ code, entity }) => [code, entity])).toEqual([
      ['KONG_URL_INVALID', 'service bad'],
      ['KONG_LEFT_OUT', 'route bad-route'],
      ['KONG_LEFT_OUT', 'plugin cors on route bad-route'],
      ['KONG_LEFT_OUT', 'plugin cors'],
    ]);
    expect(parsed.complete).toBe(true);
  });

  it('names both places of an entity that two files define', () => {
    const files = ['a.yml', 'b.yml'].map((path) => ({
      path,
      text: `${head}services:\n- name: s\n  host: ${path}\n  routes: [{ name: ${path}, paths: [/] }]\n`,
    }));
    const parsed = parseKongConfig(files, { env: {} });

    expect(labels(parsed)).toEqual(['service s', 'route a.yml']);
    expect(parsed.failures[0]).toMatchObject({
      code: 'KONG_DUPLICATE',
      message: 'Service s is defined twice: first at a.yml:3:3.',
      place: { file: 'b.yml', line: 3 },
    });
  });

  it.each([
    ['a dangling name', 'routes: [{ name: r, service: ordrs }]', 'KONG_REFERENCE_DANGLING'],
    ['a dangling plugin scope', 'plugins: [{ name: cors, route: x }]', 'KONG_REFERENCE_DANGLING'],
    ['a service without name and host', 'services: [{ port: 80 }]', 'KONG_ENTITY_NAMELESS'],
    ['a target outside an upstream', 'targets: [{ target: "a:1" }]', 'KONG_ENTITY_NAMELESS'],
    ['text for an entity', 'services: [x]', 'KONG_ENTITY_SHAPE'],
    ['a bad id', 'services: [{ name: s, host: a, id: 7 }]', 'KONG_ID_INVALID'],
    [
      'an unknown shared config',
      'plugins: [{ name: p, _config: x }]',
      'KONG_PLUGIN_CONFIG_UNKNOWN',
    ],
    ['a reference of a wrong kind', 'routes: [{ name: r, service: [x] }]', 'KONG_REFERENCE_SHAPE'],
    [
      'a key of the prototype',
      'services: [{ name: s, __proto__: { a: 1 } }]',
      'KONG_KEY_FORBIDDEN',
    ],
    ['a template in a key', 'services: [{ ${{ env "DECK_X" }}: 1 }]', 'KONG_TEMPLATE_KEY'],
  ])('reports %s', (_name, text, code) => {
    const parsed = parse(`${text}\nupstreams: []\n`, { DECK_X: 'x' });

    expect(parsed.failures.map((failure) => failure.code)).toEqual([code]);
    expect(parsed.failures[0]?.place).toMatchObject({ file: 'kong.yml', line: 2 });
    expect(parsed.state.entities).toEqual([]);
    expect(({} as Record<string, unknown>)['a']).toBeUndefined();
  });

  it.each([
    ['broken YAML', 'services:\n  - name: [\n', 'KONG_FILE_SYNTAX'],
    ['a key twice', 'services: []\nservices: []\n', 'KONG_FILE_SYNTAX'],
    ['a list at the top', undefined, 'KONG_FILE_SHAPE'],
    ['text for a list', 'services: orders\n', 'KONG_FILE_LIST'],
    ['another format', undefined, 'KONG_FORMAT_UNKNOWN'],
    ['an alias without anchor', 'services: *none\n', 'KONG_FILE_SYNTAX'],
    ['a number without bounds', 'services:\n- name: s\n  port: 1e999\n', 'KONG_FILE_SYNTAX'],
    ['an empty key', 'services:\n- name: s\n  : a\n', 'KONG_FILE_SYNTAX'],
    ['null for a key', 'services:\n- name: s\n  null: a\n', 'KONG_FILE_SYNTAX'],
    ['null for a key in braces', 'services: [{ name: s, ~: a }]\n', 'KONG_FILE_SYNTAX'],
    [
      'a quoted template for a key',
      'services:\n- name: s\n  "${{ env `DECK_X` }}": a\n',
      'KONG_TEMPLATE_KEY',
    ],
  ])('is incomplete where a whole file is in doubt: %s', (name, text, code) => {
    const whole =
      text === undefined
        ? name === 'another format'
          ? '_format_version: "9"\n'
          : '- a\n'
        : head + text;
    const parsed = parseKongConfig([{ path: 'k.yml', text: whole }], { env: {} });

    expect(parsed.complete).toBe(false);
    expect(parsed.failures[0]).toMatchObject({ code, place: { file: 'k.yml' } });
    expect(parsed.failures[0]?.place?.line).toBeGreaterThan(0);
  });

  it.each([
    ['in a block', 'kong.yml', 'services:\n- name: a\n  plugins: []\n  plugins: []\n', [5, 3]],
    ['in braces', 'kong.yml', 'services: [{ name: a, host: x, host: y }]\n', [2, 32]],
    ['in quotes', 'kong.yml', 'services:\n- name: a\n  "name": b\n', [4, 3]],
    ['as an explicit key', 'kong.yml', 'services:\n- name: a\n  ? name\n  : b\n', [4, 5]],
    [
      'with an escape, in JSON',
      'kong.json',
      '{"services":[{"name":"a","n\\u0061me":"b"}]}',
      [1, 26],
    ],
  ])('takes no mapping that has a key twice: %s', (_, path, text, [line, column]) => {
    const whole = path === 'kong.yml' ? head + text : text;
    const { complete, failures } = parseKongConfig([{ path, text: whole }], { env: {} });

    expect(complete).toBe(false);
    expect(failures).toMatchObject([
      {
        code: 'KONG_FILE_SYNTAX',
        message: expect.stringContaining('a key is written twice in one mapping') as string,
        place: { file: path, line, column },
      },
    ]);
  });

  it('bounds aliases of aliases', () => {
    const levels = Array.from({ length: 9 }, (_, level) => {
      const inner =
        level === 0
          ? '1'
          : Array(9)
              .fill(`*a${level - 1}`)
              .join(',');
      return `x${level}: &a${level} [${inner}]`;
    });
    const parsed = parse(levels.join('\n'));

    expect(parsed.complete).toBe(false);
    expect(parsed.failures[0]?.code).toBe('KONG_FILE_ALIASES');
  });

  it('warns of values that decK would read differently, without repeating them', () => {
    const parsed = parse('services:\n- name: s\n  host: y\n  path: /x\n');

    expect(one(parsed, 'service s').fields['host']).toBe('y');
    expect(parsed.failures).toMatchObject([
      { code: 'KONG_YAML_AMBIGUOUS', severity: 'warning', place: { line: 4, column: 9 } },
    ]);
  });

  it('finds settings that two files give differently', () => {
    const files = ['team-a', 'team-b'].map((tag) => ({
      path: tag,
      text: `${head}_info: { select_tags: [${tag}] }\n`,
    }));
    const parsed = parseKongConfig(files, { env: {} });

    expect(parsed.failures).toMatchObject([
      { code: 'KONG_HEADER_CONFLICT', place: { file: 'team-b' } },
    ]);
    expect(parsed.complete).toBe(false);
  });
});

describe('syntax', () => {
  it('reads a JSON string of some megabytes', () => {
    const long = 'x\\"\\\\'.repeat(3_000_000);
    const text = `{"_format_version":"3.0","plugins":[{"name":"p","config":{"access":["${long}"]}}]}`;
    const parsed = parseKongConfig([{ path: 'k.json', text }], { env: {} });

    expect(parsed.failures).toEqual([]);
    const [access] = (one(parsed, 'plugin p').fields['config'] as { access: string[] }).access;
    expect(access).toHaveLength(9_000_000);
  });

  it('reads JSON with places', () => {
    const text =
      '{\n "_format_version": "3.0",\n "services": [\n  {"name": "s", "host": "${{ env \\"DECK_H\\" }}"}\n ]\n}\n';
    const parsed = parseKongConfig([{ path: 'k.json', text }], { env: { DECK_H: 'h' } });
    const service = one(parsed, 'service s');

    expect(parsed.failures).toEqual([]);
    expect(service.fields).toEqual({ name: 's', host: 'h' });
    expect(placeOfField(parsed, service, ['host'])).toEqual({
      file: 'k.json',
      line: 4,
      column: 25,
    });
  });

  it('follows anchors, aliases and merge keys', () => {
    const parsed = parse(`
x-base: &base { retries: 1, tags: &tags [a] }
services:
- <<: *base
  name: s
  host: h
  retries: 2
- name: t
  host: h
  tags: *tags
`);

    expect(one(parsed, 'service s').fields).toEqual({
      name: 's',
      host: 'h',
      retries: 2,
      tags: ['a'],
    });
    expect(one(parsed, 'service t').fields).toEqual({ name: 't', host: 'h', tags: ['a'] });
  });
});
