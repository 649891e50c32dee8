/**
 * What a pass of the daemon costs, by the size of the mesh: the first one, one in which nothing has
 * changed, and one in which one service has. The daemon's own sources and targets work in this
 * process, against a control plane and a gateway in another.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { boundHeap } from '../daemon/cli/bound-heap';
import { compose } from '../daemon/cli/compose';
import { parseConfig } from '../daemon/config/load';
import type { PassContext } from '../daemon/reconcile/context';
import { runPass, type PassMemory } from '../daemon/reconcile/pass';
import type { PassOutcome } from '../daemon/reconcile/report';
import type { Figures } from './figures';
import { allocatedBy } from './support/allocated';
import { passSettings, seededName } from './support/pass-settings';
import { startPassWorld, type PassWorld } from './support/pass-world';
import { median } from './support/quantile';

const sizes = [100, 1_000, 10_000, 50_000] as const;
const unchangedPasses = 15;
const changes = 5;
/** In a mesh this large a pass takes seconds, most of them the stand-in's. */
const large = 50_000;
const unchangedPassesOfLarge = 7;

/**
 * Keys end with the number of mesh services: `coldWallMs`, `coldCpuMs`, `coldKumaCalls`,
 * `coldKongCalls`, `coldPushes`, the same for `unchanged` (medians) and for `change`, and `rssMB`.
 * `oneChangeExtraCpuMs`: what a change costs beyond an unchanged pass; `unchangedAllocatedMB` and
 * `oneChangeAllocatedMB`: what such passes allocate, each in one of its own.
 */
export async function run(): Promise<Figures> {
  // As the daemon does: collections are most of what a large unchanged answer costs.
  boundHeap();
  const figures: Record<string, number> = {};
  for (const services of sizes) {
    process.stderr.write(`pass: ${String(services)} services\n`);
    const world = await startPassWorld(services);
    const folder = await mkdtemp(join(tmpdir(), 'bench-pass-'));
    try {
      for (const [name, value] of Object.entries(await measure(world, folder, services))) {
        figures[`${name}${String(services)}`] = Math.round(value * 10) / 10;
      }
    } finally {
      await world.stop();
      await rm(folder, { recursive: true, force: true });
    }
  }
  return figures;
}

async function measure(world: PassWorld, folder: string, services: number): Promise<Figures> {
  const snapshot = join(folder, 'catalog.json');
  const context = await contextOf(world, { folder, snapshot, services });
  const memory: PassMemory = {};
  const pass = (outcomes: readonly PassOutcome[]): Promise<Cost> =>
    costOf(world, context, memory, outcomes);

  const cold = await pass(['applied']);
  // The gateway is seen with its new outbounds, and what the first pass left behind is collected.
  for (let settling = 0; settling < 5; settling++) await pass(['unchanged']);
  const unchanged: Cost[] = [];
  const rounds = services < large ? unchangedPasses : unchangedPassesOfLarge;
  for (let at = 0; at < rounds; at++) unchanged.push(await pass(['unchanged']));
  const changed: Cost[] = [];
  for (let at = 0; at < changes; at++) {
    // One that is linked by its tag: outbound, snapshot and Kong have to follow.
    await world.move(seededName(services, 1), 9_000 + at);
    changed.push(await pass(['applied']));
    await pass(['applied', 'unchanged']);
  }
  const unchangedAllocated = await allocatedBy(() => pass(['unchanged']));
  await world.move(seededName(services, 1), 9_000 + changes);
  const changeAllocated = await allocatedBy(() => pass(['applied']));
  context.kong?.close?.();
  const typical = { unchanged: medians(unchanged), change: medians(changed) };
  return {
    ...named('cold', cold),
    ...named('unchanged', typical.unchanged),
    ...named('change', typical.change),
    oneChangeExtraCpuMs: typical.change.cpuMs - typical.unchanged.cpuMs,
    unchangedAllocatedMB: unchangedAllocated / 1e6,
    oneChangeAllocatedMB: changeAllocated / 1e6,
    rssMB: process.memoryUsage().rss / 1e6,
  };
}

interface Cost {
  readonly wallMs: number;
  readonly cpuMs: number;
  readonly kumaCalls: number;
  readonly kongCalls: number;
  readonly pushes: number;
}

async function costOf(
  world: PassWorld,
  context: PassContext,
  memory: PassMemory,
  outcomes: readonly PassOutcome[],
): Promise<Cost> {
  const before = await world.counts();
  const cpuBefore = process.cpuUsage();
  const startedAt = performance.now();
  const request = { dryRun: false, confirmDeletes: false };
  const report = await runPass(context, memory, request, new AbortController().signal);
  const wallMs = performance.now() - startedAt;
  const { user, system } = process.cpuUsage(cpuBefore);
  const after = await world.counts();
  if (!outcomes.includes(report.outcome)) {
    throw new Error(`a pass came to ${report.outcome}: ${JSON.stringify(report.failures[0])}`);
  }
  return {
    wallMs,
    cpuMs: (user + system) / 1000,
    kumaCalls: after.kuma - before.kuma,
    kongCalls: after.kong - before.kong,
    pushes: after.pushes - before.pushes,
  };
}

async function contextOf(
  world: PassWorld,
  places: { readonly folder: string; readonly snapshot: string; readonly services: number },
): Promise<PassContext> {
  const loaded = parseConfig(JSON.stringify(await passSettings(world, places)), { env: {} });
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.failures));
  return compose(loaded.config, {}, { readOnly: false });
}

function named(name: string, cost: Cost): Figures {
  const capital = (key: string): string => key.charAt(0).toUpperCase() + key.slice(1);
  return Object.fromEntries(
    Object.entries(cost).map(([key, value]) => [`${name}${capital(key)}`, value as number]),
  );
}

function medians(costs: readonly Cost[]): Cost {
  const of = (key: keyof Cost): number => median(costs.map((cost) => cost[key]));
  return {
    wallMs: of('wallMs'),
    cpuMs: of('cpuMs'),
    kumaCalls: of('kumaCalls'),
    kongCalls: of('kongCalls'),
    pushes: of('pushes'),
  };
}
