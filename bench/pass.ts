/**
 * What a pass of the daemon costs, by the size of the mesh: the first one, one in which nothing has
 * changed, and one in which one service has. The daemon's own sources and targets work in this
 * process, against a control plane and a gateway in another.
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { readSnapshot, formatSnapshot } from '../catalog/snapshot';
import { compose } from '../daemon/cli/compose';
import { parseConfig } from '../daemon/config/load';
import type { PassContext } from '../daemon/reconcile/context';
import { runPass, type PassMemory } from '../daemon/reconcile/pass';
import type { PassOutcome } from '../daemon/reconcile/report';
import { createHandler } from '../plugin/mesh-upstream/handler';
import type { Pdk } from '../plugin/mesh-upstream/pdk';
import { decide } from '../plugin/mesh-upstream/rewrite';
import { readServiceTable, wholeSource } from '../plugin/mesh-upstream/service-table';
import type { Figures } from './figures';
import { startPassWorld, type PassWorld } from './support/pass-world';

const sizes = [100, 1_000, 10_000] as const;
/** So many services have a link, by plugin and by tag in turns. */
const maxLinked = 1_000;
const unchangedPasses = 15;
const changes = 5;
const lookUpRounds = 11;
const lookUpsPerRound = 2_000;

/**
 * Keys end with the number of mesh services: `coldWallMs`, `coldCpuMs`, `coldKumaCalls`,
 * `coldKongCalls`, `coldPushes`, the same for `unchanged` (medians) and for `change`, `rssMB`, and
 * `lookupNs` and `requestNs`: what the plugin does with a snapshot of that size.
 */
export async function run(): Promise<Figures> {
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
  const linked = Math.min(services, maxLinked);
  const snapshot = join(folder, 'catalog.json');
  const digits = String(services - 1).length;
  const nameOf = (index: number): string => `svc-${String(index).padStart(digits, '0')}`;
  const kongFile = join(folder, 'kong.json');
  await writeFile(kongFile, kongConfig(Array.from({ length: linked }, (_, at) => nameOf(at))));
  const context = contextOf(world, kongFile, snapshot);
  const memory: PassMemory = {};
  const pass = (outcomes: readonly PassOutcome[]): Promise<Cost> =>
    costOf(world, context, memory, outcomes);

  const cold = await pass(['applied']);
  // The gateway is seen with its new outbounds, and what the first pass left behind is collected.
  for (let settling = 0; settling < 5; settling++) await pass(['unchanged']);
  const unchanged: Cost[] = [];
  for (let at = 0; at < unchangedPasses; at++) unchanged.push(await pass(['unchanged']));
  const changed: Cost[] = [];
  for (let at = 0; at < changes; at++) {
    // One that is linked by its tag: outbound, snapshot and Kong have to follow.
    await world.move(nameOf(1), 9_000 + at);
    changed.push(await pass(['applied']));
    await pass(['applied', 'unchanged']);
  }
  context.kong?.close?.();
  return {
    ...named('cold', cold),
    ...named('unchanged', medians(unchanged)),
    ...named('change', medians(changed)),
    rssMB: process.memoryUsage().rss / 1e6,
    ...(await lookUp(snapshot, nameOf, linked)),
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

function contextOf(world: PassWorld, kongFile: string, snapshot: string): PassContext {
  const settings = {
    sources: [{ kuma: { url: world.kumaUrl } }],
    kong: { config: kongFile, target: { dbless: { url: world.kongUrl } } },
    gateway: {
      dataplane: 'kong-01',
      service: 'kong',
      outbounds: { address: '127.70.0.1', ports: '20000-29999', grace: '1ms', waitFor: '60s' },
    },
    plugin: { snapshot },
    guard: { atLeast: 100_000 },
  };
  const loaded = parseConfig(JSON.stringify(settings), { env: {} });
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.failures));
  return compose(loaded.config, {}, { readOnly: false });
}

function kongConfig(names: readonly string[]): string {
  const services = names.map((name, index) => {
    const byTag = index % 2 === 1;
    const plugins = [{ name: 'mesh-upstream', config: { service: name } }];
    const routes = [{ name, paths: [`/${name}`], ...(byTag ? {} : { plugins }) }];
    return { name, host: `${name}.internal`, routes, ...(byTag ? { tags: [`mesh:${name}`] } : {}) };
  });
  return JSON.stringify({ _format_version: '3.0', services });
}

/**
 * `lookupNs`: finding a service and deciding, which each instance of the plugin does once for each
 * snapshot. `requestNs`: the plugin's whole work on one request, without the calls to Kong.
 */
async function lookUp(
  file: string,
  nameOf: (index: number) => string,
  linked: number,
): Promise<Figures> {
  const text = Buffer.from(formatSnapshot(await readSnapshot(file)));
  const table = await readServiceTable(wholeSource(text), file);
  const configs = Array.from({ length: linked }, (_, at) => ({
    service: nameOf(at),
    address: 'auto' as const,
    host_header: 'mesh',
    on_missing: 'reject' as const,
  }));
  const watch = () => ({ current: table, firstRead: Promise.resolve() });
  const handlers = configs.map((config) => createHandler(config, { watch, log: () => undefined }));
  const kong = silentPdk();
  const figures = {
    lookupNs: await nsPerCall((at) => {
      const config = configs[at % linked];
      if (config && decide(config, table).kind !== 'rewrite') throw new Error(config.service);
    }),
    requestNs: await nsPerCall((at) => handlers[at % linked]?.access(kong)),
  };
  table.retire();
  return figures;
}

/** The median of some rounds, after one that does not count. */
async function nsPerCall(call: (at: number) => unknown): Promise<number> {
  const times: number[] = [];
  for (let round = 0; round <= lookUpRounds; round++) {
    const startedAt = performance.now();
    for (let at = 0; at < lookUpsPerRound; at++) await call(at * 7);
    if (round > 0) times.push(((performance.now() - startedAt) * 1e6) / lookUpsPerRound);
  }
  return median(times);
}

function silentPdk(): Pdk {
  const done = (): Promise<undefined> => Promise.resolve(undefined);
  return {
    service: { setTarget: done, request: { setHeader: done } },
    response: { exit: done },
  } as unknown as Pdk;
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

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? NaN;
}
