/**
 * Deletions of what kong-meshd applied, held while the input is in doubt. Pure: time and what was held
 * before come in as values and go out as values.
 */
import { entityLabel, type Entity } from '../../kong/model';
import type { Plan } from '../change';
import { identityOf, type Identity } from '../dependants';
import { planErrors } from '../errors';
import { deletedBy, holdOf, nameSome, type HoldReason } from '../hold';
import { doubtLoss, type LossLimits } from '../loss';
import {
  filterPlan,
  letThrough,
  waitingFor,
  type FilterResult,
  type Filtered,
} from '../plan-filter';

export interface MassDeletionLimits extends LossLimits {
  /** Deletions that are wanted for this long are made, in ms. */
  readonly confirmAfterMs: number;
}

export interface MassDeletionInput {
  /** How many entities of the target are ours now: what the share is counted against. */
  readonly owned: () => number;
  /** How many entities are desired. */
  readonly desired: number;
  /** Whether the sources saw no mesh service at all. */
  readonly observedNothing: boolean;
  /** The user said so: `--confirm-deletes`. */
  readonly confirmed: boolean;
  readonly nowMs: number;
  /** Whether `memory` outlives the process. */
  readonly persistent: boolean;
  /** What the verdict before this one gave out. */
  readonly memory?: MassDeletionMemory | undefined;
}

/** What is held, since when it could have been released by time, and how often it was since. */
export interface MassDeletionMemory {
  readonly deletions: ReadonlySet<Identity>;
  readonly sinceMs: number;
  readonly passes: number;
}

export interface MassDeletionResult extends FilterResult {
  /** Absent where nothing is held. */
  readonly memory?: MassDeletionMemory;
}

type Reason = Exclude<HoldReason, 'never-applied' | 'changing-files'>;

/** Time alone proves nothing: the deletions must have been wanted in this many passes in a row. */
const minPasses = 10;

/**
 * Lets a plan through, or holds its deletions and says why.
 *
 *     observation   desired     lost                           held             released by time
 *     ------------  ----------  -----------------------------  ---------------  ----------------
 *     any           any         none                           no
 *     empty         any         at least one                   all              no
 *     any           empty       at least one                   all              no
 *     not empty     not empty   more than `atLeast` and share  all              yes
 *     not empty     not empty   fewer                          what was before  yes
 *
 * What is held stays held until it is confirmed, is wanted for long enough or is not wanted any more:
 * entities that are created meanwhile change the share, and that is no reason. Where the hold would not
 * survive a restart, such creations wait too. More deletions than before start the waiting anew.
 */
export function guardMassDeletion(
  plan: Plan,
  input: MassDeletionInput,
  limits: MassDeletionLimits,
): MassDeletionResult {
  const lost = lossOf(plan);
  if (lost.length === 0 || input.confirmed) return letThrough(plan);
  const owned = input.owned();
  const reason = reasonOf(input, { lost: lost.length, owned }, limits);
  const waiting = lost.filter((entity) => input.memory?.deletions.has(identityOf(entity)));
  const held = reason ? lost : waiting;
  if (held.length === 0) return letThrough(plan);
  const timed = reason === undefined || reason === 'share';
  const memory = remember(input, held, timed);
  const lasted = input.nowMs - memory.sinceMs >= limits.confirmAfterMs;
  if (timed && lasted && memory.passes > minPasses) return letThrough(plan);
  const kept = hold(plan, memory.deletions, timed && !input.persistent);
  const details = {
    count: held.length,
    owned,
    doubt: doubts[reason ?? 'share'],
    examples: nameSome(held),
    release: releaseOf(timed, limits),
  };
  return {
    ...kept,
    memory,
    holds: [holdOf(reason ?? 'share', held)],
    diagnostics: [planErrors.failure('DELETIONS_HELD_BACK', details), ...waitingFor(kept.held)],
  };
}

/** Deletions that nothing replaces: an entity that comes back under its id or name is not lost. */
function lossOf(plan: Plan): readonly Entity[] {
  const deleted = deletedBy(plan.changes);
  if (deleted.length === 0) return [];
  const coming = new Set<string>();
  for (const change of plan.changes) {
    if (change.op !== 'delete') coming.add(identityOf(change.next)).add(entityLabel(change.next));
  }
  return deleted.filter(
    (entity) => !coming.has(identityOf(entity)) && !coming.has(entityLabel(entity)),
  );
}

function reasonOf(
  { observedNothing, desired }: MassDeletionInput,
  { lost, owned }: { readonly lost: number; readonly owned: number },
  limits: LossLimits,
): Reason | undefined {
  if (observedNothing) return 'nothing-observed';
  const doubt = doubtLoss({ lost, before: owned, left: desired }, limits);
  return doubt === 'all' ? 'nothing-desired' : doubt;
}

const doubts: Readonly<Record<Reason, string>> = {
  'nothing-observed': 'the sources show no mesh service at all',
  'nothing-desired': 'the desired configuration is empty',
  share: 'too many of them would go at once',
};

function remember(
  { memory, nowMs }: MassDeletionInput,
  held: readonly Entity[],
  timed: boolean,
): MassDeletionMemory {
  const deletions = new Set(held.map(identityOf));
  const same = memory && [...deletions].every((deletion) => memory.deletions.has(deletion));
  if (!same || !timed) return { deletions, sinceMs: nowMs, passes: timed ? 1 : 0 };
  return { deletions, sinceMs: memory.sinceMs, passes: memory.passes + 1 };
}

function hold(plan: Plan, held: ReadonlySet<Identity>, creationsToo: boolean): Filtered {
  return filterPlan(plan, (change) => {
    if (change.op === 'delete') return !held.has(identityOf(change.previous));
    return change.op === 'update' || !creationsToo;
  });
}

function releaseOf(timed: boolean, { confirmAfterMs }: MassDeletionLimits): string {
  if (!timed) return 'No timeout releases them.';
  return `They are deleted when they are still wanted after ${Math.round(confirmAfterMs / 1000)} s.`;
}
