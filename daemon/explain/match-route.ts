/**
 * Which route gets a request, by the rules of Kong's router flavour `traditional_compatible`. Source:
 * Kong 3.9, kong/router/transform.lua (expressions and their priority) and the ATC router's order.
 *
 * Each path of a route competes by itself, regexes against prefixes and by length. Of what matches the
 * first wins by: number of kinds of conditions, plain hosts over wildcards, number of headers, regex
 * over prefix, `regex_priority`, length of the prefix. What then is still equal Kong tells apart by id,
 * which nobody chooses on purpose: it is reported.
 */
import type { RoutedRequest } from './request';
import type { RouteRule } from './route-rule';
import { within } from './within';

export interface RouteMatch {
  readonly rule: RouteRule;
  /** The path of the route that matched; absent for a route without paths. */
  readonly pathRule?: string;
  /** The part of the request's path that it matched: what strip_path strips. */
  readonly matchedPath?: string;
  /** Other routes that match and are as specific. */
  readonly ties: readonly RouteRule[];
  /** Routes that match too and are less specific, the next one first. */
  readonly others: readonly RouteRule[];
}

export type Condition = 'method' | 'host' | 'header' | 'path' | 'sni';

export interface RouteSearch {
  readonly match?: RouteMatch;
  /** Where nothing matches: routes that only one condition keeps from it. */
  readonly nearly: readonly { readonly rule: RouteRule; readonly but: Condition }[];
  /** Routes with a regular expression that cannot be read here; Kong may match them. */
  readonly unread: readonly RouteRule[];
}

const streamProtocols = new Set(['tcp', 'udp', 'tls', 'tls_passthrough']);
const maxHeaders = 255;
const maxPathLength = 0x7ffff;

export function findRoute(rules: readonly RouteRule[], request: RoutedRequest): RouteSearch {
  const candidates = rules
    .filter(({ protocols }) => !streamProtocols.has(protocols[0] ?? ''))
    .flatMap(candidatesOf);
  const { tried, unread } = tryAll(candidates, request);
  const matching = tried
    .filter(({ failing }) => failing.length === 0)
    .sort((a, b) => compareRank(a.candidate, b.candidate));
  const [first, ...rest] = matching;
  if (!first) return { nearly: nearlyOf(tried), unread: [...unread] };
  const { candidate, matchedPath } = first;
  const { rule } = candidate;
  const others = distinct(rest.map((one) => one.candidate)).filter((one) => one.rule !== rule);
  const isTie = (one: Candidate): boolean => sameRank(one, candidate);
  return {
    match: {
      rule,
      ...(candidate.path === undefined ? {} : { pathRule: candidate.path }),
      ...(matchedPath === undefined ? {} : { matchedPath }),
      ties: others.filter(isTie).map((one) => one.rule),
      others: others.filter((one) => !isTie(one)).map((one) => one.rule),
    },
    nearly: [],
    unread: [...unread],
  };
}

interface Candidate {
  readonly rule: RouteRule;
  readonly path: string | undefined;
  readonly rank: readonly number[];
}

function candidatesOf(rule: RouteRule): readonly Candidate[] {
  const { hosts, headers, paths } = rule;
  const plainHosts = hosts.length > 0 && !hosts.some((host) => host.includes('*'));
  const base = [kindsOf(rule), plainHosts ? 1 : 0, Math.min(headers.length, maxHeaders)];
  if (paths.length === 0) return [{ rule, path: undefined, rank: [...base, 0, 0, 0] }];
  return paths.map((path) => {
    const regex = path.startsWith('~');
    const rest = regex ? [1, rule.regexPriority, 0] : [0, 0, Math.min(path.length, maxPathLength)];
    return { rule, path, rank: [...base, ...rest] };
  });
}

function kindsOf({ methods, hosts, headers, paths, snis }: RouteRule): number {
  return [methods, hosts, headers, paths, snis].filter((kind) => kind.length > 0).length;
}

/**
 * Kong's engine takes linear time for any expression, this one does not: an expression that would keep
 * it busy is one that cannot be read here.
 */
function tryAll(candidates: readonly Candidate[], request: RoutedRequest) {
  const unread = new Set<RouteRule>();
  const attempt = (regexes: Regexes) =>
    candidates.map((candidate) => ({
      candidate,
      ...tryCandidate(candidate, request, regexes, () => unread.add(candidate.rule)),
    }));
  const atOnce = within(allLimitMs, () => attempt(plainRegexes));
  if (atOnce) return { tried: atOnce.value, unread };
  unread.clear();
  return { tried: attempt(boundedRegexes()), unread };
}

