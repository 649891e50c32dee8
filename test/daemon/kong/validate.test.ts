import { parseKongConfig, type ParsedConfig } from '../../../daemon/kong/parse';
import { entityRules, ruledTypes } from '../../../daemon/kong/field-rules';
import { isEntityType } from '../../../daemon/kong/kinds';
import type { Entity, EntityType, JsonObject } from '../../../daemon/kong/model';
import { validateState } from '../../../daemon/kong/validate';
import type { Failure } from '../../../catalog/error';
import { entityOfBody } from './admin-entity';
import { exchangesOf, recordedSchemas, verdicts } from './recorded';

const head = '_format_version: "3.0"\n';

function parse(text: string): ParsedConfig {
  return parseKongConfig([{ path: 'kong.yml', text }], { env: {} });
}

/** What only another version or edition takes is a warning, and this Kong refuses it. */
function isRefusal({ code, severity }: Failure): boolean {
  return severity === 'error' || code.endsWith('_LATER');
}

function findings(text: string): readonly Failure[] {
  const parsed = parse(head + text);
  return [...parsed.failures, ...validateState(parsed)];
}

describe('what a user sees', () => {
  it('names code, place and entity of every finding in one run', () => {
    const found = findings(`services:
- name: orders
  host: "orders mesh"
  port: 99999
  protocol: ftp
  hosst: x
  tags: ["a,b"]
  routes:
  - name: r
    paths:
    - /ok
    - no-slash
    - ~/(
    methods: [get]
upstreams:
- name: 10.0.0.1
  slots: "5"
  healthchecks:
    active:
      timeout: -1
  targets:
  - target: a b:80
`);

    expect(found.map(({ code, entity, place }) => [code, entity, place?.line])).toEqual([
      ['KONG_HOST_INVALID', 'service orders', 4],
      ['KONG_FIELD_RANGE', 'service orders', 5],
      ['KONG_FIELD_CHOICE', 'service orders', 6],
      ['KONG_FIELD_UNKNOWN', 'service orders', 7],
      ['KONG_TAG_INVALID', 'service orders', 8],
      ['KONG_PATH_INVALID', 'route r', 13],
      ['KONG_REGEX_INVALID', 'route r', 14],
      ['KONG_METHOD_INVALID', 'route r', 15],
      ['KONG_UPSTREAM_NAME_INVALID', 'upstream 10.0.0.1', 17],
      ['KONG_FIELD_TYPE', 'upstream 10.0.0.1', 18],
      ['KONG_FIELD_RANGE', 'upstream 10.0.0.1', 21],
      ['KONG_TARGET_INVALID', 'target a b:80 of upstream 10.0.0.1', 23],
    ]);
    expect(found[3]).toMatchObject({ remedy: expect.stringContaining('did you mean host?') });
  });

  it('never shows a secret', () => {
    const text = `${head}certificates: [{ cert: x, key: "\${{ env "DECK_KEY" }}" }]
services: [{ name: s, host: "\${{ env "DECK_KEY" }}" }]
`;
    const parsed = parseKongConfig([{ path: 'k', text }], {
      env: { DECK_KEY: 'not a key at all' },
    });

    const found = validateState(parsed);

    expect(found.map(({ code }) => code)).toEqual([
      'KONG_HOST_INVALID',
      'KONG_PEM_INVALID',
      'KONG_PEM_INVALID',
    ]);
    expect(JSON.stringify(found)).not.toContain('not a key');
  });

  it.each([
    ['services', 'services: [{ name: s, host: a, retires: 1 }]', 'KONG_FIELD_UNKNOWN'],
    ['plugins', 'plugins: [{ name: cors, protocol: [http] }]', 'KONG_FIELD_UNKNOWN'],
    ...[
      ['plugins', 'plugins: [{ name: cors, ordering: {}, partials: [], condition: x, model: m }]'],
      ['services', 'services: [{ name: s, host: a, tls_sans: {} }]'],
      [
        'upstreams',
        'upstreams: [{ name: u, sticky_sessions_cookie: c, sticky_sessions_cookie_path: / }]',
      ],
      ['targets', 'upstreams: [{ name: u, targets: [{ target: "a:1", failover: true }] }]'],
    ].map(([type = '', text = '']) => [type, text, 'KONG_FIELD_LATER']),
    ['plugins', 'plugins: [{ name: cors, protocols: [http, ws, wss] }]', 'KONG_CHOICE_LATER'],
    ['routes', 'routes: [{ name: r, paths: [/r], protocols: [wss] }]', 'KONG_CHOICE_LATER'],
    ['services', 'services: [{ name: s, host: a, protocol: ws }]', 'KONG_CHOICE_LATER'],
  ])('tells a slip from what another version or edition knows: %s: %s', (_type, text, code) => {
    const found = findings(text);

    expect(found.length).toBeGreaterThan(0);
    for (const failure of found) {
      const severity = code === 'KONG_FIELD_UNKNOWN' ? 'error' : 'warning';
      expect(failure).toMatchObject({ code, severity });
    }
  });

  it('leaves the fields of what the gateway has judged to the gateway', () => {
    const parsed = parse(
      `${head}services: [{ name: a, host: h h, retires: 1 }, { name: b, host: h h }]\n`,
    );
    const [first] = parsed.state.entities;

    const codes = validateState({ ...parsed, judged: new Set(first ? [first] : []) });

    expect(codes).toMatchObject([{ code: 'KONG_HOST_INVALID', entity: 'service b' }]);
  });
});

