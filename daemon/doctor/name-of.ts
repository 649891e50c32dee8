import type { Entity } from '../kong/model';

/** What users call an entity: its name, else its key. */
export function nameOf(entity: Pick<Entity, 'fields' | 'key'>): string {
  const { name } = entity.fields;
  return typeof name === 'string' ? name : entity.key;
}

/** `a, b, c and 7 more`. */
export function listed(names: readonly string[], limit = 5): string {
  const shown = names.slice(0, limit).join(', ');
  return names.length <= limit ? shown : `${shown} and ${names.length - limit} more`;
}
