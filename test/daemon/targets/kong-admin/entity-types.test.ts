/** Every type of entity there and back: what was written is read as the same by somebody else. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { bring, parse } from '../../../contract/kong-target.contract';
import { startKong, type Kong } from './start-kong';

const never = new AbortController().signal;
const tls = join(__dirname, '../../../fixtures/tls');
const cert = JSON.stringify(readFileSync(join(tls, 'loopback.crt'), 'utf8'));
const key = JSON.stringify(readFileSync(join(tls, 'loopback.key'), 'utf8'));

const everything = `
_format_version: "3.0"
certificates:
  - cert: ${cert}
    key: ${key}
    snis:
      - name: shop.example
ca_certificates:
  - cert: ${cert}
vaults:
  - name: env
    prefix: my-env
    config: { prefix: SECRET_ }
key_sets:
  - name: set
keys:
  - name: key
    kid: kid-1
    set: { name: set }
    jwk: '{"kty":"oct","kid":"kid-1","k":"ZHVtbXk"}'
consumers:
  - username: alice
    custom_id: a-1
    tags: [b, a, b]
    keyauth_credentials:
      - { key: dummy-key, ttl: 3600 }
    basicauth_credentials:
      - { username: alice, password: dummy }
    hmacauth_credentials:
      - { username: alice, secret: dummy }
      - { username: alice2 }
    jwt_secrets:
      - { key: iss, secret: dummy }
      - { key: iss2 }
    acls:
      - { group: dev }
    plugins:
      - name: rate-limiting
        config: { minute: 5, policy: redis, redis_host: cache.example }
services:
  - name: orders
    url: https://orders.example:8443/api
    client_certificate: { id: 22222222-2222-4222-8222-222222222222 }
    routes:
      - name: orders
        hosts: [b.example, a.example]
        methods: [POST, GET]
        headers: { x-version: [v1] }
      - paths: [/unnamed]
upstreams:
  - name: up
    healthchecks: { active: { http_path: /ready, healthy: { interval: 5 } } }
    targets:
      - target: "[2001:db8::1]"
      - target: 10.0.0.1:0080
        weight: 0
plugins:
  - name: prometheus
  - name: opentelemetry
    config: { endpoint: http://otel.example:4318/v1/traces }
`.replace('  - cert', '  - id: 22222222-2222-4222-8222-222222222222\n    cert');

describe('entity types on the Admin API', () => {
  let kong: Kong;

  beforeEach(async () => {
    kong = await startKong();
  });
  afterEach(() => kong.stop());

  it.each([
    ['without tags', []],
    ['with tags', ['team-a']],
  ])('are all taken and given back %s', async (_name, selectTags) => {
    const report = await bring(kong.target({ selectTags }), everything);

    expect(report.failures).toEqual([]);
    expect(report.writes).toBe(parse(everything).entities.length);
    const again = await bring(kong.target({ selectTags }), everything);
    expect(again.applied.changes).toEqual([]);
  });

  it('all go again', async () => {
    await bring(kong.target(), everything);

    const report = await bring(kong.target(), '_format_version: "3.0"');

    expect(report.failures).toEqual([]);
    expect((await kong.target().read(never)).entities).toEqual([]);
  });

  it('keep their ids and secrets where somebody else has made them', async () => {
    const alice = await kong.call('POST', '/consumers', { username: 'alice' });
    const post = (path: string, body: object) =>
      kong.call('POST', `/consumers/alice/${path}`, body);
    await post('basic-auth', { username: 'alice', password: 'dummy' });
    const { secret } = await post('jwt', { key: 'iss' });
    const file = `
_format_version: "3.0"
consumers:
  - username: alice
    tags: [x]
    basicauth_credentials: [{ username: alice, password: dummy }]
    jwt_secrets: [{ key: iss, tags: [x] }]
`;

    const report = await bring(kong.target(), file);

    expect(report.applied.summary).toEqual({ creating: 0, updating: 2, deleting: 0 });
    expect(await kong.call('GET', '/consumers/alice')).toMatchObject({ id: alice.id });
    expect((await kong.call('GET', '/jwts')).data).toMatchObject([{ secret, tags: ['x'] }]);
    expect((await bring(kong.target(), file)).applied.changes).toEqual([]);
  });

  it('take a password back as it was dumped', async () => {
    const file = (password: string) =>
      `_format_version: "3.0"\nconsumers:\n  - username: alice\n    basicauth_credentials: [{ username: alice, password: ${password}, tags: [a] }]\n`;
    await bring(kong.target(), file('dummy'));
    const { password } = (await kong.call('GET', '/basic-auths')).data[0];

    const same = await bring(kong.target(), file(password));
    const tagged = await bring(kong.target(), file(password).replace('[a]', '[b]'));

    expect(same.applied.changes).toEqual([]);
    expect(tagged.applied.summary.updating).toBe(1);
    expect((await kong.call('GET', '/basic-auths')).data).toMatchObject([
      { password, tags: ['b'] },
    ]);
  });

  it('keep a secret that Kong has made up when something else changes', async () => {
    const target = kong.target();
    const file =
      '_format_version: "3.0"\nconsumers:\n  - username: alice\n    jwt_secrets: [{ key: iss, tags: [a] }]\n';
    await bring(target, file);
    const [{ secret }] = (await kong.call('GET', '/jwts')).data;

    await bring(target, file.replace('[a]', '[b]'));

    expect((await kong.call('GET', '/jwts')).data).toMatchObject([{ secret, tags: ['b'] }]);
    expect((await bring(kong.target(), file.replace('[a]', '[b]'))).applied.changes).toEqual([]);
  });

  it('show no secret in what is reported or asked', async () => {
    await kong.call('PUT', '/consumers/bob', {});
    await kong.call('POST', '/consumers/bob/key-auth', { key: 'dummy-key' });

    const report = await bring(kong.target({ selectTags: ['a'] }), everything);

    expect(report.failures).toMatchObject([{ code: 'KONG_NAME_TAKEN' }]);
    expect(JSON.stringify(report.failures)).not.toContain('dummy-key');
    expect(kong.takeCalls().join()).not.toContain('dummy-key');
  });
});
