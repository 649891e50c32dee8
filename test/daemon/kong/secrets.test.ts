import { entityLabel, type Entity } from '../../../daemon/kong/model';
import { parseKongConfig } from '../../../daemon/kong/parse';
import { masked as mask, maskFields } from '../../../daemon/kong/secrets';

function entity(text: string, label: string, env: Record<string, string> = {}): Entity {
  const { state } = parseKongConfig([{ path: 'k', text: `_format_version: "3.0"\n${text}` }], {
    env,
  });
  const found = state.entities.find((candidate) => entityLabel(candidate).startsWith(label));
  if (!found) throw new Error(`no ${label}`);
  return found;
}

it('masks what came from the environment, and only that', () => {
  const service = entity(
    'services: [{ name: s, host: "${{ env "DECK_H" }}", tags: [a, "x-${{ env "DECK_H" }}"], port: 1 }]',
    'service',
    {
      DECK_H: '1',
    },
  );

  expect(maskFields(service)).toEqual({ name: 's', host: mask, tags: ['a', mask], port: 1 });
});

it.each([
  [
    'key-auth',
    'consumers: [{ username: a, keyauth_credentials: [{ key: k }] }]',
    'key-auth',
    { key: mask },
  ],
  [
    'basic-auth',
    'consumers: [{ username: a, basicauth_credentials: [{ username: u, password: p }] }]',
    'basic-auth',
    { username: 'u', password: mask },
  ],
  ['certificate', 'certificates: [{ cert: c, key: k }]', 'certificate', { cert: 'c', key: mask }],
  [
    'key',
    'keys: [{ kid: i, pem: { private_key: p, public_key: q } }]',
    'key',
    { kid: 'i', pem: { private_key: mask, public_key: 'q' } },
  ],
  [
    'plugin settings',
    'plugins: [{ name: openid, config: { client_secret: [s], redis: { password: p, port: 1 }, key_names: [apikey], hide_credentials: true, headers: { Authorization: b } } }]',
    'plugin',
    {
      name: 'openid',
      config: {
        client_secret: [mask],
        redis: { password: mask, port: 1 },
        key_names: ['apikey'],
        hide_credentials: true,
        headers: { Authorization: mask },
      },
    },
  ],
  [
    'settings of a vault',
    'vaults: [{ prefix: v, name: hcv, config: { token: t, host: h } }]',
    'vault',
    { prefix: 'v', name: 'hcv', config: { token: mask, host: 'h' } },
  ],
  [
    'headers in lists, and what stands in URLs',
    'plugins: [{ name: request-transformer, config: { add: { headers: ["Authorization:Basic b", "x:y"] }, url: "http://u:p@h/", max_tokens: 5 } }]',
    'plugin',
    {
      name: 'request-transformer',
      config: {
        add: { headers: [mask, 'x:y'] },
        url: `http://${mask}@h/`,
        max_tokens: 5,
      },
    },
  ],
  [
    'all values in the query of a URL',
    'plugins: [{ name: http-log, config: { http_endpoint: "https://h/x?token=a&b=c#d", text: "see https://h/?k=v&bare and more" } }]',
    'plugin',
    {
      name: 'http-log',
      config: {
        http_endpoint: `https://h/x?token=${mask}&b=${mask}#d`,
        text: `see https://h/?k=${mask}&${mask} and more`,
      },
    },
  ],
  [
    'secrets in the query of a path',
    'plugins: [{ name: request-transformer, config: { replace: { uri: "/x?page=2&api_key=a&sig=b" } } }]',
    'plugin',
    {
      name: 'request-transformer',
      config: { replace: { uri: `/x?page=2&api_key=${mask}&sig=${mask}` } },
    },
  ],
  [
    'Lua source',
    'plugins: [{ name: post-function, config: { access: ["local t = 1", "kong.log(2)"], log: [] } }]',
    'plugin',
    { name: 'post-function', config: { access: [mask, mask], log: [] } },
  ],
  [
    'Lua source in settings, and headers that Kong takes from a vault',
    'plugins: [{ name: tcp-log, config: { host: h, custom_fields_by_lua: { a: return 1 }, headers: { X-Tenant: t } } }]',
    'plugin',
    {
      name: 'tcp-log',
      config: { host: 'h', custom_fields_by_lua: { a: mask }, headers: { 'X-Tenant': mask } },
    },
  ],
])('masks secrets by nature: %s', (_name, text, label, fields) => {
  expect(maskFields(entity(text, label))).toEqual(fields);
});

it('gives the fields of an entity without secrets back as they are', () => {
  const service = entity('services: [{ name: s, host: h, tags: [a] }]', 'service');

  expect(maskFields(service)).toBe(service.fields);
});

it('masks a known secret as a whole value and as a part of one', () => {
  const service = entity(
    'services: [{ name: s, host: h, path: /k/s3cr3t, tags: [one] }]',
    'service',
  );
  const known = { values: new Set(['one']), parts: ['s3cr3t'] };

  expect(maskFields(service, { known })).toEqual({
    name: 's',
    host: 'h',
    path: mask,
    tags: [mask],
  });
});
