/**
 * What a request costs a plugin server, by the number of PDK calls of the plugin: the own server
 * against the stock one, in turns, with the same plugin that does nothing else.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import type { Figures } from './figures';
import type { KongWorker, PluginConfig } from './support/kong-worker';
import { openWorker } from './support/open-worker';
import { startOwn, startStock, type MeasuredServer } from './support/plugin-server-process';
import { quantile } from './support/quantile';

const callCounts = [0, 1, 2, 5] as const;
const concurrency = 10;
const slices = 9;
const eventsPerSlice = 5_000;
const eventsAlone = 3_000;
/** Before that much a server runs code that its compiler has not seen enough of. */
const warmUpEvents = 20_000;

/**
 * Keys end with the number of PDK calls. `ownCpuMicros`, `stockCpuMicros`: of the server a request, ten
 * at a time; `cpuRatio`: own by stock. `ownP50Micros`, `stockP50Micros`: one at a time, from the
 * event to its end, with a Kong side that answers each call at once. `ownCallMicros`,
 * `stockCallMicros`: the server's CPU for one call more.
 */
export async function run(): Promise<Figures> {
  const folder = await mkdtemp(join(tmpdir(), 'bench-pdk-'));
  const servers: MeasuredServer[] = [];
  try {
    const own = await startOwn(join(folder, 'own.socket'), { program: 'own-pdk-server.js' });
    servers.push(own);
    const stock = await startStock(folder, join(__dirname, 'support/pdk-plugin'));
    servers.push(stock);
    const figures: Record<string, number> = {};
    const sides = [sideOf('own', own), sideOf('stock', stock)];
    for (const calls of callCounts) {
      for (const [name, value] of Object.entries(await measure(sides, calls))) {
        figures[`${name}${String(calls)}`] = Math.round(value * 100) / 100;
      }
    }
    return { ...figures, ...perCall(figures, 'own'), ...perCall(figures, 'stock') };
  } finally {
    await Promise.all(servers.map((server) => server.kill()));
    await rm(folder, { recursive: true, force: true });
  }
}

interface Side {
  readonly name: 'own' | 'stock';
  readonly server: MeasuredServer;
  readonly worker: KongWorker;
}

function sideOf(name: Side['name'], server: MeasuredServer): Side {
  return { name, server, worker: openWorker(server) };
}

async function measure(sides: readonly Side[], calls: number): Promise<Figures> {
  const plugin = { name: 'pdk-calls', key: `calls-${String(calls)}`, config: { calls } };
  const cpu: Record<Side['name'], number[]> = { own: [], stock: [] };
  const alone: Record<Side['name'], number[]> = { own: [], stock: [] };
  for (const side of sides) await load(side.worker, plugin, warmUpEvents);
  // In turns: what else the machine does meets both alike.
  for (let slice = 0; slice < slices; slice += 1) {
    for (const { name, server, worker } of sides) {
      const before = await server.cpuMicros();
      await load(worker, plugin, eventsPerSlice);
      cpu[name].push(((await server.cpuMicros()) - before) / eventsPerSlice);
    }
  }
  for (const { name, worker } of sides) {
    for (let event = 0; event < eventsAlone; event += 1) {
      const startedAt = performance.now();
      await once(worker, plugin);
      alone[name].push((performance.now() - startedAt) * 1_000);
    }
  }
  const [own, stock] = [quantile(cpu.own, 0.5), quantile(cpu.stock, 0.5)];
  return {
    ownCpuMicros: own,
    stockCpuMicros: stock,
    cpuRatio: own / stock,
    ownP50Micros: quantile(alone.own, 0.5),
    stockP50Micros: quantile(alone.stock, 0.5),
  };
}

async function load(worker: KongWorker, plugin: PluginConfig, events: number): Promise<void> {
  await once(worker, plugin);
  let next = 0;
  const client = async (): Promise<void> => {
    while (next++ < events) await once(worker, plugin);
  };
  await Promise.all(Array.from({ length: concurrency }, client));
}

async function once(worker: KongWorker, plugin: PluginConfig): Promise<void> {
  const { failed, calls } = await worker.access(plugin);
  if (failed !== undefined) throw new Error(`an event failed: ${failed}`);
  if (calls !== plugin.config['calls']) throw new Error(`${String(calls)} calls were made`);
}

/** From the first call to the fifth: the event itself is in neither. */
function perCall(figures: Figures, side: Side['name']): Figures {
  const [one = NaN, five = NaN] = [figures[`${side}CpuMicros1`], figures[`${side}CpuMicros5`]];
  return { [`${side}CallMicros`]: Math.round(((five - one) / 4) * 100) / 100 };
}
