/** What a step of the walk can be. */
import type { Random } from '../../faults/random';
import type { Walk } from '../walk';

export interface Operation {
  readonly name: string;
  /** How often it is drawn, beside the others. */
  readonly weight: number;
  /** Does it, and says what was done; undefined where there was nothing that it could be done to. */
  run(walk: Walk, random: Random): Promise<string | undefined> | string | undefined;
}

/** One of some, or undefined of none. */
export function pickFrom<T>(random: Random, values: readonly T[]): T | undefined {
  return values.length === 0 ? undefined : values[random.between(0, values.length - 1)];
}
