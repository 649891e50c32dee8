/** Runs episodes in a process, and makes the story of one that fails shorter. */
import { planEpisode, runEpisode } from './episode';
import { episodeSeed } from './seeds';
import { shrink } from './shrink';
import { warpTime } from './world/time-warp';

export interface WalkerSettings {
  readonly seed: string;
  readonly shrinkMs: number;
  /** Operations to leave out, as a pattern of their names. */
  readonly without: string | undefined;
}

export interface EpisodeRequest {
  readonly episode: number;
}

const stepsPerEpisode = 60;
/** How much faster than the real one the time of the walk goes. */
const warpFactor = 20;

const { seed, shrinkMs, without } = JSON.parse(process.argv[2] ?? '{}') as WalkerSettings;
const warp = warpTime(warpFactor);
const leftOut = without === undefined ? undefined : new RegExp(without);
quietenPlugin();

process.on('message', ({ episode }: EpisodeRequest) => {
  void run(episode).then((result) => process.send?.(result));
});

async function run(episode: number) {
  const planned = planEpisode(episodeSeed(seed, episode), stepsPerEpisode);
  const steps = planned.steps.filter(({ operation }) => leftOut?.test(operation) !== true);
  const result = await runEpisode({ ...planned, steps }, warp);
  return result.violations.length === 0 ? result : shrink(result, warp, shrinkMs);
}

/** The plugin logs each snapshot that it reads: thousands of lines about nothing. */
function quietenPlugin(): void {
  const write = process.stderr.write.bind(process.stderr);
  process.stderr.write = (chunk: string | Uint8Array, ...rest: []) =>
    String(chunk).includes('"plugin":"mesh-upstream"') || write(chunk, ...rest);
}
