/** What may happen at Kong: the diff, and the one list of filters that it passes through. */
import { isDeepStrictEqual } from 'node:util';

import { hasErrors, type Failure } from '../../catalog/error';
import type { Entity, KongState } from '../kong/model';
import {
  ownedBy,
  recordApplied,
  type AppliedRecord,
  type OwnershipMarks,
} from '../plan/applied-entities';
import type { Change } from '../plan/change';
import { identityOf, type Identity } from '../plan/dependants';
import { diff } from '../plan/diff';
import { guardMassDeletion, type MassDeletionMemory } from '../plan/filters/mass-deletion';
import { keepGuards, withCanonicalIds } from '../plan/filters/missing-plugins';
import { keepNeverApplied } from '../plan/filters/never-applied';
import { keepDangling } from '../plan/filters/dangling-references';
import { filterByPolicy } from '../plan/filters/policy';
import { closeReassigned } from '../plan/filters/reassigned-services';
import { waitForFiles } from '../plan/filters/changing-files';
import { keepUnread } from '../plan/filters/unread-files';
import type { Hold } from '../plan/hold';
import { subjectOf } from '../plan/order';
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
  /** What was applied and what is held; read from the store by the first pass. */
  record?: AppliedRecord;
  massDeletion?: MassDeletionMemory;
  /** Where the services that Kong has led to when they last had a link: as `leadsOf`. */
  leads?: ReadonlyMap<string, string>;
}

export interface KongPlan extends FilterResult {
  readonly holds: readonly Hold[];
  /** Kong would refuse a part of it. */
  readonly refused: boolean;
  /** Nothing was held back or changed: the plan ends in the desired state. */
  readonly whole: boolean;
}

/** Plans what turns the current state into the desired one, as far as every filter lets it. */
export async function planKong(
  target: KongTarget,
  { current, desired }: KongStates,
  context: PassContext,
  decision: Decision,
  memory: PlanMemory,
  { confirmDeletes, dryRun }: PassRequest,
  signal: AbortSignal,
): Promise<KongPlan> {
  const { settings, clock } = context;
  const { applied } = await recordOf(context, memory);
  const owns = ownershipIn(current, settings.prune, {
    applied,
    selectTags: desired.selectTags,
    targetOwns: target.owns?.bind(target),
  });
  const full = diff(current, desired);
  const unread = withCanonicalIds(decision.missingPlugins, decision.translation.desired, desired);
  const unsupported = target.unsupported?.(desired) ?? [];
  const start = { ...letThrough(full), diagnostics: unsupported };
  const wanted = applyFilters(start, [
    filterByPolicy(settings.policy),
    keepDangling(desired.externals),
    keepUnread(decision.incomplete),
    keepGuards(current, unread),
  ]);
  // Kong is asked about what is left: names that others hold, plugins that it refuses, what cascades.
  const checked = await check(target, wanted, signal);
  let held: MassDeletionMemory | undefined;
  const result = applyFilters(checked, [
    // A plugin that is to move may be deleted at its old place.
    ...(settings.policy === 'upsert-only' ? [filterByPolicy(settings.policy)] : []),
    keepNeverApplied({ owns, confirmed: confirmDeletes }),
    (plan) => {
      const verdict = guardMassDeletion(
        plan,
        {
          owned: () => current.entities.filter(owns).length,
          desired: desired.entities.length,
          observedNothing: decision.catalog.services.length === 0,
          confirmed: confirmDeletes,
          nowMs: clock.now(),
          persistent: context.applied !== undefined,
          memory: memory.massDeletion,
        },
        settings.limits,
      );
      held = verdict.memory;
      return verdict;
    },
    // A dry run shows what will happen once the files are at rest.
    waitForFiles(dryRun ? 0 : decision.settlesInMs, decision.mayGrow),
    // Where nothing that exists may be touched, a service that leads astray is what was asked for.
    ...(settings.policy === 'create-only'
      ? []
      : [
          closeReassigned(current, desired, (kept) =>
            closeStrangers(kept, memory.leads ?? new Map(), decision.catalog, settings.rules),
          ),
        ]),
    // Last, as it waits for whatever was held back before.
    keepGuards(current, unread),
  ]);
  if (held) memory.massDeletion = held;
  else delete memory.massDeletion;
  return {
    ...result,
    holds: result.holds ?? [],
    refused: hasErrors([...unsupported, ...checked.failures]) || hasMissing(desired),
    whole: result.plan === full,
  };
}

