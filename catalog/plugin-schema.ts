/**
 * The fields of the plugin's config in Kong's schema language. They are declared once: Kong checks them
 * when a config is pushed, the plugin when it reads one, and the daemon before it pushes one.
 */
export interface FieldRules {
  readonly type: 'string' | 'integer' | 'array' | 'record';
  readonly required?: boolean;
  readonly default?: string;
  readonly one_of?: readonly string[];
  /** A Lua pattern, of which only character classes and escapes are used. */
  readonly match?: string;
  readonly between?: readonly [number, number];
  readonly len_min?: number;
  readonly elements?: FieldRules;
  readonly fields?: readonly SchemaField[];
  /** Kong wants 10 to 500 characters. */
  readonly description?: string;
}

/** One entry of Kong's schema language: the field's name and its rules. */
export type SchemaField = Readonly<Record<string, FieldRules>>;

/** A rule over several fields, as Kong writes it. */
export type EntityCheck =
  | { readonly only_one_of: readonly string[] }
  | { readonly mutually_exclusive: readonly string[] }
  | {
      readonly conditional: {
        readonly if_field: string;
        readonly if_match: { readonly eq: string };
        readonly then_field: string;
        readonly then_match: { readonly required: true };
      };
    };

const servicePattern = '^[%w%.%-_]+$';
export const portPattern = '^[%w%-]+$';

export const pluginFields: readonly SchemaField[] = [
  {
    service: {
      type: 'string',
      required: false,
      match: servicePattern,
      description:
        'The mesh service: name, name.namespace, name.namespace.zone, a kuma.io/service tag, or a host name of it. This or services.',
    },
  },
  {
    port: {
      type: 'string',
      required: false,
      match: portPattern,
      description:
        'Port of the mesh service, by number or by name; may be left out where there is one. Kong itself takes it as text: in a file for kong-meshd a number will do.',
    },
  },
  {
    services: {
      type: 'array',
      required: false,
      len_min: 1,
      elements: {
        type: 'record',
        fields: [
          {
            service: {
              type: 'string',
              required: true,
              match: servicePattern,
              description: 'One of the mesh services, named as in config.service.',
            },
          },
          {
            port: {
              type: 'string',
              required: false,
              match: portPattern,
              description: 'Its port, as in config.port.',
            },
          },
          {
            weight: {
              type: 'integer',
              required: true,
              between: [0, 65535],
              description: 'Its share of the requests, in proportion to the others; 0 gets none.',
            },
          },
        ],
      },
      description:
        'Several mesh services that share the requests by weight, instead of service. One that has no address or no healthy endpoint leaves its share to the others.',
    },
  },
  {
    hash_on: {
      type: 'string',
      required: false,
      default: 'none',
      one_of: ['none', 'header', 'cookie', 'ip', 'consumer'],
      description:
        'Sends equal requests to the same one of services: by a header, a cookie, the client IP or the consumer. A request without it goes by weight alone.',
    },
  },
  {
    hash_on_header: {
      type: 'string',
      required: false,
      match: '^[%w%-_]+$',
      description: 'Name of the header for hash_on: header.',
    },
  },
  {
    hash_on_cookie: {
      type: 'string',
      required: false,
      match: '^[%w%.%-_]+$',
      description: 'Name of the cookie for hash_on: cookie. The plugin reads it and never sets it.',
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
        'Another mesh service, as service or service:port, for when the first is missing or unavailable, or none of services can be used.',
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

/** Checks over several fields: Kong enforces them on the record of the config. */
export const pluginChecks: readonly EntityCheck[] = [
  { only_one_of: ['service', 'services'] },
  { mutually_exclusive: ['port', 'services'] },
  needsWhere('hash_on', 'header', 'hash_on_header'),
  needsWhere('hash_on', 'cookie', 'hash_on_cookie'),
];

function needsWhere(field: string, value: string, needed: string): EntityCheck {
  return {
    conditional: {
      if_field: field,
      if_match: { eq: value },
      then_field: needed,
      then_match: { required: true },
    },
  };
}
