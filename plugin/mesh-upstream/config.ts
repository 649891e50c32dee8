/**
 * What a user may configure, twice: as the fields Kong checks when the config is pushed, and as the
 * schema this side reads what Kong sends. A test keeps the two equal.
 *
 *     plugins:
 *       - name: mesh-upstream
 *         config: { service: orders, port: "8080", fallback: "orders-v1:8080" }
 */
import { z } from 'zod';

import type { Reference } from '../../catalog/lookup';

export const defaultSnapshotPath = '/var/lib/kong-meshd/catalog.json';

const addressChoices = ['auto', 'outbound', 'service-ip', 'mesh'] as const;
const missingChoices = ['reject', 'passthrough'] as const;

/** Lua patterns, which Kong matches, beside the same rule as a regular expression. */
const referencePattern = { lua: '^[%w%.%-_]+$', regexp: /^[\w.-]+$/ };
const referenceWithPortPattern = {
  lua: '^[%w%.%-_]+:?[%w%-]*$',
  regexp: /^[\w.-]+:?[A-Za-z\d-]*$/,
};
const portPattern = { lua: '^[%w%-]+$', regexp: /^[A-Za-z\d-]+$/ };
const hostHeaderPattern = { lua: '^[%w%.%-_:%[%]]+$', regexp: /^[\w.\-:[\]]+$/ };

// Kong sends a field that the user left out as absent or as null.
const optional = <T extends z.ZodType>(schema: T) =>
  schema.nullish().transform((v) => v ?? undefined);

/** Kong adds fields of its own (`__plugin_id`, `route_id` and others), hence not strict. */
export const Config = z.object({
  service: z.string().regex(referencePattern.regexp),
  port: optional(z.string().regex(portPattern.regexp)),
  address: z
    .enum(addressChoices)
    .nullish()
    .transform((v) => v ?? 'auto'),
  host_header: z
    .string()
    .regex(hostHeaderPattern.regexp)
    .nullish()
    .transform((v) => v ?? 'mesh'),
  on_missing: z
    .enum(missingChoices)
    .nullish()
    .transform((v) => v ?? 'reject'),
  fallback: optional(z.string().regex(referenceWithPortPattern.regexp)),
  snapshot: optional(z.string().min(1)),
});
export type Config = z.infer<typeof Config>;

/** One entry of Kong's schema language: the field's name and its rules. */
export type SchemaField = Readonly<Record<string, Readonly<Record<string, unknown>>>>;

/** Kong wants descriptions of 10 to 500 characters. */
export const Schema: readonly SchemaField[] = [
  {
    service: {
      type: 'string',
      required: true,
      match: referencePattern.lua,
      description:
        'The mesh service: name, name.namespace, name.namespace.zone, a kuma.io/service tag, or a host name of it.',
    },
  },
  {
    port: {
      type: 'string',
      required: false,
      match: portPattern.lua,
      description:
        'Port of the mesh service, by number (in quotes) or by name; may be left out where there is one.',
    },
  },
  {
    address: {
      type: 'string',
      required: false,
      default: 'auto',
      one_of: [...addressChoices],
      description: 'Which form of address to send to; auto takes the best one for this gateway.',
    },
  },
  {
    host_header: {
      type: 'string',
      required: false,
      default: 'mesh',
      match: hostHeaderPattern.lua,
      description:
        'Host that the upstream sees: mesh (its mesh host name), preserve (what the client sent), or a literal value.',
    },
  },
  {
    on_missing: {
      type: 'string',
      required: false,
      default: 'reject',
      one_of: [...missingChoices],
      description:
        'What to do without an address: reject with 503, or passthrough to the Kong service itself, past the mesh.',
    },
  },
  {
    fallback: {
      type: 'string',
      required: false,
      match: referenceWithPortPattern.lua,
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
