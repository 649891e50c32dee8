/** Which entities of a target kong-meshd has applied. Pure: the record comes in and goes out as a value. */
import type { Entity, KongState } from '../kong/model';
import { identityOf, type Identity } from './dependants';
import { carriesTags } from './filters/policy';

/** What has to outlive a pass and a restart so that a deletion can be judged. */
export interface AppliedRecord {
  /** Entities of the target that the files named when they were applied. */
  readonly applied: ReadonlySet<Identity>;
  /** Deletions of such entities that are held. */
  readonly held: ReadonlySet<Identity>;
}

export interface OwnershipMarks {
  readonly applied: ReadonlySet<Identity>;
  /** decK's `select_tags`; with none of them no tag says whose an entity is. */
  readonly selectTags: readonly string[];
  /** What the target itself knows of marks: tags of an owner before. */
  readonly targetOwns?: ((entity: Entity) => boolean) | undefined;
}

/**
 * Tells what may be deleted: what is on record, what carries all select tags, and what carries the
 * owner tag, which only kong-meshd writes.
 */
export function ownedBy(marks: OwnershipMarks): (entity: Entity) => boolean {
  const { applied, selectTags, targetOwns } = marks;
  const selected = selectTags.length > 0 ? carriesTags(selectTags) : undefined;
  return (entity) =>
    entity.owner === 'mesh' ||
    applied.has(identityOf(entity)) ||
    selected?.(entity) === true ||
    targetOwns?.(entity) === true;
}

/**
 * The record after a pass: what the files name and the target holds, and what was on record and is
 * still there.
 * @returns the same set where nothing changes.
 */
export function recordApplied(
  before: ReadonlySet<Identity>,
  desired: KongState,
  held: KongState,
): ReadonlySet<Identity> {
  const wanted = new Set(desired.entities.map(identityOf));
  const after = new Set(
    held.entities.map(identityOf).filter((id) => wanted.has(id) || before.has(id)),
  );
  const same = after.size === before.size && [...after].every((id) => before.has(id));
  return same ? before : after;
}
