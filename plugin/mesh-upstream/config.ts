/**
 * What a user may configure. The fields are declared once, in Kong's schema language: Kong checks them
 * when a config is pushed, and `readConfig` goes by the same declaration.
 *
 *     plugins:
 *       - name: mesh-upstream
 *         config: { service: orders, port: "8080", fallback: "orders-v1:8080" }
 */
import type { AddressChoice } from '../../catalog/address';
import type { Reference } from '../../catalog/lookup';

export const defaultSnapshotPath = '/var/lib/kong-meshd/catalog.json';

export interface Config {
  readonly service: string;
  readonly port?: string;
  readonly address: AddressChoice;
  /** `mesh`, `preserve`, or a literal value. */
  readonly host_header: string;
  readonly on_missing: 'reject' | 'passthrough';
  /** `service` or `service:port`: in one line of kong.yml it reads better than a record. */
  readonly fallback?: string;
  readonly snapshot?: string;
}

interface FieldRules {
  readonly type: 'string';
  readonly required: boolean;
  readonly default?: string;
  readonly one_of?: readonly string[];
  /** A Lua pattern, of which only character classes and escapes are used. */
  readonly match?: string;
  readonly description: string;
}

/** One entry of Kong's schema language: the field's name and its rules. */
export type SchemaField = Readonly<Record<string, FieldRules>>;

/** Kong wants descriptions of 10 to 500 characters. */
export const Schema: readonly SchemaField[] = [
  {
    service: {
      type: 'string',
      required: true,
      match: '^[%w%.%-_]+$',
      description:
        'The mesh service: name, name.namespace, name.namespace.zone, a kuma.io/service tag, or a host name of it.',
    },
  },
  {
    port: {
      type: 'string',
      required: false,
      match: '^[%w%-]+$',
      description:
        'Port of the mesh service, by number (in quotes) or by name; may be left out where there is one.',
    },
  },
  {
    address: {
      type: 'string',
      required: false,
      default: 'auto',
      one_of: ['auto', 'outbound', 'service-ip', 'mesh'],
      description: 'Which form of address to send to; auto takes the best one for this gateway.',
    },
  },
  {
    host_header: {
      type: 'string',
      required: false,
      default: 'mesh',
      match: '^[%w%.%-_:%[%]]+$',
      description:
        'Host that the upstream sees: mesh (its mesh host name), preserve (what the client sent), or a literal value.',
    },
  },
  {
    on_missing: {
      type: 'string',
      required: false,
      default: 'reject',
      one_of: ['reject', 'passthrough'],
      description:
        'What to do without an address: reject with 503, or passthrough to the Kong service itself, past the mesh.',
    },
  },
  {
    fallback: {
      type: 'string',
      required: false,
      match: '^[%w%.%-_]+:?[%w%-]*$',
      description:
        'Another mesh service, as service or service:port, for when the first is missing or unavailable.',
    },
  },
  {
    snapshot: {
      type: 'string',
      required: false,
      description:
        'Path of the snapshot that kong-meshd writes; by default KONG_MESHD_SNAPSHOT of the plugin server.',
    },
  },
];

export type ReadConfig =
  { readonly ok: true; readonly config: Config } | { readonly ok: false; readonly cause: string };

/**
 * The config as Kong hands it over: with its defaults, null for what was left out, and fields of
 * Kong's own, which are ignored. Kong has checked it before; a server without Kong's checks has not.
 */
export function readConfig(raw: unknown): ReadConfig {
  if (typeof raw !== 'object' || raw === null) return { ok: false, cause: 'it is not a record' };
  const config: Record<string, string> = {};
  for (const [name, rules] of Schema.flatMap((field) => Object.entries(field))) {
    const value = (raw as Readonly<Record<string, unknown>>)[name] ?? rules.default;
    if (value === undefined && !rules.required) continue;
    const cause = problemOf(value, rules);
    if (cause !== undefined) return { ok: false, cause: `${name} ${cause}` };
    config[name] = value as string;
  }
  return { ok: true, config: config as unknown as Config };
}

function problemOf(value: unknown, { one_of: choices, match }: FieldRules): string | undefined {
  if (value === undefined) return 'is missing';
  if (typeof value !== 'string' || value === '') return 'is not a text';
  if (choices && !choices.includes(value)) return `is none of ${choices.join(', ')}`;
  if (match !== undefined && !luaPattern(match).test(value))
    return 'has characters it may not have';
  return undefined;
}

/** Classes and escapes of Lua as JavaScript writes them; `$` is the very end in both. */
function luaPattern(pattern: string): RegExp {
  return new RegExp(pattern.replace(/%w/g, 'A-Za-z0-9').replace(/%(\W)/g, '\\$1'));
}

/** `orders` or `orders:8080`, as in `fallback`; a trailing colon without a port counts as none. */
export function parseReference(text: string): Reference {
  const colon = text.indexOf(':');
  if (colon < 0) return { service: text };
  const port = text.slice(colon + 1);
  return { service: text.slice(0, colon), ...(port === '' ? {} : { port }) };
}

/** The reference of the service that the user linked. */
export function referenceOf(config: Pick<Config, 'service' | 'port'>): Reference {
  return { service: config.service, ...(config.port === undefined ? {} : { port: config.port }) };
}
