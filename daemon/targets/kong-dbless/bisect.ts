/** The last resort where Kong refuses a document and does not say whom it means. */
import type { Entity, EntityReference, KongState } from '../../kong/model';
import { applyPlan } from '../../plan/apply-plan';
import type { Change } from '../../plan/change';
import { identityOf, type Identity } from '../../plan/dependants';
import { diff, planOf } from '../../plan/diff';
import { subjectOf } from '../../plan/order';
import { targetErrors } from '../errors';
import { checkState } from './check-state';
import { refused, type Findings } from './findings';
import { guardState } from './guard-state';
import { lastValidForms } from './live-forms';
import { leaveOut, refusedOf } from './leave-out';
import { maskReason } from './mask-reason';
import type { PushOptions, PushResult } from './push-options';
import { failuresOf } from './report-findings';

/**
 * Finds out by trial. Each trial is what the node holds plus a part of the changes, so that no trial
 * ever takes away what is served; deletions come last, once the rest is settled.
 * @param refusedBefore entities that Kong named before: `desired` is without them.
 * @throws MeshdError KONG_CONFIG_REFUSED where it is not the changes, or where all of them are refused.
 */
export async function bisect(
  desired: KongState,
  reason: string,
  refusedBefore: readonly Entity[],
  options: PushOptions,
): Promise<PushResult> {
  const { send } = options;
  const base = options.base();
  const { changes } = diff(base, desired);
  const firstUpsert = changes.findIndex(({ op }) => op !== 'delete');
  const clearing = changes.slice(0, Math.max(firstUpsert, 0));
  const upserts = changes.filter(({ op }) => op !== 'delete');
  const from = { ...desired, entities: base.entities };
  const givingUp = () => targetErrors.error('KONG_CONFIG_REFUSED', { reason });
  // Whether it is the changes at all: what the node holds must still be taken.
  if (upserts.length === 0 || (await send(from)).kind === 'refused') throw givingUp();
  let writes = 0;
  const units = unitsOf(upserts);

  const { settled, findings } = await settleByHalves(units, options.maxProbes, async (group) => {
    const tried = new Set(group.flat());
    const trial = applyPlan(from, planOf([...clearing, ...tried]));
    const consistent = leaveOut(trial, new Set(checkState(trial).keys()), new Map()).state;
    // What is not in this trial is missing in it.
    const others = upserts.filter((change) => !tried.has(change)).map(subjectOf);
    const answer = await send(guardState(base, consistent, [...refusedBefore, ...others]).state);
    if (answer.kind === 'taken' && answer.changed) writes++;
    return answer.kind === 'taken' ? undefined : maskReason(answer.reason, desired);
  });
  if (settled === 0 && units.length > 1) throw givingUp();

  const reduced = leaveOut(desired, new Set(findings.keys()), lastValidForms(options));
  const refused = [...refusedBefore, ...refusedOf(reduced)];
  const { state, failures } = guardState(base, reduced.state, refused);
  const answer = await send(state);
  if (answer.kind === 'refused') throw givingUp();
  if (answer.changed) writes++;
  return { state, failures: [...failuresOf(findings, reduced, desired), ...failures], writes };
}

/** Changes that are tried together or not at all. */
type Unit = readonly Change[];

/**
 * A new route and the plugins that are meant for it are one unit: not even a trial may serve the one
 * without the others. Every other change is a unit of its own.
 */
function unitsOf(upserts: readonly Change[]): readonly Unit[] {
  const subjects = upserts.map(subjectOf);
  const scopes = new Set(subjects.map(scopeOf).map((scope) => scope && identityOf(scope)));
  const homes = new Map<Identity, Identity>();
  for (const subject of subjects) {
    const { service } = subject.references;
    if (subject.type !== 'routes' || !service || !scopes.has(identityOf(service))) continue;
    homes.set(identityOf(subject), identityOf(service));
  }
  const units = new Map<Identity, Change[]>();
  for (const change of upserts) {
    const subject = subjectOf(change);
    const own = identityOf(scopeOf(subject) ?? subject);
    const home = homes.get(own) ?? own;
    const unit = units.get(home);
    if (unit) unit.push(change);
    else units.set(home, [change]);
  }
  return [...units.values()];
}

/** The route or service that a plugin is on; undefined for all others, and for other entities. */
function scopeOf({ type, references }: Entity): EntityReference | undefined {
  return type === 'plugins' ? (references['route'] ?? references['service']) : undefined;
}

/**
 * Adds units to those already taken, half by half, until each is taken or stands alone and refused.
 * The whole is known to be refused. Past `maxProbes` trials the rest counts as refused too.
 * @param refusalOf tries a set of units: the reason why it is refused, or undefined.
 */
async function settleByHalves(
  changes: readonly Unit[],
  maxProbes: number,
  refusalOf: (group: readonly Unit[]) => Promise<string | undefined>,
): Promise<{ settled: number; findings: Findings }> {
  const findings: Findings = new Map();
  const settled: Unit[] = [];
  const open: (readonly Unit[])[] = changes.length === 1 ? [changes] : halves(changes);
  let probes = 0;
  for (let group = open.pop(); group !== undefined; group = open.pop()) {
    const exhausted = ++probes > maxProbes;
    const reason = exhausted
      ? 'it was not told apart in time'
      : await refusalOf([...settled, ...group]);
    if (reason === undefined) settled.push(...group);
    else if (group.length > 1 && !exhausted) open.push(...halves(group));
    else {
      for (const change of group.flat()) {
        findings.set(identityOf(subjectOf(change)), refused(reason));
      }
    }
  }
  return { settled: settled.length, findings };
}

/** The first half last, as the end of the stack is taken first: parents come before children. */
function halves(group: readonly Unit[]): (readonly Unit[])[] {
  const middle = Math.ceil(group.length / 2);
  return [group.slice(middle), group.slice(0, middle)];
}
