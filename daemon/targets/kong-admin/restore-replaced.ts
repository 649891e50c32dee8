/** The way back where something was deleted to make room and what should take its place did not come. */
import type { Entity, EntityReference } from '../../kong/model';
import type { Change } from '../../plan/change';
import { identityOf, type Identity } from '../../plan/dependants';
import { levelOf } from '../../plan/order';

type Delete = Extract<Change, { op: 'delete' }>;

/**
 * The creates that put back what was deleted first and has no successor, parents before children. One
 * whose parent was replaced belongs to the new parent then. A password is known as its hash only, and
 * Kong would hash that once more: such a credential comes with the next pass.
 */
export function restoreReplaced(
  changes: readonly Change[],
  { done, undone }: { readonly done: ReadonlySet<Change>; readonly undone: ReadonlySet<Change> },
): readonly Change[] {
  const removed = changes.filter((change): change is Delete => {
    return change.op === 'delete' && done.has(change);
  });
  if (removed.length === 0) return [];
  const made = new Map<string, Entity>();
  const lost = new Set<string>();
  for (const change of changes) {
    if (change.op !== 'create') continue;
    const marks = [identityOf(change.next), keyOf(change.next)];
    if (undone.has(change)) marks.forEach((mark) => lost.add(mark));
    else marks.forEach((mark) => made.set(mark, change.next));
  }
  const moved = new Map<Identity, string>();
  for (const { previous } of removed) {
    const successor = made.get(keyOf(previous));
    if (successor) moved.set(identityOf(previous), successor.id);
  }
  return removed
    .map(({ previous }) => previous)
    .filter((entity) => lost.has(identityOf(entity)) || lost.has(keyOf(entity)))
    .filter(({ type }) => type !== 'basicauth_credentials')
    .sort((a, b) => levelOf(a.type) - levelOf(b.type))
    .map((entity) => ({ op: 'create', next: { ...entity, references: follow(entity, moved) } }));
}

function follow(
  { references }: Entity,
  moved: ReadonlyMap<Identity, string>,
): Entity['references'] {
  return Object.fromEntries(
    Object.entries(references).map(([field, reference]): [string, EntityReference | undefined] => {
      const id = reference && moved.get(identityOf(reference));
      return [field, reference && id !== undefined ? { ...reference, id } : reference];
    }),
  );
}

function keyOf({ type, key }: Entity): string {
  return `key ${type}/${key}`;
}
