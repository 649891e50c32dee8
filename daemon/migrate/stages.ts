/**
 * How far a gateway is on its way from Kuma 2.x to 3.x. Nothing is remembered: each stage is read from what
 * the mesh holds, so that it can be stopped anywhere and resumed by anyone. Pure.
 */
import type { Failure } from '../../catalog/error';
import type { Facts } from '../doctor/facts';
import { blockersOf } from '../doctor/cut-over/blockers';
import { stageNames, type Blocker, type StageName } from '../doctor/cut-over/blocker';
import { createView } from '../doctor/view';

/** `due`: migrate does it. `blocked`: the operator's to do. */
export type StageStatus = 'done' | 'due' | 'blocked';

export interface StageReport {
  readonly stage: StageName;
  readonly status: StageStatus;
  readonly blockers: readonly Blocker[];
}

export interface CutOver {
  readonly mesh: string;
  /** Of the control plane; absent where it did not answer. */
  readonly version?: string;
  readonly stages: readonly StageReport[];
  /** The first that is not done. */
  readonly next?: StageName;
  /** Nothing but the upgrade itself is left before 3.0 may come. */
  readonly ready: boolean;
  /** What did not answer: nothing is called ready without it. */
  readonly unasked?: readonly Failure[];
}

/** What follows the upgrade, or is the upgrade: it does not stand in its way. */
const afterUpgrade = new Set(['upgrade']);

export function cutOverOf(facts: Facts): CutOver {
  const blockers = blockersOf(createView(facts));
  const stages = stageNames.map((stage): StageReport => {
    const own = blockers.filter((one) => one.stage === stage);
    const open = own.filter(({ kind }) => kind !== 'note');
    const isOurs = open.every(({ owner }) => owner === 'kong-meshd');
    return {
      stage,
      status: open.length === 0 ? 'done' : isOurs ? 'due' : 'blocked',
      blockers: own,
    };
  });
  const next = stages.find(({ status }) => status !== 'done')?.stage;
  const { mesh, gateways } = facts;
  const unasked = facts.unasked.flatMap(({ part, severity, failure }): Failure[] =>
    severity === 'info' ? [] : [{ ...failure, severity, entity: part }],
  );
  return {
    mesh: facts.settings.mesh,
    ...(mesh ? { version: mesh.version } : {}),
    stages,
    ...(next === undefined ? {} : { next }),
    ...(unasked.length > 0 ? { unasked } : {}),
    ready:
      unasked.length === 0 &&
      mesh !== undefined &&
      (gateways ?? []).length > 0 &&
      stages.every(isOutOfTheWay),
  };
}

function isOutOfTheWay({ stage, blockers }: StageReport): boolean {
  if (stage === 'leftovers') return true;
  return blockers.every(({ kind, code }) => kind === 'note' || afterUpgrade.has(code));
}
