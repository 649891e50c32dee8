/**
 * Memory by the number of mesh services: of the daemon beside a control plane and a Kong without a
 * database, and of the plugin server beside a Kong worker. Both as processes of their own, by the
 * commands that users run.
 */
import { mkdtemp, readFile, rm, writeFile, rename } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';

import { formatSnapshot } from '../catalog/snapshot';
import type { Figures } from './figures';
import { startDaemon } from './support/daemon-process';
import type { KongWorker, PluginConfig } from './support/kong-worker';
import { openWorker } from './support/open-worker';
import { manySnapshot, nameOf } from './support/many-services';
import { startPassWorld } from './support/pass-world';
import { startCommand } from './support/plugin-server-process';

const sizes = [100, 1_000, 10_000, 50_000] as const;
const instances = 100;
const events = 20_000;
const replacements = 5;
const restMs = 20_000;

/**
 * Keys end with the number of mesh services. `daemonMB`: resident in MiB, after passes in which nothing
 * changed; `daemonPeakMB` its highest. `pluginServerMB`: resident after 20,000 requests on each of six
 * snapshots that replaced one another; `pluginServerPeakMB` its highest, which is while it reads one
 * beside the one in use.
 */
export async function run(): Promise<Figures> {
  const figures: Record<string, number> = {};
  for (const services of sizes) {
    process.stderr.write(`memory: ${String(services)} services\n`);
    const folder = await mkdtemp(join(tmpdir(), 'bench-memory-'));
    try {
      const measured = {
        ...(await pluginServer(folder, services)),
        ...(await daemon(folder, services)),
      };
      for (const [name, value] of Object.entries(measured)) {
        figures[`${name}${String(services)}`] = Math.round(value * 10) / 10;
      }
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  }
  return figures;
}

async function pluginServer(folder: string, services: number): Promise<Figures> {
  const snapshot = join(folder, 'plugin-catalog.json');
  await replace(snapshot, services, 0);
  const server = await startCommand(join(folder, 'plugin.socket'));
  const worker = openWorker(server);
  const configs = Array.from({ length: Math.min(instances, services) }, (_, at) => ({
    key: `plugins:mesh-upstream:${String(at)}`,
    config: { service: nameOf(Math.floor((at * services) / instances)), snapshot },
  }));
  try {
    for (let revision = 0; revision <= replacements; revision += 1) {
      if (revision > 0) await replace(snapshot, services, revision);
      await untilServed(worker, configs, revision);
      await load(worker, configs);
    }
    return {
      pluginServerMB: await server.residentMegabytes(),
      pluginServerPeakMB: await server.peakMegabytes(),
    };
  } finally {
    worker.close();
    await server.kill();
  }
}

async function replace(file: string, services: number, revision: number): Promise<void> {
  await writeFile(`${file}.new`, formatSnapshot(manySnapshot(services, revision)));
  await rename(`${file}.new`, file);
}

/** Each snapshot has other addresses, so that what is served tells which one it is from. */
async function untilServed(
  worker: KongWorker,
  configs: readonly PluginConfig[],
  revision: number,
): Promise<void> {
  const deadline = performance.now() + 60_000;
  const [first] = configs;
  while (first && performance.now() < deadline) {
    const { target } = await worker.access(first);
    if (target?.host.startsWith(`241.${String(revision)}.`)) return;
    await wait(20);
  }
  throw new Error('a new snapshot was never served');
}

async function load(worker: KongWorker, configs: readonly PluginConfig[]): Promise<void> {
  let next = 0;
  const client = async (): Promise<void> => {
    while (next < events) {
      const config = configs[next++ % configs.length];
      const outcome = config && (await worker.access(config));
      if (!outcome?.target) throw new Error(`an event failed: ${JSON.stringify(outcome)}`);
    }
  };
  await Promise.all(Array.from({ length: 10 }, client));
}

async function daemon(folder: string, services: number): Promise<Figures> {
  const world = await startPassWorld(services);
  try {
    const running = await startDaemon(world, folder, services);
    try {
      await untilAtRest(join(folder, 'catalog.json'), world);
      await wait(restMs);
      return {
        daemonMB: await running.residentMegabytes(),
        daemonPeakMB: await running.peakMegabytes(),
      };
    } finally {
      await running.stop();
    }
  } finally {
    await world.stop();
  }
}

/** The snapshot is complete, and a few looks have found nothing new since. */
async function untilAtRest(
  snapshot: string,
  world: Awaited<ReturnType<typeof startPassWorld>>,
): Promise<void> {
  let text = '';
  for (let same = 0; same < 3;) {
    const before = (await world.counts()).kuma;
    // A look at this many services takes several pages a list: ten requests are one at the least.
    while ((await world.counts()).kuma - before < 10) await wait(100);
    await wait(1_000);
    const now = await readFile(snapshot, 'utf8');
    same = now === text ? same + 1 : 0;
    text = now;
  }
}