describe('rules over several fields', () => {
  it.each([
    ['no matcher', 'routes: [{ name: r }]', 'KONG_MATCHER_MISSING'],
    ['look-around', 'routes: [{ name: r, paths: ["~/(?=a)"] }]', 'KONG_REGEX_ENGINE'],
    ['look-behind', 'routes: [{ name: r, paths: ["~/(?<!a)b"] }]', 'KONG_REGEX_ENGINE'],
    ['a back-reference', 'routes: [{ name: r, paths: ["~/(a)\\\\1"] }]', 'KONG_REGEX_ENGINE'],
    ['an atomic group', 'routes: [{ name: r, paths: ["~/(?>a)"] }]', 'KONG_REGEX_ENGINE'],
    ['a bad header', 'routes: [{ name: r, headers: { "a b": [x] } }]', 'KONG_HEADER_NAME'],
    ['a bad cookie', 'upstreams: [{ name: u, hash_on_cookie: a b }]', 'KONG_COOKIE_NAME'],
    ['a vault of all', 'vaults: [{ prefix: env, name: env }]', 'KONG_PREFIX_TAKEN'],
    ['empty matchers', 'routes: [{ name: r, paths: [], hosts: [] }]', 'KONG_MATCHER_MISSING'],
    [
      'snis for http',
      'routes: [{ name: r, paths: [/], snis: [a.b], protocols: [http] }]',
      'KONG_FIELD_PROTOCOL',
    ],
    [
      'mixed protocols',
      'routes: [{ name: r, paths: [/], protocols: [http, tcp] }]',
      'KONG_PROTOCOLS_MIXED',
    ],
    [
      'paths for tcp',
      'routes: [{ name: r, paths: [/], sources: [{ port: 1 }], protocols: [tcp] }]',
      'KONG_FIELD_PROTOCOL',
    ],
    [
      'a source of nothing',
      'routes: [{ name: r, sources: [{}], protocols: [tcp] }]',
      'KONG_ADDRESS_INVALID',
    ],
    [
      'a source that is no address',
      'routes: [{ name: r, sources: [{ ip: 10.0.0.0/40 }], protocols: [tcp] }]',
      'KONG_ADDRESS_INVALID',
    ],
    ['the host header', 'routes: [{ name: r, headers: { Host: [a] } }]', 'KONG_HEADER_HOST'],
    ['two stars', 'routes: [{ name: r, hosts: ["*.a.*"] }]', 'KONG_HOST_INVALID'],
    ['a star inside', 'routes: [{ name: r, hosts: ["a.*.b"] }]', 'KONG_HOST_INVALID'],
    [
      'a path on tcp',
      'services: [{ name: s, host: a, protocol: tcp, path: /x }]',
      'KONG_FIELD_PROTOCOL',
    ],
    ['tls on http', 'services: [{ name: s, host: a, tls_verify: true }]', 'KONG_FIELD_PROTOCOL'],
    ['a port in the host', 'services: [{ name: s, host: "a:80" }]', 'KONG_HOST_INVALID'],
    [
      'hash_on without its field',
      'upstreams: [{ name: u, hash_on: header }]',
      'KONG_FIELD_DEPENDS',
    ],
    ['a fallback of nothing', 'upstreams: [{ name: u, hash_fallback: ip }]', 'KONG_FIELD_CONFLICT'],
    [
      'a bad ipv4',
      'upstreams: [{ name: u, targets: [{ target: 10.0.0.256:1 }] }]',
      'KONG_TARGET_INVALID',
    ],
    [
      'a plugin that cannot know the consumer',
      'consumers: [{ username: a, plugins: [{ name: key-auth }] }]',
      'KONG_PLUGIN_SCOPE',
    ],
    ['a key without content', 'keys: [{ kid: a }]', 'KONG_FIELD_DEPENDS'],
    [
      'the same custom_id',
      'consumers: [{ username: a, custom_id: x }, { username: b, custom_id: x }]',
      'KONG_DUPLICATE_VALUE',
    ],
    [
      'the same instance_name',
      'plugins: [{ name: cors, instance_name: x }, { name: acl, instance_name: x }]',
      'KONG_DUPLICATE_VALUE',
    ],
    [
      'the same key',
      'consumers: [{ username: a, keyauth_credentials: [{ key: x }] }, { username: b, keyauth_credentials: [{ key: x }] }]',
      'KONG_DUPLICATE_VALUE',
    ],
    [
      'a plugin twice on a route',
      'routes: [{ name: r, paths: [/], plugins: [{ name: cors }, { name: cors }] }]',
      'KONG_DUPLICATE',
    ],
    [
      'a target twice',
      'upstreams: [{ name: u, targets: [{ target: 10.0.0.1 }, { target: "10.0.0.1:8000" }] }]',
      'KONG_DUPLICATE',
    ],
  ])('%s', (_name, text, code) => {
    expect(new Set(findings(text).map((failure) => failure.code))).toEqual(new Set([code]));
  });

  it.each([
    ['tls', 'routes: [{ name: r, snis: [a.b], protocols: [tls] }]'],
    ['an sni alone for https', 'routes: [{ name: r, snis: ["*.b"], protocols: [https] }]'],
    ['a wildcard host with port', 'routes: [{ name: r, hosts: ["*.a.b:8080", "a.*"] }]'],
    ['an expression', 'routes: [{ name: r, expression: "http.path == \\"/\\"" }]'],
    ['regular expressions of PCRE', 'routes: [{ name: r, paths: ["~/(?<id>a++)$", "~/(?i)x"] }]'],
    ['legacy mesh names', 'services: [{ name: s, host: orders_shop_svc_8080.mesh }]'],
    ['IPv6', 'services: [{ name: s, host: "[::1]" }]'],
    [
      'UTF-8 names and tags with blanks',
      'services: [{ name: bestellung-ü~1, host: a, tags: ["team a", ü] }]',
    ],
    [
      'hashing',
      'upstreams: [{ name: u, hash_on: header, hash_on_header: x, hash_fallback: cookie, hash_on_cookie: z }]',
    ],
  ])('accepts %s', (_name, text) => {
    expect(findings(text)).toEqual([]);
  });
});

