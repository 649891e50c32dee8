/**
 * The deletion guard: nothing is deleted on doubt. Pure: time and what was held back before come in as
 * values and go out as values.
 */
import { entityLabel } from '../../kong/model';
import type { Change, Plan } from '../change';
import { identityOf } from '../dependants';
import { planErrors } from '../errors';
import { filterPlan, letThrough, type FilterResult } from '../plan-filter';

export interface GuardLimits {
  /** The share of what is ours that may go in one pass, 0 to 1. Default 0.5. */
  readonly share?: number;
  /** So many deletions are never held back for their share, small gateways being small. Default 5. */
  readonly count?: number;
  /** Held back for so many passes in a row, a deletion is believed. Default 10; 0: only by word. */
  readonly passes?: number;
  /** … and for so long, in ms. Both must have passed. Default 300,000. */
  readonly ageMs?: number;
}

export interface GuardInput {
  /** How many entities of the target are ours now: what the share is counted against. */
  readonly owned: number;
  /** Whether the sources saw no mesh service at all. */
  readonly observedNothing: boolean;
  /** Whether the desired state has no entity at all. */
  readonly desiresNothing: boolean;
  /** The user said so: `--confirm-deletes`. */
  readonly confirmed: boolean;
  readonly nowMs: number;
  /** What the verdict before this one gave out; absent at first and after a pass without doubt. */
  readonly memory?: GuardMemory | undefined;
}

/** What has been held back, since when, and how often. */
export interface GuardMemory {
  readonly deletions: ReadonlySet<string>;
  readonly sinceMs: number;
  readonly passes: number;
}

export interface GuardResult extends FilterResult {
  /** What the next verdict has to know; absent where nothing is in doubt. */
  readonly memory?: GuardMemory;
}

const defaults: Required<GuardLimits> = { share: 0.5, count: 5, passes: 10, ageMs: 300_000 };

/**
 * Lets a plan through, or holds its deletions back and says why. Doubtful is
 *
 *     observation   desired     deletions                      held back
 *     ------------  ----------  -----------------------------  ---------
 *     any           any         none                           no
 *     empty         any         at least one                   yes
 *     any           empty       at least one                   yes
 *     not empty     not empty   more than `count` and `share`  yes
 *     not empty     not empty   fewer                          no
 *
 * unless it is confirmed, or has been the same doubt for `passes` passes and `ageMs`. Deletions that
 * were not held back before start the waiting anew; fewer of them do not.
 */
export function guardDeletions(
  plan: Plan,
  input: GuardInput,
  limits: GuardLimits = {},
): GuardResult {
  const { share, count, passes, ageMs } = { ...defaults, ...limits };
  const deletions = plan.changes.filter((change) => change.op === 'delete');
  const lost = lossOf(plan, deletions);
  const doubt = doubtOf(input, lost.length, share, count);
  if (doubt === undefined || input.confirmed) return letThrough(plan);
  const memory = remember(input, lost);
  const persists = passes > 0 && memory.passes > passes && input.nowMs - memory.sinceMs >= ageMs;
  if (persists) return letThrough(plan);
  const details = { count: lost.length, owned: input.owned, doubt, examples: examples(lost) };
  return {
    ...filterPlan(plan, (change) => change.op !== 'delete'),
    memory,
    diagnostics: [planErrors.failure('DELETIONS_HELD_BACK', details)],
  };
}

/** Deletions that nothing replaces: an entity that comes back under its id or name is not lost. */
function lossOf(plan: Plan, deletions: readonly Extract<Change, { op: 'delete' }>[]) {
  const coming = new Set<string>();
  for (const change of plan.changes) {
    if (change.op !== 'delete') coming.add(identityOf(change.next)).add(entityLabel(change.next));
  }
  return deletions
    .map(({ previous }) => previous)
    .filter((entity) => !coming.has(identityOf(entity)) && !coming.has(entityLabel(entity)));
}

function doubtOf(
  input: GuardInput,
  losing: number,
  share: number,
  count: number,
): string | undefined {
  if (losing === 0) return undefined;
  if (input.observedNothing) return 'the sources saw no mesh service at all';
  if (input.desiresNothing) return 'the desired configuration is empty';
  if (losing <= count || losing <= share * input.owned) return undefined;
  return `more than ${Math.round(share * 100)} % of what is ours would go`;
}

function remember(input: GuardInput, lost: ReturnType<typeof lossOf>): GuardMemory {
  const deletions = new Set(lost.map(identityOf));
  const before = input.memory;
  const same = before && [...deletions].every((deletion) => before.deletions.has(deletion));
  return same
    ? { ...before, passes: before.passes + 1 }
    : { deletions, sinceMs: input.nowMs, passes: 1 };
}

function examples(lost: ReturnType<typeof lossOf>): string {
  const named = lost.slice(0, 3).map(entityLabel).join(', ');
  return lost.length > 3 ? `${named} and ${lost.length - 3} more` : named;
}
