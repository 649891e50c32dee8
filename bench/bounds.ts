/** What must hold of the figures. One literal table: a bound that changes is seen in a review. */
import type { Figures } from './figures';

export interface Bound {
  readonly bench: string;
  /** A key of the bench's figures. */
  readonly figure: string;
  readonly is: 'at most' | 'at least';
  readonly limit: number;
  /** Why this much and not more. */
  readonly why: string;
}

export interface Verdict extends Bound {
  /** Absent where the bench did not print the figure: then it does not hold. */
  readonly value?: number;
  readonly holds: boolean;
}

export const bounds: readonly Bound[] = [
  atMost('plugin', 'cpuRatio', 0.45, 'a server of our own has to pay for being kept'),
  atMost('plugin', 'roundTrips', 1, 'all calls of a request are written ahead'),
  atMost('plugin', 'roundTripsLiteral', 1, 'all calls of a request are written ahead'),
  atMost('plugin', 'roundTripsPreserve', 2, "the client's Host has to be asked for"),
  atMost('plugin', 'rssMB', 60, 'it runs beside every Kong node'),
  atMost('plugin', 'heapGrowthPct', 5, 'over 500,000 events: more would be a leak'),
  atMost('plugin', 'wrongTargets', 0, 'never a wrong service'),
  atMost('plugin', 'bypassed', 0, 'a dead plugin server is an error, never a way past the mesh'),
  atMost('plugin', 'failedPerKill', 3, 'only what Kong was writing to the server that died'),
  atMost('plugin', 'restartFailed', 0, 'a planned restart is not noticed'),
  ...[0, 1, 2, 5].map((calls) =>
    atMost('pdk', `cpuRatio${String(calls)}`, 1, 'never dearer than the stock server'),
  ),
  atMost('lookup', 'growth', 2, 'the look-up does not grow with the catalog: 50,000 against 100'),
  atMost('lookup', 'requestNs50000', 20_000, 'a PDK call alone costs about 33,000 ns'),
  atMost('pass', 'unchangedCpuMs10000', 60, 'a daemon that idles must not be noticed'),
  atMost('pass', 'oneChangeExtraCpuMs10000', 60, 'the work follows the change, not the mesh'),
  atMost('pass', 'unchangedPushes10000', 0, 'Kong reloads only for a change'),
  atMost('pass', 'unchangedCpuMs50000', 250, 'a quarter of a core at an interval of one second'),
  atMost('pass', 'oneChangeExtraCpuMs50000', 120, 'the work follows the change, not the mesh'),
  atMost('pass', 'unchangedPushes50000', 0, 'Kong reloads only for a change'),
  atMost('propagate', 'failed', 0, 'no request meets an address that is not there'),
  atMost('propagate', 'wrong', 0, 'never a wrong service'),
  atMost('propagate', 'p99Ms', 2_000, 'poll interval 1 s, sidecar 0.7 s, and 0.3 s for the rest'),
  atMost('split', 'failed', 0, 'weights that move cost no request'),
  atMost('split', 'wrong', 0, 'never a wrong service'),
  atMost('split', 'errorPct', 1, 'of the smaller share, over 100,000 requests in each form'),
  atMost('failover', 'firstGoodMs', 1_500, 'poll interval 1 s, and 0.5 s for the rest'),
  atMost('failover', 'failedAfter', 0, 'once the fallback serves, no request fails'),
  atMost('start', 'helpCpuMs', 150, 'help is read before anything else'),
  atMost('start', 'validateSmallCpuMs', 250, 'a hook runs it at each commit'),
  atMost('sync', 'noopWallS10000', 8, 'decK took 58.7 s'),
  atMost('sync', 'noopRssMiB10000', 500, 'decK took 1,216 MiB'),
  atMost('sync', 'validateS10000', 3, 'decK took 16.0 s'),
  atMost('sync', 'initialS10000', 20, 'decK took 32.0 s'),
  atMost('sync', 'unchangedCalls10000', 0, 'a daemon knows what it applied'),
  atMost('sync', 'oneChangeCalls10000', 3, 'calls follow the change, not the size'),
  atMost('sync', 'oneChangeMs10000', 300, 'a change of one target is not a sync'),
  ...['validate', 'noop', 'diffNoop', 'oneChange'].flatMap((step) => [
    atLeast('deck', `${step}WallRatio100`, 1, 'at the size that people have nobody waits longer'),
    atLeast('deck', `${step}WallRatio1000`, 2, 'it is felt at each commit'),
  ]),
  atLeast('deck', 'noopWallRatio10000', 6, 'nothing to do must cost next to nothing'),
  atLeast('deck', 'noopCpuRatio10000', 6, 'nothing to do must cost next to nothing'),
  atLeast('deck', 'validateWallRatio10000', 4, 'both read the same file'),
  atLeast('deck', 'initialWallRatio10000', 3, "Kong's own writing is in both"),
  atMost('deck', 'oursNoopRssMiB10000', 300, 'a runner of CI has little memory'),
  atMost('deck', 'oursInitialRssMiB10000', 300, 'a runner of CI has little memory'),
  atMost('memory', 'pluginServerMB50000', 120, 'it runs beside every Kong node'),
  atMost('k8s', 'p99Ms', 1_000, 'a change of the cluster is in the snapshot within a second'),
  atMost('k8s', 'rssMB', 220, 'the memory limit of the shipped Deployment leaves room above it'),
  atMost('doctor', 'doctorS', 5, '2,000 linked services while somebody waits for the answer'),
  atMost('doctor', 'mostPerKind', 1, 'one list call per kind, however many services'),
  atMost('page', 'firstPaintMs', 600, 'a page that is opened during an outage'),
  atMost('page', 'drawn', 200, 'with more at once nobody finds anything'),
  atMost('scale', 'peakToMean1000', 2, 'daemons that were started together must not poll together'),
  atMost('churn', 'failed', 0, 'no request fails where a working address existed throughout'),
  atMost('churn', 'wrong', 0, 'never a wrong service'),
  atMost('cutover', 'failed', 0, 'the way to 3.x and back loses no request'),
  atMost('cutover', 'wrong', 0, 'never a wrong service'),
  atMost('cutover', 'bypassed', 0, 'never past the mesh'),
  atMost('cutover', 'stormWrong', 0, 'never a wrong service, whatever the version says'),
  atMost('cutover', 'stormOutboundsLost', 0, 'a version that flips removes nothing'),
  atMost('cutover', 'earlyExits', 0, 'sync is done when Kong answers'),
  atMost('soak', 'daemonHeapMBPerHour', 1, 'after warm-up: more would be a leak'),
  atMost('soak', 'pluginServerHeapMBPerHour', 1, 'after warm-up: more would be a leak'),
  atMost('soak', 'failed', 0, 'no request fails where a working address existed throughout'),
  atMost('soak', 'wrong', 0, 'never a wrong service'),
];

/** What is known of the figures of one bench, in the order of the table. */
export function judge(bench: string, figures: Figures): readonly Verdict[] {
  return bounds
    .filter((bound) => bound.bench === bench)
    .map((bound) => {
      const value = figures[bound.figure];
      if (value === undefined) return { ...bound, holds: false };
      const holds = bound.is === 'at most' ? value <= bound.limit : value >= bound.limit;
      return { ...bound, value, holds };
    });
}

function atMost(bench: string, figure: string, limit: number, why: string): Bound {
  return { bench, figure, is: 'at most', limit, why };
}

function atLeast(bench: string, figure: string, limit: number, why: string): Bound {
  return { bench, figure, is: 'at least', limit, why };
}
