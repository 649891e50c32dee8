/**
 * Syncing N services, each with a route, a plugin, an upstream and two targets, into a Kong with a
 * database: one-shot by the command line in a process of its own, and in a running daemon.
 */
import { compose } from '../daemon/cli/compose';
import { loadConfig } from '../daemon/config/load';
import { diff } from '../daemon/plan/diff';
import type { PassContext } from '../daemon/reconcile/context';
import { runPass, type PassMemory } from '../daemon/reconcile/pass';
import { startSyncWorld, type SyncWorld, type Usage } from './support/sync-world';
import { median } from './support/quantile';

const sizes = [100, 1_000, 10_000] as const;
const changes = 5;

/**
 * For each N: wall, CPU and peak memory of `validate`, of the first `sync` and of one with nothing to
 * do, with their calls; in the daemon the calls of an unchanged pass, and of one target's change its
 * calls, its time from the desired state to Kong's answer (`oneChangeMs`, median of five) and that of
 * the whole pass, files read anew (`oneChangePassMs`).
 */
export async function run(): Promise<Record<string, number>> {
  const figures: Record<string, number> = {};
  for (const services of sizes) {
    const world = await startSyncWorld(services);
    try {
      const measured = { ...(await oneShot(world)), ...(await inDaemon(world)) };
      for (const [name, value] of Object.entries(measured)) {
        figures[`${name}${services}`] = Math.round(value * 100) / 100;
      }
    } finally {
      await world.stop();
    }
  }
  return figures;
}

async function oneShot(world: SyncWorld): Promise<Record<string, number>> {
  const validate = await world.measure('validate');
  const initial = await world.measure('sync');
  const noop = await world.measure('sync');
  return {
    validateS: validate.wallS,
    validateCpuS: validate.cpuS,
    validateRssMiB: validate.rssMiB,
    ...named('initial', initial),
    ...named('noop', noop),
  };
}

function named(name: string, { wallS, cpuS, rssMiB, calls }: Usage): Record<string, number> {
  return {
    [`${name}S`]: wallS,
    [`${name}WallS`]: wallS,
    [`${name}CpuS`]: cpuS,
    [`${name}RssMiB`]: rssMiB,
    [`${name}Calls`]: calls,
  };
}

async function inDaemon(world: SyncWorld): Promise<Record<string, number>> {
  const loaded = await loadConfig({ file: world.configFile, env: {} });
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.failures));
  const context = await compose(loaded.config, {}, { readOnly: false });
  const memory: PassMemory = {};
  await pass(context, memory);
  const atRest = await callsOf(world, () => pass(context, memory));
  const probing = await callsOf(world, () => probe(context));
  const times: number[] = [];
  const passTimes: number[] = [];
  let calls = 0;
  for (let change = 1; change <= changes; change++) {
    times.push(await changeOneTarget(context, memory, 10 + change));
    await world.writeKongFile(20 + change);
    const startedAt = performance.now();
    calls = await callsOf(world, () => pass(context, memory));
    passTimes.push(performance.now() - startedAt);
  }
  context.kong?.close?.();
  return {
    unchangedCalls: atRest,
    probeCalls: probing,
    oneChangeCalls: calls,
    oneChangeMs: median(times),
    oneChangePassMs: median(passTimes),
  };
}

/** From a desired state in which one target has another weight to a Kong that has it too. */
async function changeOneTarget(
  { kong }: PassContext,
  memory: PassMemory,
  weight: number,
): Promise<number> {
  const user = memory.used?.state;
  if (!kong || !user) throw new Error('the first pass has read the files');
  const entities = user.entities.map((entity) =>
    entity.key === '10.0.0.0:8080 of upstream up-0'
      ? { ...entity, fields: { ...entity.fields, weight } }
      : entity,
  );
  const startedAt = performance.now();
  const desired = await kong.canonicalise({ ...user, entities }, never);
  const plan = diff(await kong.read(never), desired);
  const report = await kong.apply(plan, desired, never);
  const tookMs = performance.now() - startedAt;
  if (report.writes !== 1 || report.failures.length > 0) throw new Error('one write was due');
  memory.kongState = report.state;
  return tookMs;
}

const never = new AbortController().signal;

async function pass(context: PassContext, memory: PassMemory): Promise<void> {
  const report = await runPass(context, memory, { dryRun: false, confirmDeletes: false }, never);
  if (report.outcome === 'failed') throw new Error(JSON.stringify(report.failures));
}

async function probe({ kong }: PassContext): Promise<void> {
  if ((await kong?.probe(never)) !== 'same') throw new Error('nobody has changed anything');
}

async function callsOf(world: SyncWorld, work: () => Promise<void>): Promise<number> {
  const before = await world.calls();
  await work();
  return (await world.calls()) - before - 1;
}
