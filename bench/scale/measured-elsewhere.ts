/**
 * What only the real programs can tell, measured on them once (Kuma 2.14.3, Kong 3.9.1; two cores):
 * the simulation is as good as these.
 */

/** Milliseconds for a page of 1,000 entries; the other lists of a mesh are short. */
const pageMsByList: Readonly<Record<string, number>> = {
  meshservices: 74,
  'service-insights': 24,
  dataplanes: 67,
};
const shortPageMs = 5;

/** How long a control plane takes for one page of the list at this path. */
export function pageMs(path: string): number {
  return pageMsByList[listOf(path)] ?? shortPageMs;
}

/** By how much the entries of a real list are larger than the stand-in's: 1.6 KiB to 1.1. */
const realByStandIn: Readonly<Record<string, number>> = { meshservices: 1.48 };

/** Of a page of the list at this path, given what the stand-in for a control plane sends. */
export function pageBytes(path: string, standIn: number): number {
  return standIn * (realByStandIn[listOf(path)] ?? 1);
}

/** `POST /config` to a Kong without a database: as many services and routes, half as many upstreams. */
const reloadMs: readonly (readonly [services: number, ms: number])[] = [
  [10, 20],
  [100, 29],
  [1_000, 355],
  [5_000, 2_950],
];

/** Between the measured sizes as a power law, and beyond the last one as the last two go on. */
export function kongReloadMs(services: number): number {
  const next = reloadMs.findIndex(([size]) => size >= services);
  const at = Math.max(1, next < 0 ? reloadMs.length - 1 : next);
  const [low = [1, 0], high = [1, 0]] = [reloadMs[at - 1], reloadMs[at]];
  const slope = Math.log(high[1] / low[1]) / Math.log(high[0] / low[0]);
  return high[1] * (services / high[0]) ** slope;
}

function listOf(path: string): string {
  return path.split('/').at(-1) ?? '';
}
