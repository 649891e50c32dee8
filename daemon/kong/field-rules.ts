/** Kong 3.9's fields of each entity: type, range, choice and shape, as its schemas have them. */
import { entityTypes, type EntityType } from './model';

/** What a text must be besides text; `check-fields.ts` knows each. `some` is any that is not empty. */
export type TextKind =
  | 'name'
  | 'tag'
  | 'host'
  | 'host-and-port'
  | 'route-host'
  | 'server-name'
  | 'server-names'
  | 'header-name'
  | 'cookie-name'
  | 'some'
  | 'upstream-name'
  | 'target'
  | 'path'
  | 'route-path'
  | 'method'
  | 'uuid'
  | 'vault-prefix'
  | 'pem';

export type FieldRule =
  | { readonly kind: 'any' | 'boolean' }
  | {
      readonly kind: 'text';
      readonly is?: TextKind;
      readonly choices?: readonly string[];
      /** Choices of other editions. */
      readonly later?: readonly string[];
    }
  | {
      readonly kind: 'integer' | 'number';
      readonly min?: number;
      readonly max?: number;
      readonly choices?: readonly number[];
    }
  | { readonly kind: 'list'; readonly of: FieldRule; readonly notEmpty?: boolean }
  | { readonly kind: 'map'; readonly keys?: TextKind; readonly of: FieldRule }
  | { readonly kind: 'record'; readonly fields: FieldRules; readonly open?: boolean };

export interface FieldRules {
  readonly [name: string]: FieldRule;
}

export interface EntityRules {
  readonly fields: FieldRules;
  readonly required: readonly string[];
  /** Fields beyond the known ones are Kong's business: other versions and editions have more. */
  readonly open?: boolean;
}

const text: FieldRule = { kind: 'text' };
const flag: FieldRule = { kind: 'boolean' };
const is = (kind: TextKind): FieldRule => ({ kind: 'text', is: kind });
const oneOf = (...choices: readonly string[]): FieldRule => ({ kind: 'text', choices });
const integer = (min?: number, max?: number): FieldRule => ({
  kind: 'integer',
  ...(min === undefined ? {} : { min }),
  ...(max === undefined ? {} : { max }),
});
const number = (min: number, max: number): FieldRule => ({ kind: 'number', min, max });
const list = (of: FieldRule): FieldRule => ({ kind: 'list', of });
const headers = (notEmpty: boolean): FieldRule => ({
  kind: 'map',
  keys: 'header-name',
  of: { kind: 'list', of: is('some'), notEmpty },
});
const record = (fields: FieldRules): FieldRule => ({ kind: 'record', fields });

export const protocols = [
  'grpc',
  'grpcs',
  'http',
  'https',
  'tcp',
  'tls',
  'tls_passthrough',
  'udp',
] as const;

/** WebSockets are protocols of their own in the Enterprise edition. */
const protocol: FieldRule = { kind: 'text', choices: protocols, later: ['ws', 'wss'] };
const port = integer(0, 65535);
const milliseconds = integer(1, 2147483646);
const count = integer(0, 255);
const statuses = list(integer(100, 999));
const addresses = list(record({ ip: text, port }));
const anyOf: FieldRule = { kind: 'record', fields: {}, open: true };
const hashOn = oneOf(
  'none',
  'consumer',
  'ip',
  'header',
  'cookie',
  'path',
  'query_arg',
  'uri_capture',
);
const checkType = oneOf('tcp', 'http', 'https', 'grpc', 'grpcs');

const common: FieldRules = {
  tags: list(is('tag')),
  created_at: integer(0),
  updated_at: integer(0),
};

function rules(required: readonly string[], fields: FieldRules): EntityRules {
  return { required, fields: { ...common, ...fields } };
}

