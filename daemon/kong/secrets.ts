/** What of an entity may be shown: nothing that is secret by its origin, its nature or its name. */
import { entityKinds } from './kinds';
import { isList, isObject, valueAt } from './merge-json';
import type { Entity, Json, JsonObject, Path } from './model';

export const masked = '[masked]';

/**
 * Names of settings that are secrets in whatever plugin or vault: Kong's schemas mark them as encrypted
 * or referenceable, but not those of plugins that are unknown here.
 */
const secretNames =
  /(?:^|[_-])(?:pass(?:word|wd|phrase)?|secrets?|tokens?|(?:api|private|access|secret|aws)[_-]?key|credentials?|service_account|authorization)(?:$|[_-])|^(?:set-)?cookie$/i;

/** Settings that merely sound secret: names of headers, switches and lifetimes. */
const harmlessNames =
  /(?:^hide_|^max_|^key_(?:names?|in_|claim)|_(?:name|names|header|headers|ttl|expiration|required|endpoint|url|type|algorithm|method)$)/i;

const pemPrivateKey = /-----BEGIN [A-Z ]*PRIVATE KEY-----/;

/** `user:password@` in a URL. */
const userinfo = /(:\/\/)[^/?#@\s]+@/g;

/** A whole URL from its colon to its fragment. */
const wholeUrl = /:\/\/[^\s#]+/g;

/** `?token=…` of a path: only what is named like a secret. */
const pathQueryValue = /([?&]([\w.~%-]+)=)([^\s&#]+)/g;

/** Names of query parameters that are secrets there, beside those of settings. */
const secretParameters = /^(?:key|sig|signature|code|auth|jwt|hmac|sas|session(?:id)?)$/i;

/** Maps of headers in the config of a plugin: Kong marks their values as referenceable. */
const headerMaps = /^(?:\w+_)?headers$/;

/** Plugins whose config is source code, and settings that hold some: people write secrets into it. */
const luaPlugins = new Set(['pre-function', 'post-function', 'exit-transformer']);
const luaSettings = /(?:^|_)by_lua$|^functions$/;

/** `Authorization:Basic …`, as transformers have headers in lists. */
const headerLine = /^\s*([\w-]+)\s*:/;

/** What came from the environment, and what Kong itself treats as a secret. */
export function secretPathsOf(entity: Pick<Entity, 'type' | 'secrets'>): readonly Path[] {
  return [...entity.secrets, ...entityKinds[entity.type].secrets];
}

/** The values at an entity's secret paths, as far as they are texts. */
export function secretValuesOf(entity: Entity): readonly string[] {
  return secretPathsOf(entity)
    .map((path) => valueAt(entity.fields, path))
    .filter((value): value is string => typeof value === 'string' && value !== '');
}

/** Whether the value at `path` of the entity's fields must not be shown. */
export function isSecretPath(entity: Pick<Entity, 'type' | 'secrets'>, path: Path): boolean {
  if (secretPathsOf(entity).some((secret) => isPrefix(secret, path))) return true;
  return path.some((step) => typeof step === 'string' && hasSecretName(step));
}

export interface MaskOptions {
  /**
   * Further secret paths: of an entity as a gateway holds it nobody knows which value came from the
   * environment, but of its counterpart in the user's file one does.
   */
  readonly also?: readonly Path[];
  /** Texts that are secrets wherever they stand. */
  readonly known?: KnownSecrets;
}

export interface KnownSecrets {
  /** As a whole value. */
  readonly values: ReadonlySet<string>;
  /** Also as a part of a value. */
  readonly parts: readonly string[];
}

const nothingKnown: KnownSecrets = { values: new Set(), parts: [] };

/**
 * The entity's fields with the mask in the place of each secret; keys never hold one. The same object
 * where nothing is secret.
 */
export function maskFields(entity: Entity, options: MaskOptions = {}): JsonObject {
  const { also = [], known = nothingKnown } = options;
  const paths = [...secretPathsOf(entity), ...also];
  const byPath = paths.reduce<JsonObject>((fields, path) => maskAt(fields, path), entity.fields);
  const byKind = entity.type === 'plugins' ? maskPluginConfig(byPath) : byPath;
  return maskNamed(byKind, known) as JsonObject;
}

function maskPluginConfig(fields: JsonObject): JsonObject {
  const { name, config } = fields;
  if (config === undefined || !isObject(config)) return fields;
  const isLua = typeof name === 'string' && luaPlugins.has(name);
  const shown = isLua ? maskLists(config) : maskSettings(config);
  return shown === config ? fields : { ...fields, config: shown };
}

/** Phases hold lists of source texts; what is no list is a setting. */
function maskLists(config: JsonObject): JsonObject {
  const entries = Object.entries(config).map(([phase, value]) => {
    return [phase, isList(value) ? maskWhole(value) : value] as const;
  });
  return Object.fromEntries(entries);
}

function maskSettings(value: JsonObject): JsonObject {
  const shown = Object.entries(value).map(([key, item]): [string, Json] => {
    const isHidden = luaSettings.test(key) || (headerMaps.test(key) && isObject(item));
    return [key, isHidden ? maskWhole(item) : isObject(item) ? maskSettings(item) : item];
  });
  return shown.every(([key, item]) => item === value[key]) ? value : Object.fromEntries(shown);
}

function maskAt<T extends Json>(value: T, path: Path): T {
  const [step, ...rest] = path;
  if (step === undefined) return masked as T;
  if (isList(value) && typeof step === 'number' && step in value) {
    return value.map((item, index) => (index === step ? maskAt(item, rest) : item)) as Json as T;
  }
  if (!isObject(value) || !Object.hasOwn(value, step)) return value;
  const inner = value[step];
  if (inner === undefined || inner === null) return value;
  return { ...(value as JsonObject), [step]: maskAt(inner, rest) } as Json as T;
}

function maskNamed(value: Json, known: KnownSecrets): Json {
  if (typeof value === 'string') return maskText(value, known);
  if (isList(value)) {
    const shown = value.map((item) => maskNamed(item, known));
    return shown.every((item, index) => item === value[index]) ? value : shown;
  }
  if (!isObject(value)) return value;
  let changed = false;
  const shown: [string, Json][] = [];
  for (const [key, item] of Object.entries(value)) {
    const next = hasSecretName(key) ? maskWhole(item) : maskNamed(item, known);
    changed ||= next !== item;
    shown.push([key, next]);
  }
  return changed ? Object.fromEntries(shown) : value;
}

function maskText(text: string, { values, parts }: KnownSecrets): string {
  const header = headerLine.exec(text)?.[1];
  const secret =
    values.has(text) ||
    parts.some((part) => text.includes(part)) ||
    pemPrivateKey.test(text) ||
    (header !== undefined && hasSecretName(header));
  return secret ? masked : maskUrl(text);
}

/** What stands in an address beside the address: `user:password@`, and `?token=…`. */
function maskUrl(text: string): string {
  return text
    .replace(userinfo, `$1${masked}@`)
    .replace(wholeUrl, maskQuery)
    .replace(pathQueryValue, (whole, start: string, name: string) =>
      hasSecretName(name) || secretParameters.test(name) ? `${start}${masked}` : whole,
    );
}

/** All values: in the query of a URL a token may have any name, or none. */
function maskQuery(url: string): string {
  const at = url.indexOf('?') + 1;
  if (at === 0) return url;
  const values = url
    .slice(at)
    .split('&')
    .map((part) => {
      const name = part.slice(0, part.indexOf('=') + 1);
      return part.length > name.length ? `${name}${masked}` : part;
    });
  return url.slice(0, at) + values.join('&');
}

/** The shape stays, so that a diff still says which part changed. */
function maskWhole(value: Json): Json {
  if (value === null || value === '' || typeof value === 'boolean') return value;
  if (isList(value)) return value.map(maskWhole);
  if (!isObject(value)) return masked;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, maskWhole(item)]));
}

function hasSecretName(key: string): boolean {
  return secretNames.test(key) && !harmlessNames.test(key);
}

function isPrefix(prefix: Path, path: Path): boolean {
  return prefix.every((step, index) => path[index] === step);
}
