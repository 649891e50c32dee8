/** Kong's rules for names, tags, hosts, paths and regular expressions, in patterns that run in linear time. */
import { isIP } from 'node:net';
import { isHostName, isKongIp } from './target-address';

/** Why a text is not acceptable; `undefined` where it is. */
export type Reason = string | undefined;

/** Letters, digits, `.`, `-`, `_`, `~` and whatever is not ASCII. */
export function isName(text: string): boolean {
  return /^[\w.~\u0080-\uFFFF-]+$/.test(text);
}

/** Printable, without the `,` and `/` that combine tags in queries. */
export function isTag(text: string): boolean {
  return /^[^\u0000-\u001F\u007F,/]+$/.test(text);
}

/** Host of a service. */
export function checkHost(text: string): Reason {
  if (/^[^:]*:[0-9]+$/.test(text)) return 'a port does not belong into it';
  return checkBareHost(/^\[(.*)\]$/.exec(text)?.[1] ?? text);
}

/** A host that a port may follow. */
export function checkHostAndPort(text: string): Reason {
  const [, host = text, port] = /^(\[.*\]|[^:]*):([0-9]+)$/.exec(text) ?? [];
  return Number(port ?? 0) > 65535 ? 'there is no such port' : checkHost(host);
}

function checkBareHost(text: string): Reason {
  if (isKongIp(text)) return undefined;
  if (/^[0-9.]+$/.test(text)) return looksLikeIp;
  return isHostName(text) ? undefined : hostReason(text);
}

const looksLikeIp = 'it looks like an IPv4 address and is none';

/** Host that a route matches: a port may follow, and one `*` stand for the first or last labels. */
export function checkRouteHost(text: string): Reason {
  const stars = text.split('*').length - 1;
  if (stars > 1) return 'at most one * is allowed';
  if (stars === 1 && !text.startsWith('*.') && !text.endsWith('.*')) {
    return 'the * must be the first or the last label';
  }
  return checkHostAndPort(text.replace('*', 'any'));
}

/** Name in a TLS handshake. */
export function checkServerName(text: string): Reason {
  const reason = checkHost(text);
  if (reason === undefined && isIP(text.replace(/^\[(.*)\]$/, '$1')) > 0) {
    return 'an IP address is no server name';
  }
  return reason;
}

/** As `checkServerName`; one `*` may be its first or its last character. */
export function checkServerNames(text: string): Reason {
  const stars = text.split('*').length - 1;
  if (stars > 1) return 'at most one * is allowed';
  if (stars === 1 && !text.startsWith('*') && !text.endsWith('*')) {
    return 'the * must be its first or its last character';
  }
  return checkServerName(text.replace('*', 'any'));
}

export function checkUpstreamName(text: string): Reason {
  if (isIP(text) > 0) return 'an upstream cannot be named by an IP address';
  if (/:[0-9]+$/.test(text)) return 'a port does not belong into it';
  if (/^[0-9.]+$/.test(text)) return looksLikeIp;
  return isHostName(text) ? undefined : hostReason(text);
}

function hostReason(text: string): string {
  if (text === '') return 'it is empty';
  const odd = /[^\w.-]/.exec(text)?.[0];
  if (odd !== undefined) return `it holds ${odd === ' ' ? 'a blank' : odd}`;
  return text.replace(/\.$/, '').split('.').includes('')
    ? 'a label is empty'
    : 'a label ends in a dash';
}

/** Path of a service, of a health check or a cookie. */
export function checkPath(text: string): Reason {
  if (!text.startsWith('/')) return 'it does not begin with /';
  if (text.includes('//')) return 'it has an empty segment';
  return checkEscapes(text) ?? oddCharacter(text);
}

/** Path that a route matches, other than its regular expression. */
export function checkRoutePath(text: string): Reason {
  if (!/^~?\//.test(text)) return 'it begins neither with / nor with ~/';
  if (text.includes('//')) return 'it has an empty segment';
  if (text.startsWith('~')) return undefined;
  return checkEscapes(text) ?? checkNormal(text);
}

function checkEscapes(text: string): Reason {
  return /%(?![0-9A-Fa-f]{2})/.test(text) ? 'a % begins no escape' : undefined;
}

function oddCharacter(text: string): Reason {
  const odd = /[^\w\-.~!$&'()*+,;=:@/%]/.exec(text)?.[0];
  return odd === undefined ? undefined : `it holds ${odd === ' ' ? 'a blank' : odd} unescaped`;
}

/** Kong matches requests in a normal form, which a plain path must have itself. */
function checkNormal(text: string): Reason {
  if (/\/\.\.?(?:\/|$)/.test(text)) return 'it holds a . or .. segment';
  for (const [escape, hex = ''] of text.matchAll(/%([0-9A-Fa-f]{2})/g)) {
    const character = String.fromCharCode(Number.parseInt(hex, 16));
    if (!isReserved(character)) return `${escape} is to be written as the character itself`;
    if (hex !== hex.toUpperCase()) return `${escape} is to be written in capitals`;
  }
  return undefined;
}

/** Characters whose escape means something else than themselves (RFC 3986), and `%` itself. */
function isReserved(character: string): boolean {
  return ":/?#[]@!$&'()*+,;=%".includes(character);
}

/** Whether nothing in a plain path looks like a part of a regular expression. */
export function isPlainPath(text: string): boolean {
  return !/[?#[\]{}|\\^]/.test(text);
}

export function isHeaderName(text: string): boolean {
  return /^[\w-]+$/.test(text);
}

/** A token of HTTP: no separators, blanks or control characters. */
export function isCookieName(text: string): boolean {
  return /^[^\u0000-\u0020\u007F()<>@,;:\\"/?={}[\]]+$/.test(text);
}

/** Syntax that PCRE, Kong's engine, has and JavaScript has not: such expressions are not judged here. */
const onlyPcre = /\(\?[#>&P0-9+|RimsxJUX^-]|[*+?}]\+|\\[AzZhHKGQERXg]|\[\[:|\(\*/;

/** The expression behind the `~`. It is compiled only, never run. */
export function checkRegex(text: string): Reason {
  if (onlyPcre.test(text)) return undefined;
  try {
    new RegExp(text);
    return undefined;
  } catch (error) {
    const message = error instanceof Error ? error.message : '';
    return (message.split(': ').at(-1) ?? 'it is not well formed').toLowerCase();
  }
}

/** What the engine of Kong's default router lacks, in words; Kong refuses the route for it. */
export function needsPcre(text: string): Reason {
  const bare = text.replace(/\\[^1-9]/g, '');
  if (/\(\?<?[=!]/.test(bare)) return 'look-around';
  if (/\(\?>/.test(bare)) return 'an atomic group';
  return /\\[1-9]/.test(bare) ? 'a back-reference' : undefined;
}

export function isIpRange(text: string): boolean {
  const match = /^([^/]+)(?:\/([0-9]{1,3}))?$/.exec(text);
  const version = isIP(match?.[1] ?? '');
  return version > 0 && Number(match?.[2] ?? 0) <= (version === 4 ? 32 : 128);
}

/** PEM, or a value that Kong fetches from a vault itself. */
export function isPemOrReference(text: string): boolean {
  return text.includes('-----BEGIN ') || isVaultReference(text);
}

export function isVaultReference(text: string): boolean {
  return text.startsWith('{vault://') && text.endsWith('}');
}
