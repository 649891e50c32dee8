/** `url:` of a service, Kong's sugar for protocol, host, port and path. */
import type { JsonObject } from './model';

export interface ServiceUrl {
  readonly protocol: string;
  readonly host: string;
  readonly port?: number;
  readonly path?: string;
}

export type SplitUrl =
  | { readonly ok: true; readonly fields: ServiceUrl }
  | { readonly ok: false; readonly reason: string };

/** The fields that `url` stands for. */
export const urlFields = ['protocol', 'host', 'port', 'path'] as const;

const pattern =
  /^([a-z][a-z0-9_+.-]*):\/\/(\[[0-9a-fA-F:.]+\]|[^\s:/?#@[\]]+)(?::([0-9]{1,5}))?(\/[^\s?#]*)?$/i;

const defaultPorts: Readonly<Record<string, number>> = { http: 80, https: 443 };

/** As Kong splits it: the port of http and https is known, others keep the service's default. */
export function splitServiceUrl(url: string): SplitUrl {
  const match = pattern.exec(url);
  if (!match) return { ok: false, reason: reasonFor(url) };
  const protocol = (match[1] ?? '').toLowerCase();
  const port = match[3] === undefined ? defaultPorts[protocol] : Number(match[3]);
  return {
    ok: true,
    fields: {
      protocol,
      host: match[2] ?? '',
      ...(port === undefined ? {} : { port }),
      ...(match[4] === undefined ? {} : { path: match[4] }),
    },
  };
}

/** The shortest url that splits into exactly these fields; `undefined` where none does. */
export function joinServiceUrl(fields: JsonObject): string | undefined {
  const { protocol, host, port, path } = fields;
  if (typeof protocol !== 'string' || typeof host !== 'string') return undefined;
  const shown = typeof port === 'number' && port !== defaultPorts[protocol] ? `:${port}` : '';
  const url = `${protocol}://${host}${shown}${typeof path === 'string' ? path : ''}`;
  const split = splitServiceUrl(url);
  if (!split.ok) return undefined;
  const back: Readonly<Record<string, unknown>> = { ...split.fields };
  return urlFields.every((field) => (back[field] ?? null) === (fields[field] ?? null))
    ? url
    : undefined;
}

function reasonFor(url: string): string {
  if (!url.includes('://')) return 'it has no protocol://';
  if (/[?#]/.test(url)) return 'it has a query or a fragment, which a service cannot hold';
  if (url.includes('@')) return 'it has a user name, which a service cannot hold';
  return 'it is not protocol://host:port/path';
}
