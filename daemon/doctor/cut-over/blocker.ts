/** What stands between a gateway on Kuma 2.x and 3.x, and the stages that lead from one to the other. */

/** In the order in which they are walked; each can be checked, stopped and resumed on its own. */
export const stageNames = [
  'identity',
  'outbounds',
  'permissions',
  'policies',
  'gateway',
  'control-plane',
  'leftovers',
] as const;

export type StageName = (typeof stageNames)[number];

export interface Blocker {
  /** Stable, kebab case: what scripts go by. */
  readonly code: string;
  readonly stage: StageName;
  /** Who mends it: `migrate --to 3` itself, or the operator. */
  readonly owner: 'kong-meshd' | 'operator';
  /**
   * `ends`: it is in use now and stops to work with 3.0. `step`: the way to 3.0 needs it. `note`: nobody can
   * see from here whether it is done.
   */
  readonly kind: 'ends' | 'step' | 'note';
  /** What it is about, without names: `permissions that name the gateway in from`. */
  readonly what: string;
  readonly names: readonly string[];
  /** The step that mends it while 2.x still runs. */
  readonly fix: string;
  /** Resources that are ready to be applied. */
  readonly apply?: readonly object[];
}

export type BlockerDetails = Omit<Blocker, 'code' | 'stage' | 'kind' | 'owner' | 'names'> &
  Partial<Pick<Blocker, 'owner' | 'kind'>>;

/** None where there is nothing to name. */
export function blocker(
  stage: StageName,
  code: string,
  names: readonly string[],
  details: BlockerDetails,
): readonly Blocker[] {
  if (names.length === 0) return [];
  return [{ stage, code, owner: 'operator', kind: 'step', ...details, names: [...new Set(names)] }];
}
