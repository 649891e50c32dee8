/** Deletions that wait: until they are confirmed, or until the input changes back. */
import { createHash } from 'node:crypto';

import { entityLabel, type Entity } from '../kong/model';
import type { Change } from './change';
import { identityOf } from './dependants';

/**
 * - `never-applied`: kong-meshd did not make them, so only the user can give them up.
 * - `nothing-observed`, `nothing-desired`: an input is empty.
 * - `share`: too many at once.
 * - `changing-files`: the files that no longer name them changed a moment ago.
 */
export type HoldReason =
  'never-applied' | 'nothing-observed' | 'nothing-desired' | 'share' | 'changing-files';

export interface Hold {
  readonly reason: HoldReason;
  /** Equal as long as the same deletions wait for the same reason: a hold is reported by it once. */
  readonly id: string;
  readonly count: number;
}

export function holdOf(reason: HoldReason, entities: readonly Entity[]): Hold {
  const identities = entities.map(identityOf).sort().join('\n');
  const id = createHash('sha256').update(`${reason}\n${identities}`).digest('hex').slice(0, 16);
  return { reason, id, count: entities.length };
}

/** The entities that a list of changes would delete. */
export function deletedBy(changes: readonly Change[]): readonly Entity[] {
  return changes.flatMap((change) => (change.op === 'delete' ? [change.previous] : []));
}

/** `service a, route b, route c and 4 more`. */
export function nameSome(entities: readonly Entity[]): string {
  const named = entities.slice(0, 3).map(entityLabel).join(', ');
  return entities.length > 3 ? `${named} and ${entities.length - 3} more` : named;
}