/** Somebody else may add it to the gateway at any time, and no input of ours tells of it. */
function hasMissing({ externals = [] }: KongState): boolean {
  return externals.some(({ isMissing }) => isMissing);
}

/**
 * `prune: all` makes all of it ours that was read, but nothing that was only found below it. Nor does the
 * record: what it names and what is no longer read as ours was handed over to somebody else.
 */
function ownershipIn(
  { entities }: KongState,
  prune: PassContext['settings']['prune'],
  marks: OwnershipMarks,
): (entity: Entity) => boolean {
  const read = new Set(entities.map(identityOf));
  if (prune !== 'owned') return (entity) => read.has(identityOf(entity));
  return ownedBy({ ...marks, applied: new Set([...marks.applied].filter((id) => read.has(id))) });
}

/** The record as it is known, read once. What was held before a restart is held from now on. */
async function recordOf(
  { applied, clock }: PassContext,
  memory: PlanMemory,
): Promise<AppliedRecord> {
  if (memory.record) return memory.record;
  const record = (await applied?.read()) ?? { applied: new Set(), held: new Set() };
  memory.record = record;
  if (record.held.size > 0) {
    memory.massDeletion ??= { deletions: record.held, sinceMs: clock.now(), passes: 0 };
  }
  return record;
}

interface Noted {
  readonly desired: KongState;
  readonly held: KongState;
  readonly handedOver?: readonly Identity[] | undefined;
}

/** Keeps what the files name and Kong holds as ours, and what is held as held. */
export async function noteApplied(
  { applied }: PassContext,
  { desired, held, handedOver = [] }: Noted,
  memory: PlanMemory,
): Promise<void> {
  const { record } = memory;
  if (!record) return;
  const left = new Set(handedOver);
  const next = {
    applied: recordApplied(record.applied, desired, {
      ...held,
      entities: held.entities.filter((entity) => !left.has(identityOf(entity))),
    }),
    held: memory.massDeletion?.deletions ?? new Set<Identity>(),
  };
  if (next.applied === record.applied && isDeepStrictEqual(next.held, record.held)) return;
  memory.record = next;
  await applied?.write(next);
}

/** Names that somebody else has are known before anything is written, in a dry run too. */
async function check(
  target: KongTarget,
  { plan, held, diagnostics }: FilterResult,
  signal: AbortSignal,
): Promise<FilterResult & { readonly failures: readonly Failure[] }> {
  if (!target.check || plan.changes.length === 0) return { plan, held, diagnostics, failures: [] };
  const checked = await target.check(plan, signal);
  const left = new Set(checked.plan.changes.map(nameOf));
  // A plugin that moves in place is not held, although nothing deletes it any more.
  for (const change of checked.plan.changes) {
    if (change.op === 'update') left.add(nameOf({ op: 'delete', previous: change.previous }));
  }
  const { failures } = checked;
  return {
    plan: checked.plan,
    held: [...held, ...plan.changes.filter((change) => !left.has(nameOf(change)))],
    diagnostics: [...diagnostics, ...failures],
    failures,
  };
}

/** What a check may have made of a change still has its name: an update of what was to be created. */
function nameOf(change: Change): string {
  const { type, key } = subjectOf(change);
  return `${change.op === 'delete' ? 'delete' : 'upsert'} ${type}/${key}`;
}
