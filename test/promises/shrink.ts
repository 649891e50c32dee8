/** Leaves out steps of a walk that failed for as long as it still fails in the same way. */
import { runEpisode, type EpisodeResult, type Step } from './episode';
import type { TimeWarp } from './world/time-warp';

/** @param budgetMs of real time: a short story is a help, and no more. */
export async function shrink(
  failed: EpisodeResult,
  warp: TimeWarp,
  budgetMs: number,
): Promise<EpisodeResult> {
  const figure = failed.violations[0]?.figure;
  const end = process.hrtime.bigint() + BigInt(budgetMs) * 1_000_000n;
  let best = failed;
  let steps: readonly Step[] = failed.plan.steps.slice(0, failed.stepsBegun);
  for (let size = Math.ceil(steps.length / 2); size >= 1; size = Math.floor(size / 2)) {
    for (let at = steps.length - size; at >= 0; at -= size) {
      if (process.hrtime.bigint() > end) return best;
      const fewer = steps.toSpliced(at, size);
      const result = await runEpisode({ ...failed.plan, steps: fewer }, warp);
      if (result.violations[0]?.figure !== figure) continue;
      best = result;
      steps = fewer.slice(0, result.stepsBegun);
    }
  }
  return best;
}
