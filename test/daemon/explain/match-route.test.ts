import { findRoute } from '../../../daemon/explain/match-route';
import { normalisePath, parseRequest } from '../../../daemon/explain/request';
import { toRouteRule } from '../../../daemon/explain/route-rule';
import { upstreamPath } from '../../../daemon/explain/upstream-path';
import type { Entity } from '../../../daemon/kong/model';
import { toRoute } from '../../../sandbox/gateway/proxy/entities';
import { joinPaths, normalizePath } from '../../../sandbox/gateway/proxy/request-path';
import { compileRouter } from '../../../sandbox/gateway/proxy/router';
import fc from '../../support/property';

type Fields = Readonly<Record<string, unknown>>;

function rule(fields: Fields) {
  const name = String(fields['name']);
  const entity = { type: 'routes', key: name, id: name, fields, references: {}, owner: 'user' };
  return toRouteRule({ ...entity, secrets: [] } as unknown as Entity);
}

function find(routes: readonly Fields[], method: string, url: string, headers: string[] = []) {
  return findRoute(routes.map(rule), parseRequest(method, url, headers)!);
}

const winner = (search: ReturnType<typeof findRoute>) => search.match?.rule.route.key;

describe('which route gets a request', () => {
  it.each<[string, Fields[], string, string, string[], string | undefined]>([
    ['no route', [{ name: 'a', paths: ['/a'] }], 'GET', '/b', [], undefined],
    ['a prefix, also inside a segment', [{ name: 'a', paths: ['/a'] }], 'GET', '/ab', [], 'a'],
    ['a method', [{ name: 'a', methods: ['PUT'] }], 'put', '/', [], 'a'],
    ['not another method', [{ name: 'a', methods: ['PUT'] }], 'GET', '/', [], undefined],
    ['a host whatever its case', [{ name: 'a', hosts: ['A.b'] }], 'GET', 'http://a.B/', [], 'a'],
    ['the Host header over the URL', [{ name: 'a', hosts: ['x'] }], 'GET', '/', ['Host: x'], 'a'],
    ['a wildcard in front', [{ name: 'a', hosts: ['*.b.c'] }], 'GET', 'http://x.y.b.c/', [], 'a'],
    ['not the bare domain', [{ name: 'a', hosts: ['*.b.c'] }], 'GET', 'http://b.c/', [], undefined],
    ['a wildcard behind', [{ name: 'a', hosts: ['b.*'] }], 'GET', 'http://b.c.d/', [], 'a'],
    ['a host with its port', [{ name: 'a', hosts: ['b:81'] }], 'GET', 'http://b:81/', [], 'a'],
    ['the default port of http', [{ name: 'a', hosts: ['b:80'] }], 'GET', 'http://b/', [], 'a'],
    ['not another port', [{ name: 'a', hosts: ['b:81'] }], 'GET', 'http://b/', [], undefined],
    ['a header', [{ name: 'a', headers: { 'X-V': ['2'] } }], 'GET', '/', ['x-v: 2'], 'a'],
    [
      'a header by regex',
      [{ name: 'a', headers: { v: ['~*^b\\d$'] } }],
      'GET',
      '/',
      ['V: B2'],
      'a',
    ],
    [
      'every header that it asks for',
      [{ name: 'a', headers: { v: ['1'], w: ['1'] } }],
      'GET',
      '/',
      ['v: 1'],
      undefined,
    ],
    [
      'a regex, anchored at its start',
      [{ name: 'a', paths: ['~/\\d+'] }],
      'GET',
      '/x/1',
      [],
      undefined,
    ],
    [
      'a regex with a named group',
      [{ name: 'a', paths: ['~/(?P<id>\\d+)$'] }],
      'GET',
      '/12',
      [],
      'a',
    ],
    ['a path as typed, dots resolved', [{ name: 'a', paths: ['/b'] }], 'GET', '/a/../b', [], 'a'],
    ['an SNI, with TLS', [{ name: 'a', snis: ['b.c'] }], 'GET', 'https://b.c/', [], 'a'],
    ['not another SNI', [{ name: 'a', snis: ['b.c'] }], 'GET', 'https://d/', [], undefined],
    [
      'an SNI means nothing without TLS',
      [{ name: 'a', snis: ['b.c'] }],
      'GET',
      'http://d/',
      [],
      'a',
    ],
    ['no route of streams', [{ name: 'a', protocols: ['tcp'] }], 'GET', '/', [], undefined],
    ['a gRPC route', [{ name: 'a', protocols: ['grpc'], paths: ['/s'] }], 'POST', '/s/m', [], 'a'],
    [
      'more kinds of conditions',
      [
        { name: 'long', paths: ['/a/b/c'] },
        { name: 'both', paths: ['/'], methods: ['GET'] },
      ],
      'GET',
      '/a/b/c',
      [],
      'both',
    ],
    [
      'plain hosts over wildcards',
      [
        { name: 'wild', hosts: ['*.b'], paths: ['/a'] },
        { name: 'plain', hosts: ['a.b'], paths: ['/'] },
      ],
      'GET',
      'http://a.b/a',
      [],
      'plain',
    ],
    [
      'a regex over a longer prefix',
      [
        { name: 'prefix', paths: ['/a/b'] },
        { name: 'regex', paths: ['~/a'] },
      ],
      'GET',
      '/a/b',
      [],
      'regex',
    ],
    [
      'regex_priority',
      [
        { name: 'high', paths: ['~/a'], regex_priority: 2 },
        { name: 'low', paths: ['~/a/b'] },
      ],
      'GET',
      '/a/b',
      [],
      'high',
    ],
    [
      'the longer prefix, whichever route has it',
      [
        { name: 'two', paths: ['/z', '/a/b'] },
        { name: 'one', paths: ['/a'] },
      ],
      'GET',
      '/a/b',
      [],
      'two',
    ],
    [
      'SNIs count even where they are not asked for',
      [
        { name: 'long', paths: ['/a/b'] },
        { name: 'sni', paths: ['/a'], snis: ['x'] },
      ],
      'GET',
      'http://y/a/b',
      [],
      'sni',
    ],
  ])('%s', (_name, routes, method, url, headers, expected) => {
    expect(winner(find(routes, method, url, headers))).toBe(expected);
  });

  it('says what matched, what else does, and what is as specific', () => {
    const routes = [
      { name: 'a', paths: ['/a/b'] },
      { name: 'b', paths: ['/a/b'] },
      { name: 'c', paths: ['/a'] },
    ];

    const { match } = find(routes, 'GET', '/a/b/c');

    expect(match).toMatchObject({ pathRule: '/a/b', matchedPath: '/a/b' });
    // Kong goes by id then, from the end.
    expect(match?.rule.route.key).toBe('b');
    expect(match?.ties.map(({ route }) => route.key)).toEqual(['a']);
    expect(match?.others.map(({ route }) => route.key)).toEqual(['c']);
  });

  it('names routes that one condition keeps away, and not those that have only one', () => {
    const routes = [
      { name: 'near', paths: ['/a'], methods: ['PUT'] },
      { name: 'far', paths: ['/b'] },
    ];

    const { nearly } = find(routes, 'GET', '/a');

    expect(nearly.map(({ rule: { route }, but }) => [route.key, but])).toEqual([
      ['near', 'method'],
    ]);
  });

  it('leaves out what it cannot read, and says so', () => {
    const { match, unread } = find([{ name: 'a', paths: ['~/(?i)x'] }], 'GET', '/x');

    expect(match).toBeUndefined();
    expect(unread.map(({ route }) => route.key)).toEqual(['a']);
  });
});

