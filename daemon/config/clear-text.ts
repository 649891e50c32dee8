/** Secrets that the configuration sends to another machine where anybody on the way can read them. */
import { isIPv4 } from 'node:net';

import type { Failure, Place } from '../../catalog/error';
import { configErrors } from './errors';
import type { Config } from './schema';

/** One address with what is sent there, and its place in the configuration. */
interface Destination {
  readonly url?: string | undefined;
  readonly path: readonly PropertyKey[];
  readonly tokenFile?: string | undefined;
  readonly headers?: Readonly<Record<string, string>> | undefined;
}

const secretHeader = /auth|token|key|secret|cookie|password/i;

/** A warning each: between containers of one host plain http is usual, and the daemon cannot tell. */
export function findSecretsInClear(
  { sources, kong }: Pick<Config, 'sources' | 'kong'>,
  placeOf: (path: readonly PropertyKey[]) => Place | undefined,
): readonly Failure[] {
  const target = kong?.target;
  const kinds = ['dbless', 'admin'] as const;
  const destinations: readonly Destination[] = [
    ...sources.flatMap(({ kuma, kubernetes }, index) => [
      ...(kuma ? [{ ...kuma, path: ['sources', index, 'kuma', 'url'] }] : []),
      ...(kubernetes ? [{ ...kubernetes, path: ['sources', index, 'kubernetes', 'url'] }] : []),
    ]),
    ...kinds.flatMap((kind) => {
      const connection = target?.[kind];
      return connection ? [{ ...connection, path: ['kong', 'target', kind, 'url'] }] : [];
    }),
  ];
  return destinations.flatMap((destination) => {
    const what = secretOf(destination);
    const { url, path } = destination;
    if (what === undefined || url === undefined || !isInClear(url)) return [];
    const details = { what, host: new URL(url).host };
    return [configErrors.failure('CONFIG_SECRET_IN_CLEAR', details, { place: placeOf(path) })];
  });
}

/** What of it is secret, in words. */
function secretOf({ url = '', tokenFile, headers = {} }: Destination): string | undefined {
  if (tokenFile !== undefined) return `The token of ${tokenFile}`;
  const header = Object.keys(headers).find((name) => secretHeader.test(name));
  if (header !== undefined) return `The header ${header}`;
  return URL.canParse(url) && new URL(url).password !== '' ? 'The password of the url' : undefined;
}

function isInClear(url: string): boolean {
  const { protocol, hostname } = new URL(url);
  return protocol === 'http:' && !isLoopback(hostname);
}

function isLoopback(hostname: string): boolean {
  const name = hostname.replace(/\.$/, '');
  if (name === 'localhost' || name.endsWith('.localhost') || name === '[::1]') return true;
  return isIPv4(name) && name.startsWith('127.');
}
