/**
 * What the daemon and the plugin server hold after a long time of load and change, and whether it
 * grows: a leak that a test of seconds never shows.
 *
 * The world is that of `churn`: services come, move, go and change their names, one change every two
 * seconds, at a moderate constant rate of requests. Every minute Kong or the control plane is restarted
 * in turn, because what reconnects is what leaks. The two measured processes run through.
 *
 * Every 15 s both are told to collect all garbage twice and to report: the heap (objects, and buffers
 * outside of it), the resident set, descriptors, sockets among them, timers (objects that are still
 * referred to, by a search of the heap). The first third of the run is warm-up (compiled code, caches
 * that fill) and is left out. The slope is that of the line through the remaining samples by ordinary
 * least squares; its standard error takes the samples as independent. A slope within two standard
 * errors of zero is none. The forced collections make the resident set smaller than in production.
 *
 * `--minutes` (default 10), `--rate` in requests per second (100), `--seed` of the changes (1).
 */
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';

import type { Figures } from './figures';
import type { BenchOptions } from './options';
import { createChanges, type Changes } from './support/changes';
import { startChurnWorld, type ChurnWorld } from './support/churn-world';
import { inWorld } from './support/in-world';
import { startJudgedLoad } from './support/judged-load';
import type { Load } from './support/load';
import { LoopDelay } from './support/loop-delay';
import { quantile } from './support/quantile';
import { sharedNow } from './support/shared-clock';
import { slopeOf } from './support/slope';
import { readVitals, vitalsEnv, vitalsPreload, type Vitals } from './support/vitals';

const changeEveryMs = 2_000;
const restartEveryMs = 60_000;
const sampleEveryMs = 15_000;
const warmUpShare = 1 / 3;

const programs = ['daemon', 'pluginServer'] as const;
type Program = (typeof programs)[number];
interface Sample extends Vitals {
  readonly atMs: number;
}

/**
 * Of each process, by its name before: `HeapMBPerHour`, `HeapErrorMBPerHour`, the slope of the heap and
 * its standard error; `RssMBPerHour`, `RssErrorMBPerHour` of the resident set; `HeapMB`, `RssMB`, medians
 * after the warm-up; `Descriptors`, `Connections`, `Timers`, at the last sample, and each with `Before`
 * at the first one after the warm-up. `samples`: after the warm-up. `requests`, `failed`, `wrong` as in
 * `churn`.
 */
export async function run(options: BenchOptions = {}): Promise<Figures> {
  const { minutes = 10, rate = 100, seed = 1 } = options;
  process.stderr.write(`soak: ${String(minutes)} min, ${String(rate)}/s, seed ${String(seed)}\n`);
  const world = await startChurnWorld({
    intervalMs: 1_000,
    sidecarMs: 700,
    outboundAddress: '127.73.0.1',
    meshPort: 8473,
    preload: vitalsPreload,
    envOf: (program, folder) => vitalsEnv(join(folder, `${program}.vitals`)),
  });
  return inWorld(world, () => play(world, { minutes, rate, seed }));
}

async function play(
  world: ChurnWorld,
  { minutes, rate, seed }: Required<BenchOptions>,
): Promise<Figures> {
  const { load, tally } = await startJudgedLoad(world, rate);
  const delay = new LoopDelay();
  const samples: Record<Program, Sample[]> = { daemon: [], pluginServer: [] };
  const untilMs = sharedNow() + minutes * 60_000;
  const warmUntilMs = untilMs - minutes * 60_000 * (1 - warmUpShare);
  try {
    await Promise.all([
      changeUntil(untilMs, world, load, createChanges(seed)),
      restartUntil(untilMs, world),
      sampleUntil(untilMs, world, samples),
    ]);
  } finally {
    await load.stop();
  }
  tally.report('soak');
  const { requests, failed, wrong } = tally.counts();
  const warm = samples.daemon.filter(({ atMs }) => atMs >= warmUntilMs);
  const figures = programs.map((program) =>
    describe(
      program,
      samples[program].filter(({ atMs }) => atMs >= warmUntilMs),
    ),
  );
  return Object.assign({ minutes, seed, samples: warm.length }, ...figures, {
    ...{ requests, failed, wrong, loadAverage: delay.loadAverage() },
  }) as Figures;
}

async function changeUntil(
  untilMs: number,
  world: ChurnWorld,
  load: Load,
  changes: Changes,
): Promise<void> {
  while (sharedNow() < untilMs) {
    await world.make(changes.next());
    load.ask(world.present());
    await wait(changeEveryMs);
  }
}

async function restartUntil(untilMs: number, world: ChurnWorld): Promise<void> {
  for (let count = 0; sharedNow() + restartEveryMs < untilMs; count++) {
    await wait(restartEveryMs);
    if (count % 2 === 0) await world.restartKong();
    else await world.restartControlPlane();
  }
}

async function sampleUntil(
  untilMs: number,
  world: ChurnWorld,
  samples: Record<Program, Sample[]>,
): Promise<void> {
  for (let nextMs = sharedNow(); nextMs < untilMs; nextMs += sampleEveryMs) {
    await wait(Math.max(0, nextMs - sharedNow()));
    for (const program of programs) {
      const vitals = await readVitals(world[program], join(world.folder, `${program}.vitals`));
      samples[program].push({ ...vitals, atMs: sharedNow() });
    }
    if (samples.daemon.length % 4 === 0) process.stderr.write(`soak: ${line(samples)}\n`);
  }
}

function line(samples: Record<Program, Sample[]>): string {
  return programs
    .map((program) => {
      const last = samples[program].at(-1);
      return `${program} ${megabytes(last?.heapBytes)} MB heap, ${megabytes(last?.rssBytes)} MB resident, ${String(last?.timers)} timers, ${String(last?.descriptors)} descriptors`;
    })
    .join('; ');
}

function describe(program: Program, samples: readonly Sample[]): Record<string, number> {
  const slope = (read: (sample: Sample) => number) =>
    slopeOf(samples.map((sample) => ({ x: sample.atMs / 3_600_000, y: read(sample) / 2 ** 20 })));
  const median = (read: (sample: Sample) => number): number =>
    megabytes(quantile(samples.map(read), 0.5));
  const heap = slope(({ heapBytes }) => heapBytes);
  const rss = slope(({ rssBytes }) => rssBytes);
  const first = samples[0];
  const last = samples.at(-1);
  const found = {
    HeapMBPerHour: rounded(heap.slope),
    HeapErrorMBPerHour: rounded(heap.standardError),
    RssMBPerHour: rounded(rss.slope),
    RssErrorMBPerHour: rounded(rss.standardError),
    HeapMB: median(({ heapBytes }) => heapBytes),
    RssMB: median(({ rssBytes }) => rssBytes),
    DescriptorsBefore: first?.descriptors ?? NaN,
    Descriptors: last?.descriptors ?? NaN,
    ConnectionsBefore: first?.connections ?? NaN,
    Connections: last?.connections ?? NaN,
    TimersBefore: first?.timers ?? NaN,
    Timers: last?.timers ?? NaN,
  };
  return Object.fromEntries(Object.entries(found).map(([key, value]) => [program + key, value]));
}

function megabytes(bytes = NaN): number {
  return Number((bytes / 2 ** 20).toFixed(1));
}

function rounded(value: number): number {
  return Number(value.toFixed(2));
}
