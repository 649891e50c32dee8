/** One trial: break it, change the mesh, mend it, and see what came of it. */
import { setTimeout as pause } from 'node:timers/promises';

import { eventually } from '../../sandbox/eventually';
import type { Random } from './random';
import { untilGone, untilSteady } from './steady';
import type { Path, Trial } from './vocabulary';
import { belongingsOf, lostOf } from './world/belongings';
import { intervalMs } from './world/configuration';
import { waitedForCpuMs } from './world/cpu-wait';
import { watchWholeFiles } from './world/whole-files';
import type { FaultWorld, Instance } from './world/fault-world';
import type { Lifetime } from './world/lifetime';
import type { Answered } from './world/steady-client';

/** Every fault must have healed after so many poll intervals. */
export const healedWithin = 3;

export interface Outcome {
  /** What the client saw: answered by the right service, refused where there was no way, and what must not be. */
  readonly served: number;
  readonly refused: number;
  readonly failed: number;
  readonly wrong: number;
  /** What of the user's is gone or changed. */
  readonly lost: readonly string[];
  /** From the end of the fault, in poll intervals, waits for a processor left out. */
  readonly healedAfter: number;
  /** Codes that the daemon logged. */
  readonly logged: readonly string[];
  /** Passes that did not go well, and findings, as its metrics count them. */
  readonly counted: { readonly passes: number; readonly findings: number };
  /** Promises that were not kept, in words. */
  readonly broken: readonly string[];
  /** Only time was short: worth another try on a busy machine. */
  readonly onlyLate: boolean;
  /** What the daemon logged. */
  readonly log: string;
}

let names = 0;

/**
 * @param life of the trial: what it starts beside the world and its programs ends with it.
 * @throws Error where the world is beyond repair: it must not be used again.
 */
export async function runTrial(
  world: FaultWorld,
  trial: Trial,
  random: Random,
  life: Lifetime,
): Promise<Outcome> {
  const { change = 'service comes' } = trial;
  const extra = `${random.pick(['even', 'odd'])}-${++names}`;
  await untilSteady('all is well before the fault', world);
  const leaving = change === 'service goes' ? await come(world, extra) : undefined;
  const before = await belongingsOf(world);
  const daemon = world.daemon;
  const loggedBefore = daemon.logged;
  const countersBefore = await daemon.counters();
  await world.client.take();
  const halves = trial.spoilsFiles === true ? () => [] : watchWholeFiles(world, life);

  const begun = await trial.begin(world, random, life);
  const coming = change === 'service comes' ? await world.startInstance(extra) : undefined;
  const leavingNow = leaving?.end();
  if (coming) world.client.also(`/${extra}`);
  const wasOver = timeOf(world);
  if (begun.atOnce !== true) {
    await pause(1_200 + 1_000 * random.next());
    await untilSaid(world, trial, daemon === world.daemon ? loggedBefore : 0);
  }
  await begun.end();
  const isOver = begun.atOnce === true ? wasOver : timeOf(world);
  await leavingNow;
  const isHealed = async (): Promise<boolean> => (await begun.healed?.()) ?? true;
  await untilSteady('all is well after the fault', world, coming ? [extra] : [], isHealed)
    .then(() => leaving && untilGone(world, leaving))
    .catch((error: unknown) => {
      throw new Error(`${String(error)}\n${tail(world)}`);
    });
  const healed = timeOf(world);
  const tookMs = healed.atMs - isOver.atMs;
  const waited = Math.max(...healed.waitedMs.map((ms, at) => ms - (isOver.waitedMs[at] ?? ms)));
  // What was asked at the very end counts too.
  await pause(200);
  world.client.also(undefined);
  const answers = judge(world, trial.mayRefuse ?? [], await world.client.take());
  const lost = lostOf(before, await belongingsOf(world));
  const same = world.daemon === daemon;
  const logged = [
    ...new Set([...daemon.codes(loggedBefore), ...(same ? [] : world.daemon.codes())]),
  ];
  const counters = await world.daemon.counters();
  const counted = countBetween(same ? countersBefore : new Map(), counters);
  const missed = [...answers.bad, ...missedPromises(trial, { lost, logged }), ...halves()];
  if (begun.met?.() === false) missed.push('the fault was never met: the trial shows nothing');
  missed.push(...((await begun.check?.()) ?? []));
  // A promise is about the program, not about what else the machine does.
  const healedAfter = Math.max(0, tookMs - waited) / intervalMs;
  const late = healedAfter > healedWithin;
  if (late) missed.push(`healed after ${healedAfter.toFixed(1)} poll intervals`);
  if (coming) {
    await coming.end();
    await untilGone(world, coming);
  }
  const { served, refused, failed, wrong } = answers;
  const onlyLate = late && missed.length === 1;
  return {
    served,
    refused,
    failed,
    wrong,
    lost,
    healedAfter,
    logged,
    counted,
    broken: missed,
    onlyLate,
    log: same ? daemon.child.stderr.slice(loggedBefore) : world.daemon.child.stderr,
  };
}

