/** Entities for output: the same, with every secret masked. */
import { entityKinds } from './kinds';
import { isList, isObject } from './merge-json';
import type { Entity, Json, JsonObject, Path } from './model';

export const mask = '[masked]';

/**
 * Names of plugin settings that are secrets whatever the plugin. Kong's schemas mark them as encrypted
 * or referenceable, but not for plugins that are unknown here.
 */
const secretNames =
  /(?:^|[_-])(?:pass(?:word|wd|phrase)?|secret|secrets|token|tokens|api_?key|private_?key|credential|credentials|authorization)(?:$|[_-])/i;

/** Settings that merely sound secret: names of headers, switches and lifetimes. */
const harmlessNames =
  /(?:^hide_|^key_(?:names?|in_|claim)|_(?:name|names|header|headers|ttl|expiration|required|endpoint|url|type|algorithm|method)$)/i;

const pemPrivateKey = /-----BEGIN [A-Z ]*PRIVATE KEY-----/;

/** `fields` come back with the mask in the place of each secret; keys never hold one. */
export function maskEntity(entity: Entity): Entity {
  const fields = maskFields(entity);
  return fields === entity.fields ? entity : { ...entity, fields };
}

/** Whether the value at `path` of the entity's fields must not be shown. */
export function isSecretPath(entity: Pick<Entity, 'type' | 'secrets'>, path: Path): boolean {
  const known = [...entity.secrets, ...entityKinds[entity.type].secrets];
  if (known.some((secret) => isPrefix(secret, path))) return true;
  return path.some((step) => typeof step === 'string' && hasSecretName(step));
}

function maskFields(entity: Entity): JsonObject {
  const known = [...entity.secrets, ...entityKinds[entity.type].secrets];
  const byPath = known.reduce<JsonObject>((fields, path) => maskAt(fields, path), entity.fields);
  return maskNamed(byPath) as JsonObject;
}

function maskAt<T extends Json>(value: T, path: Path): T {
  const [step, ...rest] = path;
  if (step === undefined) return mask as T;
  if (isList(value) && typeof step === 'number' && step in value) {
    return value.map((item, index) => (index === step ? maskAt(item, rest) : item)) as Json as T;
  }
  if (!isObject(value) || !Object.hasOwn(value, step)) return value;
  const inner = value[step];
  if (inner === undefined || inner === null) return value;
  return { ...(value as JsonObject), [step]: maskAt(inner, rest) } as Json as T;
}

/** Same value where nothing is secret, so that equal entities stay identical. */
function maskNamed(value: Json): Json {
  if (typeof value === 'string') return pemPrivateKey.test(value) ? mask : value;
  if (isList(value)) {
    const masked = value.map(maskNamed);
    return masked.every((item, index) => item === value[index]) ? value : masked;
  }
  if (!isObject(value)) return value;
  let changed = false;
  const masked: Record<string, Json> = {};
  for (const [key, item] of Object.entries(value)) {
    const next = hasSecretName(key) ? maskWhole(item) : maskNamed(item);
    changed ||= next !== item;
    masked[key] = next;
  }
  return changed ? masked : value;
}

/** The shape stays, so that a diff still says which part changed. */
function maskWhole(value: Json): Json {
  if (value === null || value === '' || typeof value === 'boolean') return value;
  if (isList(value)) return value.map(maskWhole);
  if (!isObject(value)) return mask;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, maskWhole(item)]));
}

function hasSecretName(key: string): boolean {
  return secretNames.test(key) && !harmlessNames.test(key);
}

function isPrefix(prefix: Path, path: Path): boolean {
  return prefix.every((step, index) => path[index] === step);
}
