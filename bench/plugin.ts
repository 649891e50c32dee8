/**
 * The own plugin server against the stock one, with the same plugin in the same run: CPU per event,
 * memory, and where requests go while servers are killed. A machine's load moves both, so the ratio
 * is what counts.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { writeSnapshot, type SnapshotService } from '../catalog/snapshot';
import type { Holder } from './support/held-socket';
import { heldSocketRestarts, killRounds, type RoundFigures } from './support/kill-rounds';
import type { KongWorker, PluginConfig } from './support/kong-worker';
import { openWorker } from './support/open-worker';
import { startOwn, startStock, type MeasuredServer } from './support/plugin-server-process';
import { median } from './support/quantile';

const concurrencies = [1, 10, 50] as const;
const eventsPerSlice = 5_000;
const slices = 9;
/** Before that much a server runs code that its compiler has not seen enough of. */
const warmUpEvents = 20_000;
const heapEvents = 500_000;
/** Compiled code is heap as well, and there is more of it for a while. */
const heapWarmUpEvents = 150_000;
const killRoundCount = 50;
const heldKills = 50;
/** Fewer: the parent starts a server that dies at once again later and later. */
const supervisedKills = 10;
const plannedRestarts = 20;
const firstPort = 31_000;

/**
 * `cpuRatio`: own / stock, ten at a time. `heapGrowthPct`: of the collected heap, over 500,000 events.
 * `bypassed`: requests that went on to the service's own host, which answers. `failedPerKill`: at 16
 * clients, with `--supervise`, as the units and the container run it: the parent holds the connections as
 * well. `failedPerKillUnsupervised`: with the socket alone held, as systemd does it; `restartFailed`: the
 * same over 20 planned restarts.
 */
