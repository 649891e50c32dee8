/** What of an entity may be shown: never a value that is secret or came from the environment. */
import type { Entity, Json } from '../kong/model';
import { ownName } from '../plan/console-name';
import { masked, secretPathsOf } from '../plan/mask-entity';

/** The entity's name; where the name itself is a secret, its id. */
export function safeName(entity: Entity): string {
  const name = ownName(entity);
  const secret = secretPathsOf(entity).some(
    (path) => path.length === 1 && entity.fields[path[0] as string] === name,
  );
  return secret ? entity.id : name;
}

/** One field as text, lists joined by spaces; masked where any of it is secret. */
export function readText(entity: Entity, field: string): string | undefined {
  const value: Json | undefined = entity.fields[field];
  if (value === undefined || value === null) return undefined;
  if (secretPathsOf(entity).some(([first]) => first === field)) return masked;
  if (typeof value === 'string') return value;
  if (Array.isArray(value)) return value.filter((item) => typeof item === 'string').join(' ');
  return undefined;
}
