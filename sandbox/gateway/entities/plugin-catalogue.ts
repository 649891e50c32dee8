import { observedPlugins } from './credential-schemas';
import { getEntityType, pluginRules } from './entity-types';
import { recordedPluginSchemas } from './recorded-schemas';
import { compileSchema } from './schema';
import type { EntityCheck, NamedField, RecordSchema, SchemaDocument } from './schema';

/** A plugin Kong would learn of from a plugin server: its name and the fields of its dumped schema. */
export interface ExtraPluginSchema {
  readonly name: string;
  /** Either the whole list with `config` in it, or the fields of `config` alone. */
  readonly fields: readonly NamedField[];
  readonly entity_checks?: readonly EntityCheck[];
  readonly priority?: number;
  readonly version?: string;
}

export interface PluginSchema {
  readonly name: string;
  /** What `/schemas/plugins/<name>` prints. */
  readonly document: SchemaDocument;
  /** The plugin entity's fields with this plugin's own. */
  readonly schema: RecordSchema;
  readonly priority: number;
  readonly version: string;
}

/** The plugins a node knows. */
export interface PluginCatalogue {
  readonly names: readonly string[];
  get(name: string): PluginSchema | undefined;
}

/** In the schema of every plugin of Kong for HTTP. */
const protocols: NamedField = {
  protocols: {
    type: 'set',
    required: true,
    default: ['grpc', 'grpcs', 'http', 'https'],
    elements: { type: 'string', one_of: ['grpc', 'grpcs', 'http', 'https'] },
  },
};

/** Priorities as Kong's own `GET /` lists them. */
const priorities: Readonly<Record<string, number>> = {
  'bot-detection': 2500,
  'correlation-id': 100001,
  cors: 2000,
  jwt: 1450,
  'key-auth': 1250,
  'basic-auth': 1100,
  acl: 950,
  'rate-limiting': 910,
  'request-transformer': 801,
  'response-transformer': 800,
  'proxy-cache': 100,
  opentelemetry: 14,
  prometheus: 13,
  'http-log': 12,
  'request-termination': 2,
  'pre-function': 1_000_000,
};

/**
 * The plugins with a recorded or observed schema, and the extra ones.
 *
 * @param database the node has one: `rate-limiting` then knows a further policy (seen).
 */
export function makePluginCatalogue(
  extras: readonly ExtraPluginSchema[] = [],
  database = false,
): PluginCatalogue {
  const documents = new Map<string, SchemaDocument>();
  for (const [name, document] of Object.entries(recordedPluginSchemas)) {
    documents.set(name, database ? withDatabasePolicies(name, document) : document);
  }
  for (const [name, fields] of Object.entries(observedPlugins)) {
    documents.set(name, { entity_checks: [], fields: [protocols, ...fields] });
  }
  for (const extra of extras) documents.set(extra.name, makeExtraDocument(extra));
  const compiled = new Map<string, PluginSchema>();
  return {
    names: [...documents.keys()],
    get(name) {
      const document = documents.get(name);
      if (!document) return undefined;
      let plugin = compiled.get(name);
      if (!plugin) {
        const extra = extras.find((entry) => entry.name === name);
        plugin = {
          name,
          document,
          schema: compilePlugin(document),
          priority: extra?.priority ?? priorities[name] ?? 1000,
          version: extra?.version ?? '3.9.1',
        };
        compiled.set(name, plugin);
      }
      return plugin;
    },
  };
}

function compilePlugin(document: SchemaDocument): RecordSchema {
  const own = Object.assign({}, ...document.fields) as NamedField;
  const fields = getEntityType('plugins').document.fields.map((named) => {
    const [name] = Object.keys(named);
    const override = name === undefined ? undefined : own[name];
    return name === undefined || !override ? named : { [name]: override };
  });
  return compileSchema(fields, document.entity_checks, pluginRules);
}

function makeExtraDocument(extra: ExtraPluginSchema): SchemaDocument {
  const whole = extra.fields.some((named) => 'config' in named);
  return {
    entity_checks: extra.entity_checks ?? [],
    fields: whole
      ? extra.fields.map(requireConfig)
      : [{ config: { type: 'record', required: true, fields: extra.fields } }],
  };
}

/** So that an entity without `config` has its defaults, also where the dumped schema leaves `required` out. */
function requireConfig(named: NamedField): NamedField {
  return named.config ? { config: { ...named.config, required: true } } : named;
}

function withDatabasePolicies(name: string, document: SchemaDocument): SchemaDocument {
  if (name !== 'rate-limiting') return document;
  const text = JSON.stringify(document);
  return JSON.parse(
    text.replace('"one_of":["local","redis"]', '"one_of":["local","cluster","redis"]'),
  ) as SchemaDocument;
}
