/** Files that Kong takes and gives back in another form: each must be in step after one sync. */
export const oddSpellings: Readonly<Record<string, string>> = {
  'duplicate tags': 'services: [{ name: s, host: h, tags: [a, a, b] }]',
  'null fields':
    'services: [{ name: s, host: h, path: null, tags: null, retries: null, enabled: null }]',
  'empty lists':
    'services: [{ name: s, host: h, tags: [], routes: [{ name: r, paths: [/r], methods: [], hosts: [], snis: [] }] }]',
  'empty maps': 'services: [{ name: s, host: h, routes: [{ name: r, paths: [/r], headers: {} }] }]',
  float: 'services: [{ name: s, host: h, retries: 5.0, port: 80.0 }]',
  'config null': 'plugins: [{ name: cors, config: null }]',
  'config nested partial':
    'plugins: [{ name: rate-limiting, config: { minute: 5, redis: { host: x } } }]',
  'deprecated redis':
    'plugins: [{ name: rate-limiting, config: { minute: 5, redis_host: x, redis_port: 6380 } }]',
  'both redis':
    'plugins: [{ name: rate-limiting, config: { minute: 5, redis_host: x, redis: { host: other } } }]',
  'empty sets in config':
    'plugins: [{ name: cors, config: { methods: [], origins: [], headers: [] } }]',
  'unsorted sets':
    'plugins: [{ name: cors, config: { methods: [PUT, GET, PUT], origins: [b, a] } }]',
  'maps in config':
    'plugins: [{ name: http-log, config: { http_endpoint: "http://x/", headers: { b: "1", a: "2" }, custom_fields_by_lua: {} } }]',
  'oauth2 scopes':
    'plugins: [{ name: oauth2, config: { scopes: [b, a], enable_password_grant: true } }]',
  'two oauth2':
    'services: [{ name: s, host: h, plugins: [{ name: oauth2, config: { enable_password_grant: true } }] }]\nplugins: [{ name: oauth2, config: { enable_client_credentials: true } }]',
  'given provision key':
    'plugins: [{ name: oauth2, config: { enable_password_grant: true, provision_key: mine } }]',
  'made up credentials':
    'consumers: [{ username: a, jwt_secrets: [{}, { tags: [x] }], keyauth_credentials: [{}, { tags: [z] }], hmacauth_credentials: [{ username: h }], oauth2_credentials: [{ name: o, redirect_uris: ["http://x/"] }] }]',
  'hmac given': 'consumers: [{ username: a, hmacauth_credentials: [{ username: h, secret: s }] }]',
  ttl: 'consumers: [{ username: a, keyauth_credentials: [{ key: k, ttl: 100 }] }]',
  'targets spelled':
    'upstreams: [{ name: u, targets: [{ target: "[::1]:80" }, { target: 10.0.0.1 }, { target: "Example.COM:80" }, { target: "[0:0:0:0:0:0:0:2]:80" }] }]',
  'weight 0': 'upstreams: [{ name: u, targets: [{ target: "10.0.0.1:80", weight: 0 }] }]',
  'upstream hash':
    'upstreams: [{ name: u, hash_on: header, hash_on_header: X-A, hash_fallback: ip }]',
  'upstream healthchecks':
    'upstreams: [{ name: u, healthchecks: { active: { unhealthy: { http_statuses: [503, 429] } }, passive: { healthy: { http_statuses: [302, 200] } } } }]',
  nameless:
    'services: [{ host: h }, { host: h, port: 81 }]\nroutes: [{ paths: [/a] }, { paths: [/b], methods: [GET] }]',
  url: 'services: [{ name: s, url: "https://h/a/" }, { name: t, url: "http://h:8080" }]',
  headers:
    'services: [{ name: s, host: h, routes: [{ name: r, paths: [/r], headers: { X-B: [c, a], x-a: [q] } }] }]',
  sources:
    'services: [{ name: s, protocol: tcp, host: h, port: 1, routes: [{ name: r, protocols: [tcp], destinations: [{ port: 1 }], sources: [{ ip: 10.0.0.0/8 }, { ip: 1.1.1.1, port: 5 }] }] }]',
  'instance names': 'plugins: [{ name: cors, instance_name: x }]',
  'plugin protocols': 'plugins: [{ name: cors, protocols: [https, http] }]',
  vault: 'vaults: [{ prefix: env-x, name: env, config: { prefix: A_ } }]',
  'key set':
    'key_sets: [{ name: s, keys: [{ name: k, kid: "1", jwk: \'{"kty":"oct","kid":"1","k":"c2VjcmV0"}\' }] }]',
  'pre-function': 'plugins: [{ name: pre-function, config: { access: ["return 1", "return 2"] } }]',
  'request-transformer':
    'plugins: [{ name: request-transformer, config: { add: { headers: ["b:1", "a:2"], querystring: [] }, remove: {} } }]',
  otel: 'plugins: [{ name: opentelemetry, config: { endpoint: "http://x:4318/v1/traces", resource_attributes: { a: b } } }]',
  'proxy-cache':
    'plugins: [{ name: proxy-cache, config: { strategy: memory, response_code: [301, 200], request_method: [HEAD, GET] } }]',
  acl: 'consumers: [{ username: a, acls: [{ group: b }, { group: a }] }]\nplugins: [{ name: acl, config: { allow: [b, a] } }]',
  bot: 'plugins: [{ name: bot-detection, config: { allow: [b, a] } }]',
  correlation: 'plugins: [{ name: correlation-id, config: { header_name: X } }]',
  unicode: 'services: [{ name: sérvice, host: h, tags: [é] }]',
};
