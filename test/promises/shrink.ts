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
  const isOver = (): boolean => process.hrtime.bigint() > end;
  let best = failed;
  let steps: readonly Step[] = failed.plan.steps.slice(0, failed.stepsBegun);

  async function stillFails(fewer: readonly Step[]): Promise<boolean> {
    const result = await runEpisode({ ...failed.plan, steps: fewer }, warp);
    if (result.violations[0]?.figure !== figure) return false;
    best = result;
    steps = fewer.slice(0, result.stepsBegun);
    return true;
  }

  // The last steps are at fault as a rule, and a walk of few steps is soon tried.
  for (let size = 1; size < steps.length; size *= 2) {
    if (isOver() || (await stillFails(steps.slice(-size)))) break;
  }
  for (let size = Math.ceil(steps.length / 2); size >= 1; size = Math.floor(size / 2)) {
    for (let at = steps.length - size; at >= 0; at -= size) {
      if (isOver()) return best;
      await stillFails(steps.toSpliced(at, size));
    }
  }
  return best;
}
