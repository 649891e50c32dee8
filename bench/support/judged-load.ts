/** Load on a churn world of which every answer is judged. */
import { fixed } from './changes';
import type { ChurnWorld } from './churn-world';
import { startLoad, type Load } from './load';
import { Tally } from './tally';

/** Longer than any service may take to be answered for after it came. */
const followMs = 10_000;

export interface JudgedLoad {
  readonly load: Load;
  readonly tally: Tally;
}

/** Resolves when the services of the user's file are there and everything serves. */
export async function startJudgedLoad(world: ChurnWorld, perSecond: number): Promise<JudgedLoad> {
  const tally = new Tally(world.timeline, followMs);
  for (const name of fixed) await world.make({ kind: 'add', name });
  await world.whenReady();
  return { tally, load: startLoad(world.proxyUrl, perSecond, (result) => tally.add(result)) };
}
