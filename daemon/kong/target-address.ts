/** Addresses of upstream targets as Kong normalises them (seen on 3.9.1). */
import { isIPv4, isIPv6 } from 'node:net';

/** The port that a target without one gets. */
const defaultPort = 8000;

/** Letters, digits, `_`, `-` and dots; no label empty or ending in a dash. A dot may end it, as in DNS. */
export function isHostName(text: string): boolean {
  const labels = text.replace(/\.$/, '').split('.');
  return labels.every((label) => /^[\w-]+$/.test(label) && !label.endsWith('-'));
}

/** As Kong reads them: without a zone, and without an IPv4 address at the end. */
export function isKongIp(text: string): boolean {
  return isIPv4(text) || (isIPv6(text) && !/[%.]/.test(text));
}

/**
 * `host:port` in Kong's own form: a missing port becomes 8000, leading zeros of the port go, IPv6 is
 * written out in full inside brackets. `undefined` where Kong would refuse the address.
 */
export function normaliseTarget(address: string): string | undefined {
  const bracketed = /^\[([0-9a-fA-F:]+)\](?::([0-9]+))?$/.exec(address);
  if (bracketed) return withPort(ipv6(bracketed[1] ?? ''), bracketed[2]);
  if (isIPv6(address)) return withPort(ipv6(address), undefined);
  const match = /^([^:[\]\s]+)(?::([0-9]+))?$/.exec(address);
  if (!match) return undefined;
  const host = match[1] ?? '';
  const valid = /^[0-9.]+$/.test(host) ? isIPv4(host) : isHostName(host);
  return withPort(valid ? host : undefined, match[2]);
}

/** Host and port of a target; IPv6 without its brackets. */
export function splitTarget(
  target: string,
): { readonly host: string; readonly port: number } | undefined {
  const [, host, port] = /^\[?(.+?)\]?:(\d+)$/.exec(normaliseTarget(target) ?? '') ?? [];
  return host === undefined ? undefined : { host, port: Number(port) };
}

function withPort(host: string | undefined, port: string | undefined): string | undefined {
  if (host === undefined) return undefined;
  const number = port === undefined ? defaultPort : Number(port);
  return number <= 65535 ? `${host}:${number}` : undefined;
}

function ipv6(text: string): string | undefined {
  if (!isKongIp(text)) return undefined;
  const groups = text.toLowerCase().split('::');
  const head = (groups[0] ?? '').split(':').filter((group) => group !== '');
  const tail = (groups[1] ?? '').split(':').filter((group) => group !== '');
  const zeros = new Array<string>(groups.length > 1 ? 8 - head.length - tail.length : 0).fill('0');
  const all = [...head, ...zeros, ...tail].map((group) => group.padStart(4, '0'));
  return `[${all.join(':')}]`;
}
