/** Kong's rules for names, tags, hosts, paths and regular expressions, in patterns that run in linear time. */
import { isIP } from 'node:net';
import { isHostName } from './target-address';

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
  const bare = /^\[(.*)\]$/.exec(text)?.[1] ?? text;
  if (isIP(bare) > 0) return undefined;
  if (/^[^:]*:[0-9]+$/.test(text)) return 'a port does not belong into it';
  if (/^[0-9.]+$/.test(text)) return 'it looks like an IPv4 address and is none';
  return isHostName(text) ? undefined : hostReason(text);
}

/** Host that a route matches: a port may follow, and one `*` stand for the first or last labels. */
export function checkRouteHost(text: string): Reason {
  const host = text.replace(/:[0-9]{1,5}$/, '');
  const stars = host.split('*').length - 1;
  if (stars > 1) return 'at most one * is allowed';
  if (stars === 1 && !host.startsWith('*.') && !host.endsWith('.*')) {
    return 'the * must be the first or the last label';
  }
  return checkHost(host.replace(/^\*\./, '').replace(/\.\*$/, ''));
}

export function checkUpstreamName(text: string): Reason {
  if (isIP(text) > 0) return 'an upstream cannot be named by an IP address';
  if (/:[0-9]+$/.test(text)) return 'a port does not belong into it';
  return isHostName(text) ? undefined : hostReason(text);
}

function hostReason(text: string): string {
  if (text === '') return 'it is empty';
  const odd = /[^\w.-]/.exec(text)?.[0];
  if (odd !== undefined) return `it holds ${odd === ' ' ? 'a blank' : odd}`;
  return text.split('.').includes('') ? 'a label is empty' : 'a label ends in a dash';
}

/** Path of a service, of a health check or a cookie. */
export function checkPath(text: string): Reason {
  if (!text.startsWith('/')) return 'it does not begin with /';
  return text.includes('//') ? 'it has an empty segment' : undefined;
}

/** Path that a route matches, other than its regular expression. */
export function checkRoutePath(text: string): Reason {
  if (!/^~?\//.test(text)) return 'it begins neither with / nor with ~/';
  return text.includes('//') ? 'it has an empty segment' : undefined;
}

/** Whether every character of a plain path may stand in the path of a request. */
export function isPlainPath(text: string): boolean {
  return /^(?:[\w\-.~!$&'()*+,;=:@/]|%[0-9A-Fa-f]{2})*$/.test(text);
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
