import { mask, maskEntity } from '../../../daemon/kong/describe';
import { entityLabel, type Entity } from '../../../daemon/kong/model';
import { parseKongConfig } from '../../../daemon/kong/parse';

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

  expect(maskEntity(service).fields).toEqual({ name: 's', host: mask, tags: ['a', mask], port: 1 });
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
])('masks secrets by nature: %s', (_name, text, label, fields) => {
  expect(maskEntity(entity(text, label)).fields).toEqual(fields);
});

it('gives an entity without secrets back as it is', () => {
  const service = entity('services: [{ name: s, host: h, tags: [a] }]', 'service');

  expect(maskEntity(service)).toBe(service);
});
