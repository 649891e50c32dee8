/** What a change of a gateway's identity goes through: by its tag until 2.14, by its workload from then on. */

/** `done`, `due`: ours to do. `blocked`: the user's to do first. `check`: nobody can see it from here. */
export type StageStatus = 'done' | 'due' | 'blocked' | 'check';

export interface RenameStage {
  readonly stage: 'permission' | 'token' | 'tag' | 'label' | 'certificate' | 'connections';
  readonly status: StageStatus;
  /** What was found, in one sentence. */
  readonly what: string;
  /** What to do, where something is to be done. */
  readonly remedy?: string;
}

export interface RenamePlan {
  readonly dataplane: string;
  /** What is changed. */
  readonly key: 'kuma.io/service' | 'kuma.io/workload';
  readonly from: string | undefined;
  readonly to: string;
  readonly stages: readonly RenameStage[];
  /** Nothing is blocked: it may be changed now. */
  readonly ready: boolean;
}

export function planOf(
  what: Pick<RenamePlan, 'dataplane' | 'key' | 'from' | 'to'>,
  stages: readonly RenameStage[],
): RenamePlan {
  return { ...what, stages, ready: stages.every(({ status }) => status !== 'blocked') };
}
