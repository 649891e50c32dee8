/**
 * Constant load on the gateway while the mesh changes several times a second and its parts are
 * restarted in turn: no request may reach another service, and none may fail where a working address
 * existed throughout.
 *
 * Every 200 ms a service comes, moves to another instance, goes, or its instance gets another name.
 * Every 20 s one of these is restarted, in turn: the plugin server (kill -9, started again on the same
 * socket as by the units in deploy/systemd), Kong (down for half a second, then without any
 * configuration: a hash of zeros), the control plane (down for a second; nothing changes meanwhile, for
 * nobody could tell it). A freed backend port goes to the next service at once; a freed VIP and a
 * freed outbound after the time that a request may take (10 s): what is stale would really reach
 * somebody else. The requests come from a process of
 * their own, in an open loop, in turn to every service that is there and to those that went last. A
 * backend states who it is; what it says is held against the record of what was where when.
 *
 * `--minutes` (default 5), `--rate` in requests per second (500), `--seed` of the changes (1).
 */
import { setTimeout as wait } from 'node:timers/promises';

import { eventually } from '../sandbox/eventually';
import type { Figures } from './figures';
import type { BenchOptions } from './options';
import { createChanges, type Change, type Changes } from './support/changes';
import { startChurnWorld, type ChurnWorld } from './support/churn-world';
import { inWorld } from './support/in-world';
import { startJudgedLoad } from './support/judged-load';
import type { Load } from './support/load';
import { LoopDelay } from './support/loop-delay';
import { quantile } from './support/quantile';
import { sharedNow } from './support/shared-clock';
import type { Tally } from './support/tally';

const changeEveryMs = 200;
const faultEveryMs = 20_000;
const intervalMs = 1_000;
const sidecarMs = 700;
/** How many of those that went are still asked for. */
const rememberedGone = 6;

type Fault = 'pluginServerKills' | 'kongRestarts' | 'controlPlaneRestarts';
type Counts = Record<Change['kind'] | Fault, number>;

/**
 * Requests, each counted once: `answered` rightly; `wrong`, answered by another service; `refused`
 * rightly, for a service that was not in the mesh throughout; `pending`, refused before the gateway
 * first answered for a service that had just come; `unavailableKong`, while Kong was down or had no
 * configuration yet; `unavailablePluginServer`, a looked-up address while the only plugin server was
 * dead (503, fail-closed; 500 where Kong had no instance of the plugin); `failed`, everything else.
 * `kongOutMs`, `pluginServerOutMs`: the longest such time, from the kill until it serves again.
 * `controlPlaneHealMs`: the longest from its return until the gateway answers for a service that came
 * after it. `followMedianMs`, `followP99Ms`: from a service's coming until the gateway answers for it.
 * `p50CalmMs`, `p99CalmMs` without changes and `p50ChurnMs`, `p99ChurnMs` with them: from when a
 * request was due until its answer, of those that were answered rightly. `reusedPorts`, `reusedVips`,
 * `reusedOutbounds`: addresses that went to another service. `loopDelayMs`: the longest that the sender
 * was kept from running; `worldDelayMs`: the same of the process that plays Kong, the sidecar, the
 * control plane and the services: it is in every latency. `loadAverage`: of the machine at the end.
 */
export async function run(options: BenchOptions = {}): Promise<Figures> {
  const { minutes = 5, rate = 500, seed = 1 } = options;
  process.stderr.write(`churn: ${String(minutes)} min, ${String(rate)}/s, seed ${String(seed)}\n`);
  const world = await startChurnWorld({
    intervalMs,
    sidecarMs,
    outboundAddress: '127.72.0.1',
    meshPort: 8472,
  });
  return inWorld(world, () => play(world, { minutes, rate, seed }));
}

async function play(
  world: ChurnWorld,
  { minutes, rate, seed }: Required<BenchOptions>,
): Promise<Figures> {
  const changes = createChanges(seed);
  const { load, tally } = await startJudgedLoad(world, rate);
  const stage = new Stage(world, load, changes);
  for (let change = 0; change < 10; change++) await stage.make(changes.next());
  try {
    await stage.allAnswered();
    return await measure(stage, load, tally, { minutes, seed });
  } finally {
    await load.stop();
  }
}

