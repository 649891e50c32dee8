/**
 * `npm run test:promises -- [--seed TEXT] [--operations N] [--episode N] [--without PATTERN] [--jobs N]`: a random
 * walk that tries to break the promises. The last line is its figures as JSON; the exit code is 1 where one of them
 * is not kept.
 */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

import type { EpisodeResult } from './episode';
import type { EpisodeRequest, WalkerSettings } from './walker-process';
import { figuresOf, formatFailure, formatTable } from './report';

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      seed: { type: 'string', default: 'ci' },
      operations: { type: 'string', default: '3000' },
      episode: { type: 'string' },
      without: { type: 'string' },
      jobs: { type: 'string', default: '2' },
      shrink: { type: 'string', default: '60' },
      story: { type: 'boolean', default: false },
    },
  });
  const { seed, without } = values;
  const wanted = Number(values.operations);
  if (!Number.isSafeInteger(wanted)) throw new Error('--operations must be a whole number');
  const only = values.episode === undefined ? undefined : Number(values.episode);
  const results: EpisodeResult[] = [];
  const startedAt = process.hrtime.bigint();
  let next = only ?? 0;
  let done = 0;

  async function work(): Promise<void> {
    const walker = startWalker({ seed, shrinkMs: Number(values.shrink) * 1_000, without });
    try {
      while (done < wanted && (only === undefined || results.length === 0)) {
        const episode = next++;
        const result = await walker.run({ episode });
        results.push(result);
        done += result.operations;
        if (values.story) process.stdout.write(`${result.story.join('\n')}\n`);
        if (result.violations.length > 0) {
          process.stdout.write(formatFailure(seed, episode, result));
        }
      }
    } catch (error) {
      // The figures of a walk that lost a process say nothing: the others end with it.
      done = Infinity;
      throw error;
    } finally {
      await walker.stop();
    }
  }

  const jobs = only === undefined ? Math.max(1, Number(values.jobs)) : 1;
  await Promise.all(Array.from({ length: jobs }, work));
  const seconds = Number(process.hrtime.bigint() - startedAt) / 1e9;
  const figures = figuresOf(seed, results);
  process.stdout.write(`${formatTable(figures, seconds)}\n${JSON.stringify(figures)}\n`);
  process.exitCode = results.every(({ violations }) => violations.length === 0) ? 0 : 1;
}

/** A process of its own, as time is its own: one episode after the other. */
function startWalker(settings: WalkerSettings): {
  run(request: EpisodeRequest): Promise<EpisodeResult>;
  stop(): Promise<unknown>;
} {
  const child = fork(join(__dirname, 'walker-process.js'), [JSON.stringify(settings)]);
  const ended = once(child, 'exit');
  const cutShort = ended.then(([code]: (number | null)[]) => {
    throw new Error(`a process of the walk ended with ${String(code)}`);
  });
  cutShort.catch(() => undefined);
  return {
    async run(request) {
      const answer = once(child, 'message').then(([result]) => result as EpisodeResult);
      child.send(request);
      return Promise.race([answer, cutShort]);
    },
    async stop() {
      if (child.connected) child.disconnect();
      await ended;
    },
  };
}

main().catch((error: unknown) => {
  process.stderr.write(`${String(error)}\n`);
  process.exitCode = 1;
});