/** Two routers that were written apart from each other must agree. */
describe('held against the stand-in gateway', () => {
  const some = <T>(values: fc.Arbitrary<T>, maxLength = 2) =>
    fc.option(fc.uniqueArray(values, { minLength: 1, maxLength }), { nil: undefined });
  const segment = fc.constantFrom('a', 'b', 'ab', 'v1', '7');
  const prefix = fc.array(segment, { maxLength: 3 }).map((parts) => `/${parts.join('/')}`);
  const regex = fc.constantFrom('~/a', '~/a/\\d+$', '~/(?<x>[ab]+)/', '~/v1', '~/[^/]+/b');
  const host = fc.constantFrom(
    'a.com',
    'b.com',
    'x.a.com',
    '*.a.com',
    'a.*',
    'a.com:8000',
    'a.com:9',
  );
  const value = fc.constantFrom('1', 'two', 'TWO', 'x');
  const route = fc.record(
    {
      methods: some(fc.constantFrom('GET', 'POST')),
      hosts: some(host),
      paths: some(fc.oneof(prefix, regex), 3),
      headers: fc.option(
        fc.dictionary(
          fc.constantFrom('x-a', 'X-B'),
          fc.tuple(value).map(([one]) => [one]),
          {
            minKeys: 1,
            maxKeys: 2,
          },
        ),
        { nil: undefined },
      ),
      regex_priority: fc.integer({ min: 0, max: 2 }),
    },
    { requiredKeys: ['regex_priority'] },
  );
  const request = fc.record({
    method: fc.constantFrom('GET', 'POST'),
    host: fc.constantFrom('a.com', 'b.com', 'x.a.com', 'c.com'),
    path: prefix,
    headers: fc.array(fc.tuple(fc.constantFrom('X-A', 'x-b'), value), { maxLength: 2 }),
  });

  it('both find the same route', () => {
    fc.assert(
      fc.property(fc.array(route, { maxLength: 8 }), request, (routes, asked) => {
        const fields = routes.map((one, index) => ({ name: `r${index}`, ...one }));
        const headers = asked.headers.map(([name, text]) => `${name}: ${text}`);
        const url = `http://${asked.host}:8000${asked.path}`;
        const router = compileRouter(
          fields.map((one, index) => toRoute({ id: one.name, created_at: index, ...one })),
        );

        const mine = find(fields, asked.method, url, headers);
        const theirs = router({
          method: asked.method,
          host: `${asked.host}:8000`,
          path: asked.path,
          header: (name) =>
            asked.headers.filter(([key]) => key.toLowerCase() === name).map(([, text]) => text),
        });

        // Among equals the one goes by age, the other by id.
        const equals = [mine.match?.rule, ...(mine.match?.ties ?? [])].map((one) => one?.route.key);
        expect(equals).toContain(theirs?.route.id);
        if (equals.length === 1) expect(mine.match?.matchedPath).toBe(theirs?.matchedPath);
      }),
      { numRuns: 2_000 },
    );
  });

  it('both make the same path for the backend', () => {
    const text = fc
      .array(fc.constantFrom('/', 'a', 'b', '.', '..', '%61', '%2F', '//'), { maxLength: 6 })
      .map((parts) => `/${parts.join('')}`);
    fc.assert(
      fc.property(
        text,
        fc.option(prefix),
        fc.constantFrom('v0' as const, 'v1' as const),
        fc.nat(9),
        (rawPath, base, handling, cut) => {
          const path = normalisePath(rawPath);

          expect(path).toBe(normalizePath(rawPath));
          const strip = path.slice(0, cut);
          const mine = upstreamPath({
            servicePath: base ?? undefined,
            path,
            rawPath,
            strip,
            handling,
          });
          const rest = path.slice(strip.length);
          const theirs = joinPaths({ base: base ?? '/', rest, requestPath: rawPath, handling });
          expect(mine).toBe(theirs);
        },
      ),
      { numRuns: 2_000 },
    );
  });
});

it.each([['ftp://a/b'], ['a.com/b'], [''], ['http://']])('%p is no request', (url) => {
  expect(parseRequest('GET', url, [])).toBeUndefined();
});

it('refuses a header that is none', () => {
  expect(parseRequest('GET', '/', ['no colon'])).toBeUndefined();
});
