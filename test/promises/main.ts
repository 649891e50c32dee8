/**
 * `npm run test:promises -- [--seed TEXT] [--operations N] [--episode N]`: a random walk that tries to break the
 * promises. The last line is its figures as JSON; the exit code is 1 where one of them is not kept.
 */
import { parseArgs } from 'node:util';

import { planEpisode, runEpisode, type EpisodeResult } from './episode';
import { figuresOf, formatFailure, formatTable } from './report';
import { shrink } from './shrink';
import { episodeSeed } from './seeds';
import { warpTime } from './world/time-warp';

const stepsPerEpisode = 60;
/** How much faster than the real one the time of the walk goes. */
const warpFactor = 20;

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      seed: { type: 'string', default: 'ci' },
      operations: { type: 'string', default: '3000' },
      episode: { type: 'string' },
      shrink: { type: 'string', default: '40' },
      story: { type: 'boolean', default: false },
    },
  });
  const wanted = Number(values.operations);
  if (!Number.isSafeInteger(wanted)) throw new Error('--operations must be a whole number');
  quietenPlugin();
  const warp = warpTime(warpFactor);
  const results: EpisodeResult[] = [];
  const startedAt = process.hrtime.bigint();
  let done = 0;
  const only = values.episode === undefined ? undefined : Number(values.episode);
  for (let index = only ?? 0; done < wanted; index++) {
    const plan = planEpisode(episodeSeed(values.seed, index), stepsPerEpisode);
    const result = await runEpisode(plan, warp);
    results.push(result);
    done += result.operations;
    if (values.story) process.stdout.write(`${result.story.join('\n')}\n`);
    if (result.violations.length > 0) {
      const shrunk = await shrink(result, warp, Number(values.shrink) * 1_000);
      process.stdout.write(formatFailure(values.seed, index, shrunk));
    }
    if (only !== undefined) break;
  }
  const seconds = Number(process.hrtime.bigint() - startedAt) / 1e9;
  const figures = figuresOf(values.seed, results);
  process.stdout.write(`${formatTable(figures, seconds)}\n${JSON.stringify(figures)}\n`);
  process.exitCode = results.every(({ violations }) => violations.length === 0) ? 0 : 1;
}

/** The plugin logs each snapshot that it reads: thousands of lines about nothing. */
function quietenPlugin(): void {
  const write = process.stderr.write.bind(process.stderr);
  process.stderr.write = (chunk: string | Uint8Array, ...rest: []) =>
    String(chunk).includes('"plugin":"mesh-upstream"') || write(chunk, ...rest);
}

main().catch((error: unknown) => {
  process.stderr.write(`${String(error)}\n`);
  process.exitCode = 1;
});