async function measure(
  stage: Stage,
  load: Load,
  tally: Tally,
  { minutes, seed }: Pick<Required<BenchOptions>, 'minutes' | 'seed'>,
): Promise<Figures> {
  const { world } = stage;
  const delay = new LoopDelay();
  const calmFromMs = sharedNow();
  await wait(Math.min(60_000, minutes * 20_000));
  const churnFromMs = sharedNow();
  const counts = await stage.churn(churnFromMs + minutes * 60_000);
  const churnUntilMs = sharedNow();
  await stage.allAnswered();
  await load.stop();
  tally.report('churn');
  const follow = world.timeline
    .lives()
    .filter(({ fromMs }) => fromMs >= churnFromMs)
    .flatMap(({ fromMs, answeredMs }) => (answeredMs === undefined ? [] : [answeredMs - fromMs]));
  const calm = tally.latencies(calmFromMs, churnFromMs);
  const churn = tally.latencies(churnFromMs, churnUntilMs);
  const { requests, ...verdicts } = tally.counts();
  return {
    minutes,
    seed,
    requests,
    requestsPerSecond: round(tally.rate()),
    changes: counts.add + counts.move + counts.remove + counts.rename,
    added: counts.add,
    moved: counts.move,
    removed: counts.remove,
    renamed: counts.rename,
    pluginServerKills: counts.pluginServerKills,
    kongRestarts: counts.kongRestarts,
    controlPlaneRestarts: counts.controlPlaneRestarts,
    ...verdicts,
    kongOutMs: longest(world.timeline.durations('kong')),
    pluginServerOutMs: longest(world.timeline.durations('pluginServer')),
    controlPlaneHealMs: longest(stage.healings()),
    followMedianMs: round(quantile(follow, 0.5)),
    followP99Ms: round(quantile(follow, 0.99)),
    p50CalmMs: round(quantile(calm, 0.5), 2),
    p99CalmMs: round(quantile(calm, 0.99), 2),
    p50ChurnMs: round(quantile(churn, 0.5), 2),
    p99ChurnMs: round(quantile(churn, 0.99), 2),
    reusedPorts: world.reuse.ports,
    reusedVips: world.reuse.vips,
    reusedOutbounds: world.reuse.outbounds,
    loopDelayMs: round(load.loopDelayMs),
    worldDelayMs: delay.longestMs(),
    loadAverage: delay.loadAverage(),
  };
}

/** Where changes and faults take place; who is asked for follows from them. */
class Stage {
  readonly #gone: string[] = [];
  readonly #returnsMs: number[] = [];
  readonly #counts: Counts = {
    ...{ add: 0, move: 0, remove: 0, rename: 0 },
    ...{ pluginServerKills: 0, kongRestarts: 0, controlPlaneRestarts: 0 },
  };

  constructor(
    readonly world: ChurnWorld,
    readonly load: Load,
    readonly changes: Changes,
  ) {}

  async make(change: Change): Promise<void> {
    await this.world.make(change);
    if (change.kind === 'remove' || change.kind === 'rename') this.#gone.unshift(change.name);
    const present = this.world.present();
    const gone = this.#gone.filter((name) => !present.includes(name)).slice(0, rememberedGone);
    this.load.ask([...present, ...gone]);
  }

  /** Resolves when the gateway has answered for every service that is there. */
  async allAnswered(): Promise<void> {
    const silent = (): readonly string[] =>
      this.world.present().filter((name) => this.world.lifeOf(name)?.answeredMs === undefined);
    await eventually(
      'every service answers',
      () => (silent().length === 0 ? true : undefined),
      30_000,
    ).catch((error: unknown) => {
      throw new Error(`${String(error)}: ${silent().join(', ')}`);
    });
  }

  async churn(untilMs: number): Promise<Counts> {
    const faults: readonly Fault[] = ['pluginServerKills', 'kongRestarts', 'controlPlaneRestarts'];
    const healing: Promise<void>[] = [];
    let nextFaultMs = sharedNow() + faultEveryMs / 2;
    let fault = 0;
    for (let nextMs = sharedNow(); nextMs < untilMs; nextMs += changeEveryMs) {
      await wait(Math.max(0, nextMs - sharedNow()));
      // The last one must have time to heal within the churn.
      if (nextMs >= nextFaultMs && untilMs - nextMs > faultEveryMs / 4) {
        nextFaultMs += faultEveryMs;
        const kind = faults[fault++ % faults.length] ?? 'kongRestarts';
        healing.push(this.#play(kind));
        // Nobody could tell it of a change while it is down.
        if (kind === 'controlPlaneRestarts') await healing.at(-1);
        nextMs = Math.max(nextMs, sharedNow() - changeEveryMs);
      }
      const change = this.changes.next();
      await this.make(change);
      this.#counts[change.kind]++;
    }
    await Promise.all(healing);
    return this.#counts;
  }

  /** From each return of the control plane until something new was followed. */
  healings(): readonly number[] {
    const lives = this.world.timeline.lives();
    return this.#returnsMs.map((backMs) => {
      const after = lives.filter(({ fromMs }) => fromMs >= backMs);
      return Math.min(...after.map(({ answeredMs = Infinity }) => answeredMs)) - backMs;
    });
  }

  async #play(kind: Fault): Promise<void> {
    process.stderr.write(`churn: ${kind}\n`);
    this.#counts[kind]++;
    if (kind === 'pluginServerKills') await this.world.killPluginServer();
    else if (kind === 'kongRestarts') await this.world.restartKong();
    else {
      await this.world.restartControlPlane();
      this.#returnsMs.push(sharedNow());
    }
  }
}

function longest(values: readonly number[]): number {
  return round(Math.max(0, ...values));
}

function round(value: number, digits = 0): number {
  return Number(value.toFixed(digits));
}