describe('against what a real Kong 3.9 said', () => {
  const schemas = recordedSchemas();

  it.each(ruledTypes.filter((type) => schemas.entities[type]))('knows the fields of %s', (type) => {
    const list = schemas.entities[type]?.['fields'] as readonly Record<string, JsonObject>[];
    const fields = list
      .flatMap((field) => Object.entries(field))
      .filter(
        ([name, field]) =>
          name !== 'id' &&
          field['type'] !== 'foreign' &&
          !(type === 'certificates' && name === 'snis'),
      )
      .map(([name]) => name);

    expect(
      Object.keys(entityRules[type].fields)
        .filter((name) => name !== 'expression' && name !== 'priority')
        .sort(),
    ).toEqual(fields.sort());
  });

  /**
   * Only a gateway knows its plugins and what their config holds; keys of decK and a number for the
   * version are read here and never reach Kong. A port beside a url counts here, as in decK, and not
   * in Kong's own loader.
   */
  const beyond =
    /bad-service-port|unknown-plugin|plugin-config|bad-body|bad-json|nested-plugin-config|unknown-entity|bad-info|plugin-configs|no-format|info-refused|version-number/;
  const posted = [
    'dbless',
    'dbless-seq/02-errors-flattened',
    'dbless-seq/07-dangling-no-hashed-credentials',
  ]
    .flatMap((folder) => exchangesOf(folder))
    .filter(({ request }) => request.method === 'POST' && request.path.startsWith('/config'))
    .map(({ name, request, response }) => ({
      name,
      document: request.body?.config ?? request.body,
      status: response.status,
    }))
    .filter(
      ({ name, document, status }) =>
        !beyond.test(name) && [201, 400, 500].includes(status) && document,
    )
    .map(
      ({ name, document, status }) =>
        [name, typeof document === 'string' ? document : JSON.stringify(document), status] as const,
    );

  it.each(posted)('judges a whole document alike: %s', (_name, document, status) => {
    const parsed = parse(document);

    const errors = [...parsed.failures, ...validateState(parsed)].filter(isRefusal);

    expect(errors.length > 0 ? 'refused' : 'taken').toBe(status === 201 ? 'taken' : 'refused');
  });

  it.each(verdicts())('judges one fault or none alike: %s', (document, status) => {
    const parsed = parse(document);

    const errors = [...parsed.failures, ...validateState(parsed)].filter(isRefusal);

    expect({ status: errors.length > 0 ? 400 : 201, errors }).toMatchObject({ status });
  });

  const written = [
    '02-services',
    '03-routes',
    '04-upstreams-targets',
    '06-plugins',
    '07-consumers',
    '09-errors',
  ]
    .flatMap((folder) => exchangesOf(`db-seq/${folder}`))
    .flatMap((recorded) => {
      const { request, response } = recorded;
      const match = /^\/(?:upstreams\/[^/]+\/(targets)|(\w+))(?:\/[0-9a-f-]{36})?$/.exec(
        request.path,
      );
      const type = match?.[1] ?? match?.[2] ?? '';
      const isWhole = request.method === 'POST' || (request.method === 'PUT' && type !== 'targets');
      const isSchema =
        response.status < 300 || (response.status === 400 && response.body?.code === 2);
      const { body } = request;
      if (!isEntityType(type) || !isWhole || !isSchema || !body || Array.isArray(body)) return [];
      return typeof body === 'object' && !('url' in body) ? [{ type, recorded }] : [];
    })
    // What a plugin's schema, a reference, an id or the router's flavour wants is not asked here.
    .filter(
      ({ recorded }) =>
        !/config|lua|unknown|protocols$|nested|not-an-object|consumer-group|expression|bad-id/.test(
          recorded.name,
        ),
    );

  it('has recorded both kinds', () => {
    expect(
      written.filter(({ recorded }) => recorded.response.status === 400).length,
    ).toBeGreaterThan(20);
    expect(written.filter(({ recorded }) => recorded.response.status < 300).length).toBeGreaterThan(
      20,
    );
  });

  it.each(written.map(({ type, recorded }) => [recorded.name, type, recorded] as const))(
    'judges one entity alike: %s',
    (_name, type, { request, response }) => {
      const entity = entityOf(type, request.body);
      const externals = Object.values(entity?.references ?? {}).flatMap((item) =>
        item ? [{ ...item, shown: item.id }] : [],
      );
      const state = {
        entities: entity ? [entity] : [],
        passthrough: {},
        selectTags: [],
        externals,
      };

      const errors = validateState({ state }).filter(({ severity }) => severity === 'error');

      expect(!entity || errors.length > 0 ? 'refused' : 'taken').toBe(
        response.status === 400 ? 'refused' : 'taken',
      );
    },
  );
});

function entityOf(type: EntityType, body: JsonObject): Entity | undefined {
  const upstream = type === 'targets' ? { upstream: 'u' } : {};
  return entityOfBody(type, { ...upstream, ...body });
}
