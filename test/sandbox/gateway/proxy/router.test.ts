import { toRoute } from '../../../../sandbox/gateway/proxy/entities';
import { compileRouter, type RouteQuery } from '../../../../sandbox/gateway/proxy/router';

type Fields = Record<string, unknown>;

function routesOf(...fields: Fields[]) {
  return fields.map((entity, index) =>
    toRoute({ id: String(entity['name']), created_at: index, ...entity }),
  );
}

function query(
  path: string,
  more: Partial<RouteQuery> & { headers?: Record<string, string> } = {},
) {
  const { headers = {}, ...rest } = more;
  const header = (name: string) => (headers[name] === undefined ? [] : [headers[name]]);
  return { method: 'GET', host: 'example.com', path, header, ...rest };
}

describe('compileRouter', () => {
  it.each<[name: string, routes: Fields[], query: RouteQuery, winner: string | undefined]>([
    ['no route', [{ name: 'a', paths: ['/a'] }], query('/b'), undefined],
    ['a prefix', [{ name: 'a', paths: ['/a'] }], query('/a/b'), 'a'],
    ['a prefix inside a segment', [{ name: 'a', paths: ['/a'] }], query('/ab'), 'a'],
    ['a method', [{ name: 'get', methods: ['GET'] }], query('/'), 'get'],
    ['not the method', [{ name: 'put', methods: ['PUT'] }], query('/'), undefined],
    ['a host', [{ name: 'h', hosts: ['Example.com'] }], query('/'), 'h'],
    [
      'a host whatever the port',
      [{ name: 'h', hosts: ['example.com'] }],
      query('/', { host: 'example.com:8000' }),
      'h',
    ],
    [
      'not a host of another port',
      [{ name: 'h', hosts: ['example.com:9'] }],
      query('/', { host: 'example.com:8000' }),
      undefined,
    ],
    [
      'a leading wildcard',
      [{ name: 'w', hosts: ['*.example.com'] }],
      query('/', { host: 'a.b.example.com' }),
      'w',
    ],
    [
      'not the bare domain of a wildcard',
      [{ name: 'w', hosts: ['*.example.com'] }],
      query('/'),
      undefined,
    ],
    ['a trailing wildcard', [{ name: 'w', hosts: ['example.*'] }], query('/'), 'w'],
    [
      'a header, any of its values, in any case',
      [{ name: 'x', headers: { 'X-V': ['1', 'Two'] } }],
      query('/', { headers: { 'x-v': 'two' } }),
      'x',
    ],
    [
      'a header by regex',
      [{ name: 'x', headers: { 'x-v': ['~*^v[0-9]$'] } }],
      query('/', { headers: { 'x-v': 'V7' } }),
      'x',
    ],
    ['not without the header', [{ name: 'x', headers: { 'x-v': ['1'] } }], query('/'), undefined],
    [
      'a regex path, anchored at the start',
      [{ name: 'r', paths: ['~/a/\\d+$'] }],
      query('/a/12'),
      'r',
    ],
    ['not a regex path further in', [{ name: 'r', paths: ['~/\\d+'] }], query('/a/12'), undefined],
    [
      'no route for TCP only',
      [{ name: 't', protocols: ['tcp'], paths: ['/'] }],
      query('/'),
      undefined,
    ],
    [
      'the longer prefix',
      [
        { name: 'a', paths: ['/a'] },
        { name: 'ab', paths: ['/a/b'] },
      ],
      query('/a/b/c'),
      'ab',
    ],
    [
      'the longer prefix of several in one route',
      [
        { name: 'long', paths: ['/z', '/a/b'] },
        { name: 'a', paths: ['/a'] },
      ],
      query('/a/b'),
      'long',
    ],
    [
      'a regex over a longer prefix',
      [
        { name: 'p', paths: ['/a/b/c'] },
        { name: 'r', paths: ['~/a'] },
      ],
      query('/a/b/c'),
      'r',
    ],
    [
      'the higher regex_priority',
      [
        { name: 'low', paths: ['~/a'] },
        { name: 'high', paths: ['~/a/'], regex_priority: 3 },
      ],
      query('/a/'),
      'high',
    ],
    [
      'more kinds of conditions over a longer path',
      [
        { name: 'path', paths: ['/a/b/c'] },
        { name: 'both', paths: ['/'], hosts: ['example.com'] },
      ],
      query('/a/b/c'),
      'both',
    ],
    [
      'a plain host over a wildcard',
      [
        { name: 'w', hosts: ['*.com'], paths: ['/a'] },
        { name: 'h', hosts: ['example.com'], paths: ['/'] },
      ],
      query('/a'),
      'h',
    ],
    [
      'more headers over a longer path',
      [
        { name: 'one', headers: { a: ['1'] }, paths: ['/a/b'] },
        { name: 'two', headers: { a: ['1'], b: ['1'] }, paths: ['/'] },
      ],
      query('/a/b', { headers: { a: '1', b: '1' } }),
      'two',
    ],
    [
      'the older of equals',
      [
        { name: 'young', paths: ['/a'], created_at: 2 },
        { name: 'old', paths: ['/a'], created_at: 1 },
      ],
      query('/a'),
      'old',
    ],
  ])('finds %s', (_name, routes, asked, winner) => {
    const match = compileRouter(routesOf(...routes))(asked);

    expect(match?.route.id).toBe(winner);
  });

  it('says what of the path it matched', () => {
    const router = compileRouter(
      routesOf({ name: 'r', paths: ['~/v\\d/'] }, { name: 'h', hosts: ['h'] }),
    );

    expect(router(query('/v2/x'))?.matchedPath).toBe('/v2/');
    expect(router(query('/z', { host: 'h' }))?.matchedPath).toBeUndefined();
  });
});
