import { isIPv4, isIPv6 } from 'node:net';

export interface TargetAddress {
  readonly host: string;
  readonly port: number;
}

/** The port of a target that names none (seen: Kong 3.9). */
const defaultPort = 8000;

/** Reads `host`, `host:port`, `[v6]` or `[v6]:port`; nothing where Kong would refuse it. */
export function parseTarget(text: string): TargetAddress | undefined {
  const bracketed = /^\[([^\]]+)\](?::(\d{1,5}))?$/.exec(text);
  if (bracketed) return makeV6(bracketed[1] ?? '', bracketed[2]);
  if (isIPv6(text)) return makeV6(text, undefined);
  const match = /^([^:\s]+)(?::(\d{1,5}))?$/.exec(text);
  const host = match?.[1];
  if (host === undefined) return undefined;
  const port = readPort(match?.[2]);
  if (port === undefined) return undefined;
  const numeric = /^[\d.]+$/.test(host);
  if (numeric ? !isIPv4(host) : !/^[\w.-]+$/.test(host) || /(^[.-])|(\.\.)|(-\.)|(-$)/.test(host)) {
    return undefined;
  }
  return { host, port };
}

/** The form Kong stores: port always there without leading zeros, IPv6 written out in full. */
export function normaliseTarget(text: string): string {
  const address = parseTarget(text);
  return address ? `${address.host}:${address.port}` : text;
}

function makeV6(host: string, port: string | undefined): TargetAddress | undefined {
  const number = readPort(port);
  if (!isIPv6(host) || number === undefined) return undefined;
  return { host: `[${expandV6(host)}]`, port: number };
}

function expandV6(host: string): string {
  const [head = '', tail] = host.toLowerCase().split('::');
  const left = head === '' ? [] : head.split(':');
  const right = tail === undefined || tail === '' ? [] : tail.split(':');
  const gap = tail === undefined ? 0 : 8 - left.length - right.length;
  return [...left, ...Array<string>(gap).fill('0'), ...right]
    .map((group) => group.padStart(4, '0'))
    .join(':');
}

function readPort(text: string | undefined): number | undefined {
  if (text === undefined) return defaultPort;
  const port = Number(text);
  return port <= 65535 ? port : undefined;
}
