/**
 * What changes with many gateways and many services, by simulation: the real loop of a thousand
 * daemons in virtual time, with the requests that the real source makes and the time that a real
 * control plane takes for each; catalogs as large as they get, built and written.
 */
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { createCatalog } from '../catalog/catalog';
import type { MeshService } from '../catalog/service';
import { toSnapshot, writeSnapshot } from '../catalog/snapshot';
import type { Figures } from './figures';
import { kongReloadMs, pageMs } from './scale/measured-elsewhere';
import { recordLook, type Look } from './scale/record-look';
import { simulate, type PollingLoad } from './scale/simulate';

const gatewayCounts = [1, 10, 100, 1_000] as const;
const serviceCounts = [1_000, 10_000, 50_000] as const;
/** A thousand gateways in a hundred zones: so many share one control plane. */
const gatewaysPerZone = 10;
const seed = 1;

/**
 * `…N` with N gateways at one control plane of 1,000 services, asked every second: `meanRps`,
 * `peakRps` (of the busiest 100 ms), `peakToMean`, the same two with `Exact` without any chance in the
 * waits, `mibPerS`.
 *
 * `…N` with N services: `lookRequests`, `lookMiB` of one look; `periodS`: how often a daemon then looks
 * with an interval of 1 s; `zoneMibPerS` and `zoneInFlight` (requests that are worked on at the same
 * time) of ten gateways, `allMibPerS` of 1,000 at one control plane, `slowZoneMibPerS` and `slowMibPerS`
 * the same with an interval of 60 s; `snapshotMiB`, `snapshotCpuMs` to build and write it; `reloadMs` of a Kong without a database,
 * `reloadPct` of its time where every ten seconds a change reaches its configuration.
 */
export async function run(): Promise<Figures> {
  const figures: Record<string, number> = {};
  const note = (size: number, found: Figures): void => {
    for (const [name, value] of Object.entries(found)) {
      figures[`${name}${String(size)}`] = Math.round(value * 100) / 100;
    }
  };
  for (const services of serviceCounts) {
    process.stderr.write(`scale: ${String(services)} services\n`);
    const look = await recordLook(services);
    if (services === 1_000) {
      for (const gateways of gatewayCounts) note(gateways, await byGateways(look, gateways));
    }
    note(services, { ...(await byServices(look)), ...(await snapshotOf(services)) });
  }
  return figures;
}

async function byGateways(look: Look, gateways: number): Promise<Figures> {
  const asIs = await load(look, { daemons: gateways });
  const exact = await load(look, { daemons: gateways, spread: false });
  return {
    meanRps: asIs.meanRequestsPerSecond,
    peakRps: asIs.peakRequestsPerSecond,
    peakToMean: asIs.peakRequestsPerSecond / asIs.meanRequestsPerSecond,
    peakExactRps: exact.peakRequestsPerSecond,
    peakToMeanExact: exact.peakRequestsPerSecond / exact.meanRequestsPerSecond,
    mibPerS: asIs.meanMiBPerSecond,
  };
}

async function byServices(look: Look): Promise<Figures> {
  const pages = look.lists.flatMap((list) => list.pages);
  const one = await load(look, { daemons: 1 });
  const zone = await load(look, { daemons: gatewaysPerZone });
  // Long enough for a look each minute to be many.
  const slow = await load(look, { daemons: 1, intervalMs: 60_000, measuredMs: 6_000_000 });
  const reloadMs = kongReloadMs(look.services);
  return {
    lookRequests: pages.length,
    lookMiB: pages.reduce((sum, { bytes }) => sum + bytes, 0) / 2 ** 20,
    periodS: one.meanPeriodMs / 1_000,
    zoneMibPerS: zone.meanMiBPerSecond,
    zoneInFlight: zone.meanInFlight,
    allMibPerS: one.meanMiBPerSecond * 1_000,
    slowZoneMibPerS: slow.meanMiBPerSecond * gatewaysPerZone,
    slowMibPerS: slow.meanMiBPerSecond * 1_000,
    reloadMs,
    reloadPct: Math.min(100, reloadMs / 100),
  };
}

function load(
  look: Look,
  scenario: { daemons: number; intervalMs?: number; spread?: boolean; measuredMs?: number },
): Promise<PollingLoad> {
  return simulate({ intervalMs: 1_000, spread: true, seed, look, pageMs, ...scenario });
}

/** The catalog of a mesh of a hundred zones, as a daemon makes a snapshot of it. */
async function snapshotOf(services: number): Promise<Figures> {
  const folder = await mkdtemp(join(tmpdir(), 'bench-scale-'));
  try {
    const file = join(folder, 'catalog.json');
    const observed = Array.from({ length: services }, (_, index) => meshService(index));
    const before = process.cpuUsage();
    const catalog = createCatalog('default', observed, {
      environment: 'universal',
      transparentProxy: true,
      outbounds: [],
    });
    await writeSnapshot(file, toSnapshot(catalog));
    const { user, system } = process.cpuUsage(before);
    return {
      snapshotMiB: (await stat(file)).size / 2 ** 20,
      snapshotCpuMs: (user + system) / 1_000,
    };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function meshService(index: number): MeshService {
  const name = `svc-${String(index).padStart(5, '0')}`;
  const zone = `zone-${String(index % 100).padStart(2, '0')}`;
  return {
    kind: 'MeshService',
    mesh: 'default',
    name,
    resource: name,
    zone,
    labels: { 'kuma.io/display-name': name, 'kuma.io/zone': zone },
    hostnames: [`${name}.svc.${zone}.mesh.local`],
    vips: [`241.0.${String((index >> 8) & 255)}.${String(index & 255)}`],
    availability: 'available',
    ports: [{ port: 8080, name: 'http', protocol: 'http' }],
  };
}