export async function run(): Promise<Record<string, number>> {
  const folder = await mkdtemp(join(tmpdir(), 'bench-plugin-'));
  try {
    const snapshot = join(folder, 'catalog.json');
    const services = Array.from({ length: 20 }, (_, index) => serviceOf(index));
    const hash = '0'.repeat(64);
    await writeSnapshot(snapshot, { version: 1, mesh: 'default', hash, services });
    const configs = services.map(({ name }, index) => configOf(name, index, snapshot));
    const figures = {
      ...(await compare(folder, configs)),
      heapGrowthPct: await heapGrowth(folder, snapshot, configs),
      ...(await whileRestarting(folder)),
    };
    return Object.fromEntries(
      Object.entries(figures).map(([name, value]) => [name, Math.round(value * 1000) / 1000]),
    );
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function compare(
  folder: string,
  configs: readonly PluginConfig[],
): Promise<Record<string, number>> {
  const own = sideOf(await startOwn(join(folder, 'own.socket')));
  const stock = sideOf(await startStock(folder));
  const figures: Record<string, number> = {};
  try {
    for (const side of [own, stock]) await load(side.worker, configs, 10, warmUpEvents);
    for (const concurrency of concurrencies) {
      const spent: { own: number[]; stock: number[] } = { own: [], stock: [] };
      // In turns, and the median: what else the machine does meets both alike, and counts little.
      for (let slice = 0; slice < slices; slice += 1) {
        spent.own.push(await cpuPerEvent(own, configs, concurrency));
        spent.stock.push(await cpuPerEvent(stock, configs, concurrency));
      }
      const perEvent = { own: median(spent.own), stock: median(spent.stock) };
      figures[`cpuRatio${concurrency}`] = perEvent.own / perEvent.stock;
      figures[`ownCpuMicros${concurrency}`] = perEvent.own;
      figures[`stockCpuMicros${concurrency}`] = perEvent.stock;
    }
    figures['cpuRatio'] = figures['cpuRatio10'] ?? NaN;
    Object.assign(figures, await roundTrips(own.worker, configs));
    figures['rssMB'] = await own.server.residentMegabytes();
    figures['stockRssMB'] = await stock.server.residentMegabytes();
    return figures;
  } finally {
    await Promise.all([own.server.kill(), stock.server.kill()]);
  }
}

/** Over the three ways a handler can end: retargeted, without a call, and with an exit. */
async function heapGrowth(
  folder: string,
  snapshot: string,
  configs: readonly PluginConfig[],
): Promise<number> {
  const own = await startOwn(join(folder, 'heap.socket'), { heap: true });
  const worker = openWorker(own);
  const missing = { service: 'nobody', snapshot };
  const mixed: readonly PluginConfig[] = [
    ...configs.slice(0, 4),
    { key: 'passes', config: { ...missing, on_missing: 'passthrough' } },
    { key: 'exits', config: missing },
  ];
  try {
    await load(worker, mixed, 50, heapWarmUpEvents);
    const before = await own.heapBytes();
    await load(worker, mixed, 50, heapEvents);
    return ((await own.heapBytes()) / before - 1) * 100;
  } finally {
    await own.kill();
  }
}

/** Waits of Kong for one request, by what `host_header` says. */
async function roundTrips(
  worker: KongWorker,
  [first]: readonly PluginConfig[],
): Promise<Record<string, number>> {
  const figures: Record<string, number> = {};
  if (!first) return figures;
  for (const [name, header] of [
    ['roundTrips', 'mesh'],
    ['roundTripsLiteral', 'orders.example'],
    ['roundTripsPreserve', 'preserve'],
  ] as const) {
    const config = { key: name, config: { ...first.config, host_header: header } };
    await worker.access(config);
    figures[name] = (await worker.access(config)).roundTrips;
  }
  return figures;
}

async function whileRestarting(folder: string): Promise<Record<string, number>> {
  const killed = await killRounds(folder, killRoundCount);
  const killHeld = (holder: Holder, kills: number): Promise<RoundFigures> =>
    heldSocketRestarts(folder, {
      holder,
      restarts: kills,
      signal: 'SIGKILL',
      requests: kills * 250,
      // Some 300 requests a second. Without a pause all clients are in the server's hands all the time.
      pauseMs: 40,
    });
  const held = await killHeld('systemd', heldKills);
  const supervised = await killHeld('parent', supervisedKills);
  const planned = await heldSocketRestarts(folder, {
    holder: 'systemd',
    restarts: plannedRestarts,
    signal: 'SIGTERM',
    requests: 8_000,
  });
  const sum = (figure: 'wrongTargets' | 'bypassed'): number =>
    [killed, held, supervised, planned].reduce((total, figures) => total + figures[figure], 0);
  return {
    wrongTargets: sum('wrongTargets'),
    bypassed: sum('bypassed'),
    killRequests: killed.requests,
    killFailed: killed.failed,
    failedPerKill: supervised.failed / supervisedKills,
    failedPerKillUnsupervised: held.failed / heldKills,
    restartRequests: planned.requests,
    restartFailed: planned.failed,
  };
}

/** A server with the one Kong worker that uses it, which keeps its instances and connections. */
interface Side {
  readonly server: MeasuredServer;
  readonly worker: KongWorker;
}

function sideOf(server: MeasuredServer): Side {
  return { server, worker: openWorker(server) };
}

async function load(
  worker: KongWorker,
  configs: readonly PluginConfig[],
  concurrency: number,
  events: number,
): Promise<void> {
  // One instance per config, as Kong starts them: not many at once for the same.
  for (const config of configs) await worker.access(config);
  let next = 0;
  const client = async (): Promise<void> => {
    while (next < events) {
      const config = configs[next % configs.length];
      next += 1;
      if (!config) return;
      const { failed } = await worker.access(config);
      if (failed !== undefined) throw new Error(`an event failed: ${failed}`);
    }
  };
  await Promise.all(Array.from({ length: concurrency }, client));
}

async function cpuPerEvent(
  { server, worker }: Side,
  configs: readonly PluginConfig[],
  concurrency: number,
): Promise<number> {
  const before = await server.cpuMicros();
  await load(worker, configs, concurrency, eventsPerSlice);
  return ((await server.cpuMicros()) - before) / eventsPerSlice;
}

function configOf(service: string, index: number, snapshot: string): PluginConfig {
  return { key: `plugins:mesh-upstream:${index}`, config: { service, snapshot } };
}

/** Each at a port of its own, so that a request at the wrong one is seen. */
function serviceOf(index: number): SnapshotService {
  const name = `service-${index}`;
  const hostname = `${name}.svc.mesh.local`;
  const outbound = `127.0.0.1:${firstPort + index}`;
  return {
    kind: 'MeshService',
    name,
    hostnames: [hostname],
    availability: 'available',
    ports: [{ port: 8080, auto: 'outbound', addresses: { outbound } }],
  };
}
