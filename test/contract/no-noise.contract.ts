/** After a sync nothing is left to do, whatever Kong makes up, fills in or spells otherwise. */
import { entityLabel } from '../../daemon/kong/model';
import { valueAt } from '../../daemon/kong/merge-json';
import { diff } from '../../daemon/plan/diff';
import { subjectOf } from '../../daemon/plan/order';
import { makePluginCatalogue } from '../../sandbox/gateway/entities/plugin-catalogue';
import { bring, parse, type KongTargetUnderTest } from './kong-target.contract';
import { oddSpellings } from './odd-spellings';

const never = new AbortController().signal;

/** The least that Kong takes of each plugin that has a schema here. */
export const pluginSettings: Readonly<Record<string, object>> = {
  acl: { allow: ['gold'] },
  acme: { account_email: 'a@example.com', storage: 'kong' },
  'basic-auth': {},
  'bot-detection': {},
  'correlation-id': {},
  cors: {},
  'hmac-auth': {},
  'http-log': { http_endpoint: 'http://127.0.0.1:9000/log' },
  jwt: {},
  'key-auth': {},
  oauth2: { enable_password_grant: true },
  opentelemetry: { traces_endpoint: 'http://127.0.0.1:4318/v1/traces' },
  'pre-function': { access: ['return'] },
  prometheus: {},
  'proxy-cache': { strategy: 'memory' },
  'rate-limiting': { minute: 5, policy: 'local' },
  'request-termination': { status_code: 503 },
  'request-transformer': { add: { headers: ['x-a:b'] } },
  'response-transformer': { remove: { headers: ['server'] } },
};

/** One entity of each kind, and each plugin whose schema is known here. */
export const oneOfAll = {
  _format_version: '3.0',
  services: [
    { name: 'orders', host: 'orders.example', routes: [{ name: 'list', paths: ['/list'] }] },
    { host: 'nameless.example', routes: [{ name: 'other', paths: ['/other'] }] },
  ],
  upstreams: [{ name: 'orders.up', targets: [{ target: '10.0.0.1:80' }] }],
  consumers: [
    {
      username: 'alice',
      keyauth_credentials: [{ key: 'dummy-a', ttl: 3600 }, { tags: ['made-up'] }],
      basicauth_credentials: [{ username: 'alice', password: 'dummy' }],
      hmacauth_credentials: [{ username: 'alice' }],
      jwt_secrets: [{ key: 'first' }, { key: 'second' }, { algorithm: 'HS512' }],
      oauth2_credentials: [{ name: 'app', redirect_uris: ['http://127.0.0.1/'] }],
      acls: [{ group: 'gold' }],
    },
    { custom_id: 'alice' },
  ],
  plugins: Object.entries(pluginSettings).map(([name, config]) => ({ name, config })),
};

export function testNoNoise(start: () => Promise<KongTargetUnderTest>): void {
  describe('after a sync', () => {
    const text = JSON.stringify(oneOfAll);
    let place: KongTargetUnderTest;

    beforeEach(async () => {
      place = await start();
    });
    afterEach(() => place.stop());

    /** What a new process finds to do. */
    async function differences(file: string): Promise<readonly string[]> {
      const target = place.another();
      const desired = await target.canonicalise(parse(file), never);
      const { changes } = diff(await target.read(never), desired);
      return changes.map((change) => `${change.op} ${entityLabel(subjectOf(change))}`);
    }

    it('has every plugin whose schema is known here', () => {
      const known = makePluginCatalogue().names;
      expect(Object.keys(pluginSettings).sort()).toEqual([...known].sort());
    });

    it('finds no difference and writes nothing, here and in a new process', async () => {
      const first = await bring(place.target, text);

      expect(first.failures).toEqual([]);
      expect(await differences(text)).toEqual([]);
      expect((await bring(place.target, text)).writes).toBe(0);
      expect((await bring(place.another(), text)).writes).toBe(0);
    });

    it.each(Object.entries(oddSpellings))('finds no difference: %s', async (_title, content) => {
      const file = `_format_version: "3.0"\n${content}\n`;

      const first = await bring(place.target, file);

      expect(first.failures).toEqual([]);
      expect(first.writes).toBeGreaterThan(0);
      expect(await differences(file)).toEqual([]);
      expect((await bring(place.target, file)).writes).toBe(0);
    });

    it('keeps what Kong made up when something else changes', async () => {
      await bring(place.target, text);
      const before = await madeUp(place);
      const changed = text
        .replace('orders.example', 'sales.example')
        .replace('"enable_password_grant":true', '"enable_client_credentials":true')
        .replace('{"key":"second"}', '{"key":"second","tags":["b"]}');

      const report = await bring(place.target, changed);

      expect(report.failures).toEqual([]);
      expect(before).toHaveLength(9);
      expect(await madeUp(place)).toEqual(before);
      expect(await differences(changed)).toEqual([]);
      expect((await bring(place.another(), text)).failures).toEqual([]);
      expect(await madeUp(place)).toEqual(before);
    });
  });
}

async function madeUp(place: KongTargetUnderTest): Promise<readonly string[]> {
  const { entities } = await place.another().read(never);
  const paths = [
    ['secret'],
    ['key'],
    ['client_id'],
    ['client_secret'],
    ['config', 'provision_key'],
  ];
  return entities.flatMap(({ type, id, fields }) =>
    paths.flatMap((path) => {
      const value = valueAt(fields, path);
      return typeof value === 'string' && !/^(dummy-a|first|second)$/.test(value)
        ? [`${type} ${id} ${path.join('.')} ${value}`]
        : [];
    }),
  );
}
