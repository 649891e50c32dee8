/** The request that `check` makes up for a route of the cluster. */
import { matchesOf } from '../../../daemon/kubernetes/route-matches';

const httpRoute = (spec: object, annotations = {}) => ({
  metadata: { name: 'orders', namespace: 'shop', annotations },
  spec,
});

it('meets each rule of an HTTPRoute by the plainest of its matches', () => {
  const matches = matchesOf(
    'HTTPRoute',
    httpRoute({
      hostnames: ['*.example.com', 'other.example.com'],
      rules: [
        {},
        {
          matches: [
            { path: { type: 'RegularExpression', value: '/a.*' } },
            {
              path: { type: 'PathPrefix', value: '/orders' },
              method: 'HEAD',
              headers: [{ name: 'x-tier', value: 'gold' }],
              queryParams: [{ name: 'q', value: 'a b' }],
            },
          ],
        },
        { matches: [{ path: { type: 'RegularExpression', value: '/b.*' } }] },
      ],
    }),
  );

  const host = 'check.example.com';
  expect(matches).toEqual([
    { rule: 0, host, path: '/', headers: {}, plugged: false },
    {
      ...{ rule: 1, host, path: '/orders?q=a+b', method: 'HEAD', plugged: false },
      headers: { 'x-tier': 'gold' },
    },
    { rule: 2, host, path: '/', headers: {}, plugged: false, problem: expect.any(String) },
  ]);
});

it('knows that a plugin may send the request elsewhere', () => {
  const extensionRef = { group: 'configuration.konghq.com', kind: 'KongPlugin', name: 'x' };
  const filtered = { rules: [{ filters: [{ type: 'ExtensionRef', extensionRef }] }, {}] };

  expect(matchesOf('HTTPRoute', httpRoute(filtered)).map(({ plugged }) => plugged)).toEqual([
    true,
    false,
  ]);
  expect(matchesOf('HTTPRoute', httpRoute({ rules: [{}] }, { 'konghq.com/plugins': 'x' }))).toEqual(
    [expect.objectContaining({ plugged: true })],
  );
});

it('meets each path of an Ingress, and its default backend last', () => {
  const spec = {
    defaultBackend: { service: { name: 'rest' } },
    rules: [
      { host: 'shop.example', http: { paths: [{ path: '/orders' }, { path: '/~/v\\d+' }] } },
      {},
    ],
  };

  expect(matchesOf('Ingress', httpRoute(spec))).toEqual([
    { rule: 0, host: 'shop.example', path: '/orders', headers: {}, plugged: false },
    expect.objectContaining({ rule: 1, problem: 'its path is a pattern; give --path' }),
    { rule: 2, path: '/', headers: {}, plugged: false },
  ]);
});

it.each([
  ['GRPCRoute', 'it takes gRPC alone'],
  ['TLSRoute', 'it takes no HTTP'],
])('has no request for a %s', (kind, problem) => {
  expect(matchesOf(kind, httpRoute({}))).toMatchObject([{ problem }]);
});

it.each([null, {}, { metadata: { name: 'x' }, spec: { rules: 3 } }])('bears %j', (object) => {
  expect(matchesOf('HTTPRoute', object)).toEqual([]);
});
