/** What may happen at Kong: the diff, and the one list of filters that it passes through. */
import { hasErrors, type Failure } from '../../catalog/error';
import type { KongState } from '../kong/model';
import { diff } from '../plan/diff';
import { guardDeletions, type GuardMemory } from '../plan/filters/deletion-guard';
import { waitForPlugins } from '../plan/filters/missing-plugins';
import { filterByPolicy } from '../plan/filters/policy';
import { closeReassigned } from '../plan/filters/reassigned-services';
import { keepUnread } from '../plan/filters/unread-files';
import { applyFilters, letThrough, type FilterResult } from '../plan/plan-filter';
import type { KongTarget } from '../targets/target';
import { closeStrangers } from '../translate/kept-services';
import type { PassContext, PassRequest } from './context';
import type { Decision } from './decide';

/** Both in canonical form. */
export interface KongStates {
  readonly current: KongState;
  readonly desired: KongState;
}

export interface PlanMemory {
  guard?: GuardMemory;
  /** Where the services that Kong has led to when they last had a link: as `leadsOf`. */
  leads?: ReadonlyMap<string, string>;
}

export interface KongPlan extends FilterResult {
  /** Deletions wait for a confirmation. */
  readonly inDoubt: boolean;
  /** Kong would refuse a part of it. */
  readonly refused: boolean;
  /** Nothing was held back or changed: the plan ends in the desired state. */
  readonly whole: boolean;
}

/** Plans what turns the current state into the desired one, as far as every filter lets it. */
export async function planKong(
  target: KongTarget,
  { current, desired }: KongStates,
  { settings, clock }: PassContext,
  decision: Decision,
  memory: PlanMemory,
  { confirmDeletes }: PassRequest,
  signal: AbortSignal,
): Promise<KongPlan> {
  const full = diff(current, desired);
  const wanted = applyFilters(letThrough(full), [
    filterByPolicy(settings.policy),
    keepUnread(decision.incomplete),
    waitForPlugins(decision.unguarded),
  ]);
  // Kong is asked about what is left: names that others hold, plugins that it refuses.
  const checked = await check(target, wanted, signal);
  const { share, atLeast: count, confirmAfterMs: ageMs } = settings.limits;
  const doubt = {
    owned: current.entities.length,
    observedNothing: decision.catalog.services.length === 0,
    desiresNothing: desired.entities.length === 0,
    confirmed: confirmDeletes,
    nowMs: clock.now(),
    memory: memory.guard,
  };
  let guarded: GuardMemory | undefined;
  const result = applyFilters(checked, [
    (plan) => {
      const verdict = guardDeletions(plan, doubt, { share, count, ageMs });
      guarded = verdict.memory;
      return verdict;
    },
    // Where nothing that exists may be touched, a service that leads astray is what was asked for.
    ...(settings.policy === 'create-only'
      ? []
      : [
          closeReassigned(current, desired, (kept) =>
            closeStrangers(kept, memory.leads ?? new Map(), decision.catalog, settings.rules),
          ),
        ]),
  ]);
  if (guarded) memory.guard = guarded;
  else delete memory.guard;
  return {
    ...result,
    inDoubt: guarded !== undefined,
    refused: hasErrors(checked.failures),
    whole: result.plan === full,
  };
}

/** Names that somebody else has are known before anything is written, in a dry run too. */
async function check(
  target: KongTarget,
  { plan, held, diagnostics }: FilterResult,
  signal: AbortSignal,
): Promise<FilterResult & { readonly failures: readonly Failure[] }> {
  if (!target.check || plan.changes.length === 0) return { plan, held, diagnostics, failures: [] };
  const checked = await target.check(plan, signal);
  const left = new Set(checked.plan.changes);
  const { failures } = checked;
  return {
    plan: checked.plan,
    held: [...held, ...plan.changes.filter((change) => !left.has(change))],
    diagnostics: [...diagnostics, ...failures],
    failures,
  };
}
