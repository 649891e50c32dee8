import { toDump } from '../../../daemon/cli/dump-state';
import { parseKongConfig } from '../../../daemon/kong/parse';
import { renderState } from '../../../daemon/kong/write';
import type { KongSchemas } from '../../../daemon/targets/kong-http/schemas';
import { parse } from 'yaml';

const text = `_format_version: "3.0"
consumers: [{ username: a, jwt_secrets: [{ key: k, secret: s, algorithm: HS256 }] }]
key_sets: [{ name: set }]
keys: [{ name: k, kid: k, set: { name: set }, jwk: "{}" }]
`;

const schemas = {
  entities: new Map([
    ['jwt_secrets', { fields: [{ algorithm: { type: 'string', default: 'HS256' } }] }],
  ]),
  plugins: new Map(),
} as unknown as KongSchemas;

it('is written as decK takes it: each jwt secret with its algorithm, keys at the top level', () => {
  const { state } = parseKongConfig([{ path: 'kong.yml', text }], { env: {} });
  const dump = toDump(state, { kind: 'admin', selectTags: [], workspace: undefined }, schemas);
  const written = renderState(dump);

  expect(parse(written)).toMatchObject({
    consumers: [{ username: 'a', jwt_secrets: [{ key: 'k', secret: 's', algorithm: 'HS256' }] }],
    key_sets: [{ name: 'set' }],
    keys: [{ name: 'k', kid: 'k', set: { name: 'set' }, jwk: '{}' }],
  });
  const again = parseKongConfig([{ path: 'kong.yml', text: written }], { env: {} });
  expect(again.failures).toEqual([]);
  expect(again.state.entities.map(({ id }) => id)).toEqual(state.entities.map(({ id }) => id));
});
