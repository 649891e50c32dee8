/** An episode: a world of its own, some dozens of operations, and in between the end of all trouble. */
import { randomOf, type Random } from '../faults/random';
import type { Violation } from './model/oracle';
import type { Version } from './model/version';
import { allOperations, drawOperation } from './operations/all-operations';
import { meshServices } from './operations/file-edits';
import type { Operation } from './operations/operation';
import { settle } from './settle';
import { Walk } from './walk';
import type { Sabotage } from './world/daemon';
import { startPromiseWorld } from './world/promise-world';
import { policies, targets, type WorldSettings } from './world/settings';
import type { TimeWarp } from './world/time-warp';

/** Everything that a step does follows from this, and from what the steps before it left. */
export interface Step {
  readonly operation: string;
  readonly seed: number;
}

export interface EpisodePlan {
  readonly seed: number;
  readonly settings: WorldSettings;
  readonly steps: readonly Step[];
}

export interface EpisodeResult {
  readonly plan: EpisodePlan;
  readonly operations: number;
  readonly requests: number;
  readonly passes: number;
  readonly violations: readonly Violation[];
  /** How many of the plan's steps were begun. */
  readonly stepsBegun: number;
  /** What each step did, in words. */
  readonly story: readonly string[];
}

export interface PlanOptions extends Partial<WorldSettings> {
  /** The operations to draw from. Default: all. */
  readonly among?: readonly Operation[];
}

export const settleStep = 'the trouble ends';
const stepsBetweenSettling = 12;

export function planEpisode(
  seed: number,
  length: number,
  { among = allOperations, ...fixed }: PlanOptions = {},
): EpisodePlan {
  const random = randomOf(seed, 'episode');
  const target = random.pick([...targets, 'dbless', 'admin'] as const);
  const policy = random.pick([...policies, 'sync', 'sync', 'sync', 'sync'] as const);
  const gateways = random.pick([1, 1, 2] as const);
  // Kong itself takes no header of decK's, and a Kong without a database belongs to one owner.
  const tagged = random.next() < 0.7 && target === 'admin';
  const steps = Array.from({ length }, (_, index): Step => {
    const isLast = index % stepsBetweenSettling === stepsBetweenSettling - 1;
    const operation = isLast ? settleStep : drawOperation(random, among).name;
    return { operation, seed: random.between(0, 2 ** 31) };
  });
  return { seed, settings: { target, policy, gateways, tagged, ...fixed }, steps };
}

/** Ends at the first violation: what follows from it shows nothing new. */
export async function runEpisode(
  plan: EpisodePlan,
  warp: TimeWarp,
  sabotage?: Sabotage,
): Promise<EpisodeResult> {
  const world = await startPromiseWorld(plan.settings, sabotage);
  const first = firstVersion(randomOf(plan.seed, 'first'));
  const walk = new Walk(world, warp, first, plan.seed);
  const story: string[] = [];
  let operations = 0;
  let stepsBegun = 0;
  try {
    for (const name of meshServices) await world.backends.come(name);
    await walk.write(first);
    await settle(walk);
    for (const step of [...plan.steps, { operation: settleStep, seed: 0 }]) {
      if (walk.violations.length > 0) break;
      stepsBegun++;
      const did = await runStep(step, walk);
      if (did === undefined) continue;
      operations++;
      story.push(`${step.operation}: ${did}`);
    }
  } catch (error) {
    const cause = error instanceof Error ? (error.stack ?? error.message) : String(error);
    walk.violations.push({ figure: 'unhealed', message: cause });
  } finally {
    await world.stop();
  }
  const { requests, passes, violations } = walk;
  return { plan, operations, requests, passes, violations, stepsBegun, story };
}

async function runStep({ operation, seed }: Step, walk: Walk): Promise<string | undefined> {
  if (operation === settleStep) {
    await settle(walk);
    return 'all faults end, and the file is mended';
  }
  const random = randomOf(seed, operation);
  const did = await allOperations.find(({ name }) => name === operation)?.run(walk, random);
  if (did === undefined) return undefined;
  // Several changes may come between two passes.
  const passes = random.pick([0, 1, 1, 2]);
  await walk.askSome(random);
  for (let pass = 0; pass < passes; pass++) {
    await walk.pass();
    await walk.askSome(random);
  }
  return passes === 0 ? did : `${did} (then ${passes} passes)`;
}

/** One service of each kind of link, with and without a guard. */
function firstVersion(random: Random): Version {
  const guarded = random.pick(['s-orders', 's-payments', 's-crm']);
  const services: Version['services'] = [
    { name: 's-orders', link: random.pick(['service-plugin', 'route-plugin']), target: 'orders' },
    { name: 's-payments', link: 'tag', target: 'payments' },
    { name: 's-crm', link: 'none', target: 'crm.internal' },
  ];
  return {
    services,
    routes: services.map(({ name }) => ({ name: `r-${name}`, path: `/${name}`, service: name })),
    guards: [{ id: 0, scope: { kind: 'service', name: guarded } }],
    consumers: [
      { username: 'alice', customId: 'c-1', key: 'alice-key' },
      { username: 'anna', key: 'anna-key' },
    ],
  };
}
