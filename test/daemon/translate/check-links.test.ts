import { parseKongConfig } from '../../../daemon/kong/parse';
import { checkLinks } from '../../../daemon/translate/check-links';
import { TranslateRules } from '../../../daemon/translate/rules';
import { Schema } from '../../../plugin/mesh-upstream/config';

function findings(text: string): readonly { code: string; message: string }[] {
  const { state } = parseKongConfig([{ path: 'kong.yml', text }], { env: {} });
  return checkLinks(state.entities, TranslateRules.parse({}));
}

function withConfig(config: object): string {
  const plugin = { name: 'mesh-upstream', config };
  const routes = [{ name: 'r', paths: ['/'], plugins: [plugin] }];
  return JSON.stringify({ _format_version: '3.0', services: [{ name: 's', host: 'h', routes }] });
}

describe('links by themselves', () => {
  /** Each of these a real Kong 3.9.3 refuses with the schema of the plugin. */
  it.each<[string, object, RegExp]>([
    ['without a service', {}, /config\.service must name/],
    ['with an empty one', { service: '' }, /config\.service must name/],
    ['with a blank in it', { service: 'a b' }, /config\.service holds/],
    ['with a port that is none', { service: 'o', port: 80800 }, /config\.port must be a port/],
    ['with another address', { service: 'o', address: 'x' }, /config\.address must be/],
    ['with another on_missing', { service: 'o', on_missing: 'x' }, /config\.on_missing must be/],
    ['with both forms', { service: 'o', services: [{ service: 'p', weight: 1 }] }, /exclude/],
    ['with a share without a weight', { services: [{ service: 'o' }] }, /services\[1\]\.weight/],
    ['with a weight too large', { services: [{ service: 'o', weight: 65_536 }] }, /65535/],
    ['with a header to hash and no name', { service: 'o', hash_on: 'header' }, /hash_on_header/],
    ['with a setting that is none', { service: 'o', adress: 'mesh' }, /config\.adress .*address/],
  ])('finds a plugin %s', (_name, config, message) => {
    expect(findings(withConfig(config))).toMatchObject([
      { code: 'LINK_INVALID', message: expect.stringMatching(message) },
    ]);
  });

  it('knows every setting of the plugin', () => {
    const all = Object.fromEntries(
      Schema.flatMap((field) => Object.entries(field)).map(
        ([name, { one_of: choices, default: usual }]) =>
          [name, choices?.[0] ?? usual ?? 'orders'] as const,
      ),
    );
    const without = (...left: string[]): object =>
      Object.fromEntries(Object.entries(all).filter(([name]) => !left.includes(name)));
    const services = [{ service: 'orders', port: 'http', weight: 1 }];

    expect(findings(withConfig(without('services')))).toEqual([]);
    expect(findings(withConfig({ ...without('service', 'port'), services }))).toEqual([]);
  });

  const plugin = { name: 'mesh-upstream', config: { service: 'orders' } };
  const streams = (protocols: readonly string[], onService = false, more: object[] = []) =>
    JSON.stringify({
      _format_version: '3.0',
      services: [
        {
          name: 's',
          host: 'h',
          ...(onService ? { plugins: [plugin] } : {}),
          routes: [
            {
              name: 'r',
              protocols,
              destinations: [{ port: 9000 }],
              plugins: onService ? [] : [plugin],
            },
            ...more,
          ],
        },
      ],
    });

  it.each([
    ['tcp', streams(['tcp'])],
    ['tls', streams(['tls'])],
    ['udp', streams(['udp'])],
    ['tls_passthrough', streams(['tls_passthrough'])],
    ['tcp, tls', streams(['tcp', 'tls'])],
    ['tcp', streams(['tcp'], true)],
  ])('finds the plugin where requests are none, but %s', (protocols, text) => {
    const [found, ...others] = findings(text);

    expect(others).toEqual([]);
    expect(found).toMatchObject({
      code: 'LINK_INVALID',
      severity: 'error',
      message: expect.stringMatching(
        new RegExp(`(takes|take) ${protocols}, and the plugin works on http, .*Kong refuses`),
      ),
      remedy: expect.stringContaining('tag the service mesh:orders'),
    });
  });

  it('finds the plugin that is set for streams itself', () => {
    const text = streams(['http']).replace('"config"', '"protocols":["tcp"],"config"');

    expect(findings(text)).toMatchObject([{ message: expect.stringContaining('is set for tcp') }]);
  });

  it.each([
    ['a route that takes both', streams(['http', 'tls'])],
    [
      'a service of which one route takes HTTP',
      streams(['tcp'], true, [{ name: 'web', paths: ['/'] }]),
    ],
    [
      'a service without routes',
      JSON.stringify({
        _format_version: '3.0',
        services: [{ name: 's', host: 'h', plugins: [plugin] }],
      }),
    ],
  ])('lets it be on %s', (_name, text) => {
    expect(findings(text)).toEqual([]);
  });

  it('finds a tag that names nothing', () => {
    const text = '{ _format_version: "3.0", services: [{ name: s, host: h, tags: ["mesh:"] }] }';

    expect(findings(text).map(({ code }) => code)).toEqual(['LINK_INVALID']);
  });
});
