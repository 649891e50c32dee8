/** An entity as output may show it: nothing that is secret by its origin or by its nature. */
import { entityKinds } from '../kong/kinds';
import type { Entity, Json, JsonObject, Path } from '../kong/model';

export const masked = '[masked]';

/** Names under which plugins keep what nobody may read, at any depth of their `config`. */
const secretNames =
  /^(.*[_-])?(password|secret|token|api[_-]?key|private_key|access_key|secret_key|client_secret|passphrase|credentials?_json|service_account_json|authorization|cookie)$/i;

/** `user:password@` in a URL. */
const userinfo = /(:\/\/)[^/?#@\s]+@/g;

/** Texts that are secrets wherever they stand. */
export interface KnownSecrets {
  /** As a whole value. */
  readonly values: ReadonlySet<string>;
  /** Also as a part of a value. */
  readonly parts: readonly string[];
}

const nothingKnown: KnownSecrets = { values: new Set(), parts: [] };

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

/**
 * `id`, fields and references in the shape of Kong's Admin API, secrets replaced.
 * @param also further secret paths: of an entity as a gateway holds it nobody knows which value came
 *   from the environment, but of its counterpart in the user's file one does.
 */
export function maskEntity(
  entity: Entity,
  also: readonly Path[] = [],
  known: KnownSecrets = nothingKnown,
): JsonObject {
  const paths = [...secretPathsOf(entity), ...also];
  const references = Object.entries(entity.references).flatMap(([name, reference]) =>
    reference ? [[name, { id: reference.id }] as const] : [],
  );
  return {
    id: entity.id,
    ...maskFields(entity.fields, paths, known, entity.type === 'plugins'),
    ...Object.fromEntries(references),
  };
}

function maskFields(
  fields: JsonObject,
  paths: readonly Path[],
  known: KnownSecrets,
  byName: boolean,
): JsonObject {
  const secret = new Set(paths.map((path) => path.join('\0')));
  const visit = (value: Json, path: Path): Json => {
    if (value === null) return value;
    const last = path.at(-1);
    if (secret.has(path.join('\0'))) return masked;
    if (typeof value === 'string' && isKnown(value, known)) return masked;
    if (byName && typeof last === 'string' && typeof value === 'string' && secretNames.test(last)) {
      return value === '' ? value : masked;
    }
    if (typeof value === 'string') return value.replace(userinfo, `$1${masked}@`);
    if (isList(value)) return value.map((item, index) => visit(item, [...path, index]));
    if (typeof value !== 'object') return value;
    return Object.fromEntries(
      Object.entries(value).map(([name, item]) => [name, visit(item, [...path, name])]),
    );
  };
  return visit(fields, []) as JsonObject;
}

function isKnown(value: string, { values, parts }: KnownSecrets): boolean {
  return values.has(value) || parts.some((part) => value.includes(part));
}

export function valueAt(value: Json, path: Path): Json | undefined {
  let at: Json | undefined = value;
  for (const step of path) {
    if (typeof at !== 'object' || at === null) return undefined;
    at = (at as Readonly<Record<string | number, Json>>)[step];
  }
  return at;
}

function isList(value: Json): value is readonly Json[] {
  return Array.isArray(value);
}
