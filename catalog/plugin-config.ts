/**
 * What a user may configure of the plugin, checked by the same declaration as in Kong.
 *
 *     plugins:
 *       - name: mesh-upstream
 *         config: { service: orders, port: "8080", fallback: "orders-v1:8080" }
 */
import type { AddressChoice } from './address';
import type { Reference } from './lookup';
import {
  pluginChecks,
  pluginFields,
  portPattern,
  type FieldRules,
  type SchemaField,
} from './plugin-schema';

export interface PluginConfig {
  /** This or `services`. */
  readonly service?: string;
  readonly port?: string;
  readonly services?: readonly ServiceShare[];
  readonly hash_on: 'none' | 'header' | 'cookie' | 'ip' | 'consumer';
  readonly hash_on_header?: string;
  readonly hash_on_cookie?: string;
  readonly address: AddressChoice;
  /** `mesh`, `preserve`, or a literal value. */
  readonly host_header: string;
  readonly on_missing: 'reject' | 'passthrough';
  /** `service` or `service:port`: in one line of kong.yml it reads better than a record. */
  readonly fallback?: string;
  readonly snapshot?: string;
}

export interface ServiceShare {
  readonly service: string;
  readonly port?: string;
  readonly weight: number;
}

export type ReadConfig =
  | { readonly ok: true; readonly config: PluginConfig }
  | { readonly ok: false; readonly cause: string };

/**
 * The config as Kong hands it over: with its defaults, null for what was left out, and fields of
 * Kong's own, which are ignored. Kong has checked it before; a server without Kong's checks has not.
 */
export function readConfig(raw: unknown): ReadConfig {
  const read = readRecord(raw, pluginFields, '');
  if ('cause' in read) return { ok: false, cause: read.cause };
  const cause = checkTogether(read.value);
  if (cause !== undefined) return { ok: false, cause };
  return { ok: true, config: read.value as unknown as PluginConfig };
}

/** All names that a config may have. */
export const pluginFieldNames = pluginFields.flatMap((field) => Object.keys(field));

/** Names that one of `services` may have. */
export const shareFieldNames = ['service', 'port', 'weight'];

/** `orders` or `orders:8080`, as in `fallback`; a trailing colon without a port counts as none. */
export function parsePluginReference(text: string): Reference {
  const colon = text.indexOf(':');
  if (colon < 0) return { service: text };
  const port = text.slice(colon + 1);
  return { service: text.slice(0, colon), ...(port === '' ? {} : { port }) };
}

/** The services that share the requests: one with the whole, where the config names one. */
export function sharesOf({
  service,
  port,
  services,
}: Pick<PluginConfig, 'service' | 'port' | 'services'>): readonly {
  readonly reference: Reference;
  readonly weight: number;
}[] {
  const shares = services ?? [{ service: service ?? '', port, weight: 1 }];
  return shares.map((share) => ({
    reference: {
      service: share.service,
      ...(share.port === undefined ? {} : { port: share.port }),
    },
    weight: share.weight,
  }));
}

type Read<T> = { readonly value: T } | { readonly cause: string };

function readRecord(
  raw: unknown,
  fields: readonly SchemaField[],
  prefix: string,
): Read<Record<string, unknown>> {
  if (typeof raw !== 'object' || raw === null || Array.isArray(raw)) {
    return { cause: `${prefix.slice(0, -1) || 'it'} is not a record` };
  }
  const record: Record<string, unknown> = {};
  for (const [name, rules] of fields.flatMap((field) => Object.entries(field))) {
    const value = (raw as Readonly<Record<string, unknown>>)[name] ?? rules.default;
    if (value === undefined && rules.required !== true) continue;
    const read = readValue(value, rules, `${prefix}${name}`);
    if ('cause' in read) return read;
    record[name] = read.value;
  }
  return { value: record };
}

function readValue(value: unknown, rules: FieldRules, name: string): Read<unknown> {
  if (value === undefined) return { cause: `${name} is missing` };
  switch (rules.type) {
    case 'record':
      return readRecord(value, rules.fields ?? [], `${name}.`);
    case 'array':
      return readArray(value, rules, name);
    case 'integer': {
      const [low, high] = rules.between ?? [Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER];
      const within = Number.isInteger(value) && Number(value) >= low && Number(value) <= high;
      return within ? { value } : { cause: `${name} is no whole number from ${low} to ${high}` };
    }
    case 'string': {
      const problem = problemOf(value, rules);
      return problem === undefined ? { value } : { cause: `${name} ${problem}` };
    }
  }
}

function readArray(value: unknown, rules: FieldRules, name: string): Read<unknown> {
  if (!Array.isArray(value)) return { cause: `${name} is not a list` };
  if (value.length < (rules.len_min ?? 0)) return { cause: `${name} is empty` };
  const items: unknown[] = [];
  for (const [position, item] of (value as readonly unknown[]).entries()) {
    const read = readValue(item, rules.elements ?? { type: 'string' }, `${name}[${position + 1}]`);
    if ('cause' in read) return read;
    items.push(read.value);
  }
  return { value: items };
}

function problemOf(value: unknown, { one_of: choices, match }: FieldRules): string | undefined {
  if (typeof value !== 'string') {
    return match === portPattern
      ? 'must be a port from 1 to 65535, or the name of one'
      : 'must be text (in quotes)';
  }
  if (value === '') return 'must name something';
  if (choices && !choices.includes(value)) return `must be ${choices.join(' or ')}`;
  if (match !== undefined && !luaPattern(match).test(value)) {
    return 'holds characters that it must not';
  }
  return undefined;
}

/** Classes and escapes of Lua as JavaScript writes them; `$` is the very end in both. */
function luaPattern(pattern: string): RegExp {
  return new RegExp(pattern.replace(/%w/g, 'A-Za-z0-9').replace(/%(\W)/g, '\\$1'));
}

function checkTogether(config: Readonly<Record<string, unknown>>): string | undefined {
  const setOf = (names: readonly string[]): readonly string[] =>
    names.filter((name) => config[name] !== undefined);
  for (const check of pluginChecks) {
    if ('conditional' in check) {
      const { if_field: field, if_match: match, then_field: needed } = check.conditional;
      if (config[field] !== match.eq || config[needed] !== undefined) continue;
      return `${needed} is missing, which ${field}: ${match.eq} needs`;
    }
    const names = 'only_one_of' in check ? check.only_one_of : check.mutually_exclusive;
    const set = setOf(names);
    if (set.length > 1) return `${set.join(' and ')} exclude each other`;
    if (set.length === 0 && 'only_one_of' in check)
      return `${names.join(' must name a mesh service, or ')} several`;
  }
  return undefined;
}
