import { isIP, isIPv4, isIPv6 } from 'node:net';
import type { ValueRule } from './schema';
import { parseTarget } from './target-address';

/** The rules Kong keeps in code rather than in the schemas it prints, with its sentences. */

const uuidPattern = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/** Whether a text is a UUID in the form Kong takes as a primary key. */
export function isUuid(text: string): boolean {
  return uuidPattern.test(text);
}

/** Names of services, routes and the like: unreserved ASCII characters and any other UTF-8. */
export const nameRule: ValueRule = (value) =>
  /^[\w.~\-\u{80}-\u{10ffff}]+$/u.test(value)
    ? undefined
    : `invalid value '${value}': the only accepted ascii characters are alphanumerics or ., -, _, and ~`;

/** Tags: printable, without the two characters that `?tags=` gives a meaning. */
export const tagRule: ValueRule = (value) =>
  /^[^\u{0}-\u{1f}\u{7f},/]+$/u.test(value)
    ? undefined
    : `invalid tag '${value}': expected printable ascii (except \`,\` and \`/\`) or valid utf-8 sequences`;

const labels =
  /^[A-Za-z0-9_]([A-Za-z0-9_-]*[A-Za-z0-9_])?(\.[A-Za-z0-9_]([A-Za-z0-9_-]*[A-Za-z0-9_])?)*\.?$/;

export function isHostname(value: string): boolean {
  return labels.test(value) && !/^\d+(\.\d+){3}$/.test(value);
}

/** A service's host: a name or an address, without a port. */
export const hostRule: ValueRule = (value) =>
  isHostname(value) || isIP(unbracket(value)) !== 0 ? undefined : `invalid value: ${value}`;

/** One of a route's hosts: a name, an address, or a wildcard at one end; a port may follow. */
export const routeHostRule: ValueRule = (value) => {
  const host = value.replace(/^\*\./, 'a.').replace(/\.\*$/, '.a').replace(/:\d+$/, '');
  return isHostname(host) || isIP(unbracket(host)) !== 0 ? undefined : `invalid hostname: ${value}`;
};

export const upstreamNameRule: ValueRule = (value) => {
  if (isIPv4(value) || isIPv6(unbracket(value))) {
    return `Invalid name ('${value}'); no ip addresses allowed`;
  }
  if (/^[^:]+:\d+$/.test(value)) return `Invalid name ('${value}'); no port allowed`;
  return isHostname(value) ? undefined : `Invalid name ('${value}'); must be a valid hostname`;
};

/** A target's address. `POST /config` names the address in the sentence, the REST endpoints do not. */
export const targetRule: ValueRule = (value) =>
  parseTarget(value) ? undefined : 'Invalid target; not a valid hostname or ip address';

/** One of a route's paths: `~` starts a regular expression, whose brackets must close. */
export const routePathRule: ValueRule = (value) => {
  if (!value.startsWith('~')) return undefined;
  const expression = value.slice(1);
  const fault = findUnclosed(expression);
  return fault === undefined
    ? undefined
    : `invalid regex: '${expression}' (PCRE returned: pcre2_compile() failed: ${fault} in "${expression}")`;
};

function findUnclosed(expression: string): string | undefined {
  let depth = 0;
  let inSet = false;
  for (let at = 0; at < expression.length; at++) {
    const char = expression.charAt(at);
    if (char === '\\') at++;
    else if (inSet) inSet = char !== ']';
    else if (char === '[') inSet = true;
    else if (char === '(') depth++;
    else if (char === ')' && --depth < 0) return 'unmatched closing parenthesis';
  }
  if (inSet) return 'missing terminating ] for character class';
  return depth > 0 ? 'missing closing parenthesis' : undefined;
}

function unbracket(value: string): string {
  return value.startsWith('[') && value.endsWith(']') ? value.slice(1, -1) : value;
}
