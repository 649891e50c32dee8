/**
 * What the plugin does with a snapshot, by the number of mesh services in it: reading it, looking a
 * service up, and answering one request.
 */
import { formatSnapshot } from '../catalog/snapshot';
import { createHandler } from '../plugin/mesh-upstream/handler';
import type { Pdk } from '../plugin/mesh-upstream/pdk';
import { decide } from '../plugin/mesh-upstream/rewrite';
import { readServiceTable, wholeSource } from '../plugin/mesh-upstream/service-table';
import type { Figures } from './figures';
import { manySnapshot, nameOf } from './support/many-services';
import { quantile } from './support/quantile';

const sizes = [100, 1_000, 10_000, 50_000] as const;
/** So many plugin instances, spread over the catalog. */
const instances = 1_000;
const rounds = 11;
const callsPerRound = 2_000;

/**
 * Keys end with the number of mesh services. `fileKiB`: the snapshot. `readMs`: CPU from its bytes to
 * a table, in slices between requests. `lookupNs`: finding a service and deciding, which each
 * instance of the plugin does once a snapshot. `requestNs`: the plugin's whole work on one request,
 * without the calls to Kong. `growth`: the look-up at 50,000 by that at 100.
 */
export async function run(): Promise<Figures> {
  const figures: Record<string, number> = {};
  for (const services of sizes) {
    for (const [name, value] of Object.entries(await measure(services))) {
      figures[`${name}${String(services)}`] = value;
    }
  }
  const growth = (figures['lookupNs50000'] ?? NaN) / (figures['lookupNs100'] ?? NaN);
  return { ...figures, growth: Math.round(growth * 100) / 100 };
}

async function measure(services: number): Promise<Figures> {
  const text = Buffer.from(formatSnapshot(manySnapshot(services)));
  const before = process.cpuUsage();
  const table = await readServiceTable(wholeSource(text), 'catalog.json');
  const { user, system } = process.cpuUsage(before);
  const configs = Array.from({ length: instances }, (_, at) => ({
    service: nameOf(Math.floor((at * services) / instances)),
    address: 'auto' as const,
    host_header: 'mesh',
    on_missing: 'reject' as const,
    hash_on: 'none' as const,
  }));
  const watch = () => ({ current: table, firstRead: Promise.resolve() });
  const handlers = configs.map((config) => createHandler(config, { watch, log: () => undefined }));
  const kong = silentPdk();
  const figures = {
    fileKiB: Math.round(text.length / 1024),
    readMs: Math.round((user + system) / 1000),
    lookupNs: await nsPerCall((at) => {
      const config = configs[at % instances];
      if (config && decide(config, table).kind !== 'rewrite') throw new Error(config.service);
    }),
    requestNs: await nsPerCall((at) => handlers[at % instances]?.access(kong)),
  };
  table.retire();
  return figures;
}

/** CPU, not wall: the median of some rounds, after one that does not count. */
async function nsPerCall(call: (at: number) => unknown): Promise<number> {
  const times: number[] = [];
  for (let round = 0; round <= rounds; round++) {
    const before = process.cpuUsage();
    for (let at = 0; at < callsPerRound; at++) await call(at * 7);
    const { user, system } = process.cpuUsage(before);
    if (round > 0) times.push(((user + system) * 1_000) / callsPerRound);
  }
  return Math.round(quantile(times, 0.5));
}

function silentPdk(): Pdk {
  const done = (): Promise<undefined> => Promise.resolve(undefined);
  return {
    service: { setTarget: done, request: { setHeader: done } },
    response: { exit: done },
  } as unknown as Pdk;
}
