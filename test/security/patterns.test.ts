/**
 * Patterns that take exponential time, given by a user or by whoever names things, and texts that our
 * own patterns could take as long for. A test that hangs is one that fails.
 */
import { createCatalog } from '../../catalog/catalog';
import { findRoute } from '../../daemon/explain/match-route';
import { parseRequest } from '../../daemon/explain/request';
import { toRouteRule } from '../../daemon/explain/route-rule';
import { within } from '../../daemon/explain/within';
import { parseKongConfig } from '../../daemon/kong/parse';
import { validateState } from '../../daemon/kong/validate';
import { maskFields } from '../../daemon/kong/secrets';
import { parseConfig } from '../../daemon/config/load';
import { withoutSecrets } from '../../daemon/targets/kong-http/map-error';
import { translate } from '../../daemon/translate/translate';
import { TranslateRules } from '../../daemon/translate/rules';
import { createHostCheck } from '../../http-server/host-check';
import { createHandler } from '../../plugin/mesh-upstream/handler';
import { gateway, meshService } from '../catalog/build';
import { fakePdk } from '../plugin/support/fake-pdk';

const exponential = ['(a+)+$', '(a|a)*$', '(a|aa)+$', '([a-zA-Z]+)*$', '(([a-z])+)+$'];
const hard = `${'a'.repeat(60)}!`;

function parsed(entities: object) {
  const text = JSON.stringify({ _format_version: '3.0', ...entities });
  return parseKongConfig([{ path: 'kong.json', text }], { env: {} });
}

function rules(routes: readonly object[]) {
  const { state } = parsed({ routes });
  return state.entities.filter(({ type }) => type === 'routes').map(toRouteRule);
}

it('a bounded piece of work ends, and its error comes through', () => {
  const endless = () => {
    for (;;);
  };
  const failing = () => {
    throw new TypeError('its own');
  };

  expect(within(20, endless)).toBeUndefined();
  expect(within(20, () => /(a+)+$/.test(hard))).toBeUndefined();
  expect(within(1_000, () => 7)).toEqual({ value: 7 });
  expect(() => within(1_000, failing)).toThrow('its own');
});

describe('explain', () => {
  it.each(exponential)('ends for a path of ~/%s, and says that it cannot tell', (pattern) => {
    const all = rules([
      { name: 'bad', paths: [`~/${pattern}`] },
      { name: 'good', paths: ['~/a+'] },
    ]);

    const { match, unread } = findRoute(all, parseRequest('GET', `/${hard}`, [])!);

    expect(unread.map(({ route }) => route.fields['name'])).toEqual(['bad']);
    expect(match?.rule.route.fields['name']).toBe('good');
  });

  it('ends for a header of that kind', () => {
    const all = rules([{ name: 'bad', headers: { v: ['~*^(a+)+$'] } }]);

    const { match, unread } = findRoute(all, parseRequest('GET', '/', [`v: ${hard}`])!);

    expect([match, unread.length]).toEqual([undefined, 1]);
  });

  it('ends for a thousand of them', () => {
    const all = rules(
      Array.from({ length: 1_000 }, (_, index) => ({
        name: `bad-${index}`,
        paths: [`~/(a+)+${index}$`],
      })),
    );

    const { unread } = findRoute(all, parseRequest('GET', `/${hard}`, [])!);

    expect(unread).toHaveLength(1_000);
  });
});

it('validate never runs an expression, it only looks whether it is one', () => {
  const routes = exponential.map((pattern, index) => ({
    name: `r${index}`,
    paths: [`~/${pattern}`],
    headers: { v: [`~*${pattern}`] },
  }));

  expect(validateState(parsed({ routes })).map(({ code }) => code)).not.toContain('KONG_PATH');
});

it('expose.match has no expressions, and a star costs time in proportion to the name', () => {
  const services = ['a'.repeat(100_000), ...exponential].map((name, index) =>
    meshService(name, { resource: `r${index}`, vips: [] }),
  );
  const match = [`${'*a'.repeat(5_000)}*b`, '(a+)+$', '*(a+)+*', '.*'];
  const expose = match.map((name) => ({ match: { name }, routes: [{ name: 'r' }] }));
  const catalog = createCatalog('default', services, gateway());
  const { state } = parsed({ services: [] });

  const { desired } = translate({
    catalog,
    user: state,
    rules: TranslateRules.parse({ expose }),
  });

  // As texts these match no name of the mesh, but for the one that is spelled the same.
  const made = desired.entities.filter(({ type }) => type === 'services');
  expect(made.length).toBeLessThanOrEqual(1);
});

describe('our own patterns', () => {
  /** Long enough that exponential time is for ever. */
  const long = 20_000;
  const texts = [
    'a'.repeat(long),
    '://'.repeat(long / 3),
    `http://${'a'.repeat(long)}`,
    'a:'.repeat(long / 2),
    '-'.repeat(long),
    '_key'.repeat(long / 4),
    `${' '.repeat(long)}x`,
    '${{'.repeat(long / 3),
    `\${{ env "DECK_X" ${'| x '.repeat(long / 4)}`,
    '{name}'.repeat(long / 6),
    '-----BEGIN '.repeat(long / 11),
    'a.'.repeat(long / 2),
    '%2'.repeat(long / 2),
    '*.'.repeat(long / 2),
  ];
  const named = texts.map((text) => [text.slice(0, 24), text] as const);

  it.each(named)('end for a long text of %s', async (_start, text) => {
    const { state, failures } = parsed({
      services: [{ name: text, host: text, tags: [text, `mesh:${text}`] }],
      routes: [
        { name: 'r', paths: [text, `/${text}`], hosts: [text], headers: { [text]: [text] } },
      ],
      plugins: [{ name: 'x', config: { [text]: text, url: text, list: [text] } }],
    });
    const yaml = parseKongConfig(
      [{ path: 'kong.yml', text: `_format_version: "3.0"\n# ${text}\n` }],
      {
        env: {},
      },
    );
    const checked = validateState({ state });
    const shown = state.entities.map((entity) => maskFields(entity));
    const config = parseConfig(`mesh: ${JSON.stringify(text)}\n`, {
      env: { KONG_MESHD_MESH: text },
      settings: [text, `mesh=${text}`],
    });
    const request = parseRequest('GET', `/${text}`, [`Host: ${text}`, text]);
    const pdk = fakePdk();
    const config2 = { service: text, port: text, host_header: text, fallback: text };
    const watch = () => ({ current: undefined, firstRead: Promise.resolve() });
    await createHandler(config2, { watch, log: () => undefined }).access(pdk.kong);

    // What they say is held elsewhere: here all that counts is that they end.
    expect([failures, yaml.failures, checked, shown, config.failures].every(Array.isArray)).toBe(
      true,
    );
    expect(request === undefined || request.method === 'GET').toBe(true);
    expect(withoutSecrets(text)).not.toContain('@');
    expect(createHostCheck({ host: 'localhost' }, [])(text)).toBe(false);
    expect(pdk.calls.map(({ method }) => method)).toEqual(['exit']);
  });
});
