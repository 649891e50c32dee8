import type { EntityType } from '../entities/entity-types';
import { unresolvedForeignKey } from '../entities/error-bodies';
import { isRecord } from '../entities/fill-defaults';
import type { EntityDraft } from '../entities/fill-defaults';
import type { AdminContext } from './admin-context';
import { refuse } from './reply';

/**
 * Brings references to `{id}` in place: `{name: "orders"}` is looked up, other fields beside an id are
 * dropped. Whether an id exists is not looked at.
 *
 * @throws Refusal 400 for a name of nothing.
 */
export function resolveReferences(
  context: AdminContext,
  type: EntityType,
  draft: EntityDraft,
): void {
  for (const { field, type: referenced } of type.foreigns) {
    const reference = draft[field];
    if (!isRecord(reference)) continue;
    if (typeof reference.id === 'string') {
      draft[field] = { id: reference.id.toLowerCase() };
      continue;
    }
    const [name, value] = Object.entries(reference).find(([, entry]) => entry !== null) ?? [];
    if (name === undefined) continue;
    const found = context.store.of(referenced).findBy(name, String(value));
    if (!found) throw refuse(400, unresolvedForeignKey(field, { [name]: value }, referenced));
    draft[field] = { id: found.id };
  }
}