/** The fault lasts until the daemon has noticed it, where it must: repetitions hide it for a while. */
async function untilSaid(world: FaultWorld, { says }: Trial, from: number): Promise<void> {
  if (!says) return;
  const isSaid = (): boolean => world.daemon.codes(from).some((code) => says.includes(code));
  await eventually('the daemon notices the fault', () => isSaid() || undefined, 30_000).catch(
    // What was not said is judged with all the rest.
    () => undefined,
  );
}

async function come(world: FaultWorld, name: string): Promise<Instance> {
  const instance = await world.startInstance(name);
  await untilSteady(`${name} has come`, world, [name]);
  return instance;
}

function missedPromises(
  { says }: Trial,
  { lost, logged }: { readonly lost: readonly string[]; readonly logged: readonly string[] },
): string[] {
  const missed = lost.map((what) => `lost: ${what}`);
  if (says && !says.some((code) => logged.includes(code))) {
    missed.push(`none of ${says.join(', ')} was logged`);
  }
  return missed;
}

/** What Kong answers where nothing listens, and what a client gets where nobody answers. */
const addressIsMissing: ReadonlySet<number> = new Set([0, 502, 504]);

interface Judged extends Pick<Outcome, 'served' | 'refused' | 'failed' | 'wrong'> {
  readonly bad: readonly string[];
}

function judge(
  { client }: FaultWorld,
  mayRefuse: readonly Path[],
  answers: readonly Answered[],
): Judged {
  const counts = { served: 0, refused: 0, failed: 0, wrong: 0 };
  const bad = new Map<string, number>();
  const hasSidecar = !mayRefuse.includes('/payments');
  for (const { path, status, service } of answers) {
    const expected = client.paths.get(path) ?? path.slice(1);
    // What comes is not there until it is; but nobody may be sent to an address that is not there yet.
    const isComing = !client.paths.has(path) && status !== 200;
    if (isComing && !(hasSidecar && addressIsMissing.has(status))) continue;
    const kind =
      status === 200
        ? service === expected
          ? 'served'
          : 'wrong'
        : mayRefuse.some((one) => one === path)
          ? 'refused'
          : 'failed';
    counts[kind]++;
    const text = `${path} ${kind === 'wrong' ? `was answered by ${service ?? 'nobody'}` : `failed with ${status}`}`;
    if (kind === 'wrong' || kind === 'failed') bad.set(text, (bad.get(text) ?? 0) + 1);
  }
  return { ...counts, bad: [...bad].map(([text, count]) => `${text} (${count} times)`) };
}

function countBetween(
  before: ReadonlyMap<string, number>,
  after: ReadonlyMap<string, number>,
): Outcome['counted'] {
  let passes = 0;
  let findings = 0;
  for (const [name, value] of after) {
    const more = value - (before.get(name) ?? 0);
    if (/^kong_meshd_passes_total\{outcome="(failed|held|partial)"/.test(name)) passes += more;
    if (name.startsWith('kong_meshd_failures_total')) findings += more;
  }
  return { passes, findings };
}

/** When it is, and how long this process, in which mesh and gateway live, and the daemon waited for a processor. */
function timeOf({ daemon }: FaultWorld): { readonly atMs: number; readonly waitedMs: number[] } {
  return {
    atMs: performance.now(),
    waitedMs: [process.pid, daemon.child.pid].map(waitedForCpuMs),
  };
}

function tail({ daemon }: FaultWorld): string {
  const lines = daemon.child.stderr.trimEnd().split('\n').slice(-12);
  return lines.map((line) => line.slice(0, 240)).join('\n');
}
