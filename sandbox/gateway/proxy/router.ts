import type { Route } from './entities';

/** What of a request decides about its route. */
export interface RouteQuery {
  readonly method: string;
  /** The Host header, lower case, with its port if it has one. */
  readonly host: string;
  /** Normalised, without query. */
  readonly path: string;
  /** All values of a header, by lower-case name. */
  readonly header: (name: string) => readonly string[];
}

export interface RouteMatch {
  readonly route: Route;
  /** The part of the path that the route matched; `undefined` where it has no paths. */
  readonly matchedPath: string | undefined;
}

export type Router = (query: RouteQuery) => RouteMatch | undefined;

/** One route, or one path of it: each path competes by its own kind and length. */
interface Candidate {
  readonly route: Route;
  readonly matchPath: ((path: string) => string | undefined) | undefined;
  readonly rank: readonly number[];
}

/**
 * A router by the rules of Kong's `traditional_compatible` flavour. Of the routes that match, the first
 * wins by: number of kinds of conditions, plain over wildcard hosts, number of headers, regex over prefix
 * paths, `regex_priority`, length of the prefix, age.
 */
export function compileRouter(routes: readonly Route[]): Router {
  const candidates = routes.filter(speaksHttp).flatMap(candidatesOf).sort(byRank);
  return (query) => {
    for (const candidate of candidates) {
      const match = tryMatch(candidate, query);
      if (match) return match;
    }
    return undefined;
  };
}

function speaksHttp({ protocols }: Route): boolean {
  return protocols.length === 0 || protocols.includes('http') || protocols.includes('https');
}

function candidatesOf(route: Route): Candidate[] {
  const base = [
    [route.methods, route.hosts, route.headers, route.paths].filter((kind) => kind.length > 0)
      .length,
    route.hosts.length > 0 && !route.hosts.some((host) => host.includes('*')) ? 1 : 0,
    route.headers.length,
  ];
  if (route.paths.length === 0) {
    return [{ route, matchPath: undefined, rank: [...base, 0, 0, 0] }];
  }
  return route.paths.map((path) => {
    const regex = path.startsWith('~');
    return {
      route,
      matchPath: regex ? matchRegex(path.slice(1)) : matchPrefix(path),
      rank: [
        ...base,
        regex ? 1 : 0,
        regex ? route.regexPriority : 0,
        regex ? 0 : Math.min(path.length, 0x7ffff),
      ],
    };
  });
}

function byRank(a: Candidate, b: Candidate): number {
  for (const [index, rank] of a.rank.entries()) {
    const difference = (b.rank[index] ?? 0) - rank;
    if (difference !== 0) return difference;
  }
  return a.route.createdAt - b.route.createdAt || (a.route.id < b.route.id ? -1 : 1);
}

function matchPrefix(prefix: string): (path: string) => string | undefined {
  return (path) => (path.startsWith(prefix) ? prefix : undefined);
}

/** Kong's regexes are anchored at the start and may name groups as `(?P<name>`. */
function matchRegex(source: string): (path: string) => string | undefined {
  const anchored = new RegExp(`^(?:${source.replace(/^\^/, '').replaceAll('(?P<', '(?<')})`);
  return (path) => anchored.exec(path)?.[0];
}

function tryMatch({ route, matchPath }: Candidate, query: RouteQuery): RouteMatch | undefined {
  if (route.methods.length > 0 && !route.methods.includes(query.method)) return undefined;
  if (route.hosts.length > 0 && !route.hosts.some((host) => hostMatches(host, query.host))) {
    return undefined;
  }
  if (!route.headers.every(([name, values]) => headerMatches(values, query.header(name)))) {
    return undefined;
  }
  if (!matchPath) return { route, matchedPath: undefined };
  const matchedPath = matchPath(query.path);
  return matchedPath === undefined ? undefined : { route, matchedPath };
}

/** A host without a port matches every port; `*` stands for one or more leading or trailing labels. */
function hostMatches(pattern: string, host: string): boolean {
  const actual = /:\d+$/.test(pattern) ? host : host.replace(/:\d+$/, '');
  if (pattern.startsWith('*.'))
    return actual.endsWith(pattern.slice(1)) && actual !== pattern.slice(1);
  if (pattern.endsWith('.*')) return actual.startsWith(pattern.slice(0, -1));
  return pattern === actual;
}

function headerMatches(expected: readonly string[], actual: readonly string[]): boolean {
  const [only] = expected;
  if (expected.length === 1 && only?.startsWith('~*')) {
    const regex = new RegExp(only.slice(2), 'i');
    return actual.some((value) => regex.test(value));
  }
  return actual.some((value) =>
    expected.some((candidate) => candidate.toLowerCase() === value.toLowerCase()),
  );
}