/** For all expressions of a configuration together, when none of them is of the bad kind. */
const allLimitMs = 1_000;
/** For one of them, when one is; and for all of those that take so long. */
const oneLimitMs = 50;
const slowLimitMs = 2_000;

/** What an expression matches in a text; undefined where it cannot be told. */
type Regexes = (source: string, text: string) => { readonly found: string | undefined } | undefined;

const plainRegexes: Regexes = (source, text) => {
  const regex = toRegex(source);
  return regex && { found: regex.exec(text)?.[0] };
};

function boundedRegexes(): Regexes {
  let leftMs = slowLimitMs;
  return (source, text) => {
    if (leftMs <= 0) return undefined;
    const done = within(oneLimitMs, () => plainRegexes(source, text));
    if (!done) leftMs -= oneLimitMs;
    return done?.value;
  };
}

interface Tried {
  readonly failing: readonly Condition[];
  readonly matchedPath?: string;
}

function tryCandidate(
  { rule, path }: Candidate,
  request: RoutedRequest,
  regexes: Regexes,
  onUnread: () => void,
): Tried {
  const failing: Condition[] = [];
  const { methods, hosts, headers, snis } = rule;
  if (methods.length > 0 && !methods.includes(request.method)) failing.push('method');
  if (hosts.length > 0 && !hosts.some((host) => isHost(host, request))) failing.push('host');
  // Without TLS there is no SNI to ask for, and Kong does not ask.
  if (request.scheme === 'https' && snis.length > 0 && !snis.includes(request.host)) {
    failing.push('sni');
  }
  for (const [name, values] of headers) {
    const actual = (request.headers.get(name) ?? []).map((value) => value.toLowerCase());
    if (!values.some((value) => isHeader(value, actual, regexes, onUnread))) failing.push('header');
  }
  if (path === undefined) return { failing };
  const matchedPath = matchPath(path, request.path, regexes, onUnread);
  if (matchedPath === undefined) return { failing: [...failing, 'path'] };
  return { failing, matchedPath };
}

/** `*` at an end stands for any text there; a host with a port asks for that port too. */
function isHost(pattern: string, { host, port }: RoutedRequest): boolean {
  const [, name = pattern, wanted] = /^(.*?)(?::(\d+))?$/.exec(pattern) ?? [];
  if (wanted !== undefined && Number(wanted) !== port) return false;
  if (name.startsWith('*')) return host.endsWith(name.slice(1));
  if (name.endsWith('*')) return host.startsWith(name.slice(0, -1));
  return host === name;
}

function isHeader(
  wanted: string,
  actual: readonly string[],
  regexes: Regexes,
  onUnread: () => void,
): boolean {
  const value = wanted.toLowerCase();
  if (!value.startsWith('~*')) return actual.includes(value);
  return actual.some((one) => {
    const read = regexes(value.slice(2), one);
    if (!read) onUnread();
    return read?.found !== undefined;
  });
}

/** A regex is anchored at its start only. */
function matchPath(
  rule: string,
  path: string,
  regexes: Regexes,
  onUnread: () => void,
): string | undefined {
  if (!rule.startsWith('~')) return path.startsWith(rule) ? rule : undefined;
  const read = regexes(`^(?:${rule.slice(1).replace(/^\^/, '')})`, path);
  if (!read) onUnread();
  return read?.found;
}

/** Undefined for what only Rust's syntax has. */
function toRegex(source: string): RegExp | undefined {
  try {
    return new RegExp(source.replaceAll('(?P<', '(?<'));
  } catch {
    return undefined;
  }
}

function compareRank(a: Candidate, b: Candidate): number {
  for (const [index, rank] of a.rank.entries()) {
    const difference = (b.rank[index] ?? 0) - rank;
    if (difference !== 0) return difference;
  }
  // The router walks its map of priority and id from the end.
  return a.rule.route.id < b.rule.route.id ? 1 : a.rule.route.id > b.rule.route.id ? -1 : 0;
}

function sameRank(a: Candidate, b: Candidate): boolean {
  return a.rank.every((rank, index) => rank === b.rank[index]);
}

/** The best candidate of each route, in the order given. */
function distinct(candidates: readonly Candidate[]): readonly Candidate[] {
  const seen = new Set<RouteRule>();
  return candidates.filter(({ rule }) => !seen.has(rule) && seen.add(rule));
}

function nearlyOf(tried: readonly (Tried & { readonly candidate: Candidate })[]) {
  const seen = new Set<RouteRule>();
  return tried.flatMap(({ candidate: { rule }, failing }) => {
    const [but, ...more] = failing;
    if (but === undefined || more.length > 0 || seen.has(rule)) return [];
    // What asks for one thing only and does not get it is not near.
    if (kindsOf(rule) < 2) return [];
    seen.add(rule);
    return [{ rule, but }];
  });
}