export const entityRules: Readonly<Record<EntityType, EntityRules>> = {
  services: rules(['host'], {
    name: is('name'),
    protocol,
    host: is('host'),
    port,
    path: is('path'),
    retries: integer(0, 32767),
    connect_timeout: milliseconds,
    read_timeout: milliseconds,
    write_timeout: milliseconds,
    enabled: flag,
    tls_verify: flag,
    tls_verify_depth: integer(0, 64),
    ca_certificates: list(is('uuid')),
  }),
  routes: rules([], {
    name: is('name'),
    protocols: { kind: 'list', of: protocol, notEmpty: true },
    methods: list(is('method')),
    hosts: list(is('route-host')),
    paths: list(is('route-path')),
    headers: headers(true),
    snis: list(is('server-names')),
    sources: addresses,
    destinations: addresses,
    expression: text,
    priority: integer(),
    https_redirect_status_code: { kind: 'integer', choices: [426, 301, 302, 307, 308] },
    regex_priority: integer(),
    strip_path: flag,
    path_handling: oneOf('v0', 'v1'),
    preserve_host: flag,
    request_buffering: flag,
    response_buffering: flag,
  }),
  upstreams: rules(['name'], {
    name: is('upstream-name'),
    algorithm: oneOf('round-robin', 'consistent-hashing', 'least-connections', 'latency'),
    hash_on: hashOn,
    hash_fallback: hashOn,
    hash_on_header: is('header-name'),
    hash_fallback_header: is('header-name'),
    hash_on_cookie: is('cookie-name'),
    hash_on_cookie_path: is('path'),
    hash_on_query_arg: is('some'),
    hash_fallback_query_arg: is('some'),
    hash_on_uri_capture: is('some'),
    hash_fallback_uri_capture: is('some'),
    slots: integer(10, 65536),
    host_header: is('host-and-port'),
    use_srv_name: flag,
    healthchecks: record({
      threshold: number(0, 100),
      active: record({
        type: checkType,
        timeout: number(0, 65535),
        concurrency: integer(1, 2147483648),
        http_path: is('path'),
        https_sni: is('server-name'),
        https_verify_certificate: flag,
        headers: headers(false),
        healthy: record({ interval: number(0, 65535), successes: count, http_statuses: statuses }),
        unhealthy: record({
          interval: number(0, 65535),
          http_statuses: statuses,
          http_failures: count,
          tcp_failures: count,
          timeouts: count,
        }),
      }),
      passive: record({
        type: checkType,
        healthy: record({ successes: count, http_statuses: statuses }),
        unhealthy: record({
          http_statuses: statuses,
          http_failures: count,
          tcp_failures: count,
          timeouts: count,
        }),
      }),
    }),
  }),
  targets: rules(['target'], {
    target: is('target'),
    weight: integer(0, 65535),
    // With fractions, unlike those of all others.
    created_at: number(0, Infinity),
    updated_at: number(0, Infinity),
  }),
  plugins: rules(['name'], {
    name: text,
    instance_name: is('name'),
    enabled: flag,
    protocols: list(protocol),
    config: anyOf,
  }),
  consumers: rules([], { username: text, custom_id: text }),
  consumer_groups: rules(['name'], { name: is('name') }),
  consumer_group_consumers: rules([], {}),
  keyauth_credentials: rules([], { key: text, ttl: integer(0, 100000000) }),
  basicauth_credentials: rules(['username', 'password'], { username: text, password: text }),
  hmacauth_credentials: rules(['username'], { username: text, secret: text }),
  jwt_secrets: rules([], {
    key: text,
    secret: text,
    rsa_public_key: text,
    algorithm: oneOf(
      ...['HS256', 'HS384', 'HS512', 'RS256', 'RS384', 'RS512'],
      ...['ES256', 'ES384', 'ES512', 'PS256', 'PS384', 'PS512', 'EdDSA'],
    ),
  }),
  oauth2_credentials: rules(['name'], {
    name: text,
    client_id: text,
    client_secret: text,
    hash_secret: flag,
    redirect_uris: list(text),
    client_type: oneOf('confidential', 'public'),
  }),
  acls: rules(['group'], { group: text }),
  certificates: rules(['cert', 'key'], {
    cert: is('pem'),
    key: is('pem'),
    cert_alt: is('pem'),
    key_alt: is('pem'),
  }),
  snis: rules(['name'], { name: is('server-names') }),
  ca_certificates: rules(['cert'], { cert: is('pem'), cert_digest: text }),
  vaults: rules(['prefix', 'name'], {
    prefix: is('vault-prefix'),
    name: text,
    description: text,
    config: anyOf,
  }),
  key_sets: rules([], { name: text }),
  keys: rules(['kid'], {
    name: text,
    kid: text,
    jwk: text,
    pem: record({ private_key: text, public_key: text }),
  }),
};

/** Every type has rules: for tests that hold them against Kong's schemas. */
export const ruledTypes: readonly EntityType[] = entityTypes;
