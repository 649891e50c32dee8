/**
 * A cluster with 5,000 Services in the mesh, 2,000 HTTPRoutes to them, and 500 changes a minute: how long
 * each takes to be in the plugin's snapshot, and what the daemon needs for it. Routed Services that lack
 * service upstream are annotated, each by one PATCH.
 */
import {
  bypassed,
  ipOf,
  putRoute,
  putService,
  startKubernetesWorld,
  type KubernetesWorld,
} from './support/k8s-world';

const services = 5_000;
const routes = 2_000;
const changesPerMinute = 500;
const minutes = 1;

interface Change {
  readonly startedAt: number;
  /** Whether a snapshot has it. */
  readonly isIn: (text: string) => boolean;
}

/**
 * `p50Ms`, `p99Ms` and `maxMs` from a change in the API server to the snapshot on disk; `cpuMsPerChange`
 * the daemon's processor time for each of them, start and end not counted; `rssMB` the
 * daemon's resident memory at the end, `peakMB` at its highest, which is while the first lists come in;
 * `patches` the writes for `bypassed` Services that lacked the annotation.
 */
export async function run(): Promise<Record<string, number>> {
  const world = await startKubernetesWorld({ services, routes });
  try {
    const cpuBefore = await world.cpuMs();
    const times = (await applyChanges(world)).sort((a, b) => a - b);
    const cpuMs = (await world.cpuMs()) - cpuBefore;
    const { rssMB, peakMB } = await world.memory();
    const at = (share: number): number =>
      times[Math.min(times.length - 1, Math.floor(times.length * share))] ?? NaN;
    const patches = world.api.requests.filter((request) => request.startsWith('PATCH')).length;
    if (patches !== bypassed.count) throw new Error(`${patches} PATCHes for ${bypassed.count}`);
    return {
      services,
      routes,
      bypassed: bypassed.count,
      patches,
      changes: times.length,
      p50Ms: Math.round(at(0.5)),
      p99Ms: Math.round(at(0.99)),
      maxMs: Math.round(at(1)),
      cpuMsPerChange: Math.round((10 * cpuMs) / times.length) / 10,
      rssMB: Math.round(rssMB),
      peakMB: Math.round(peakMB),
    };
  } finally {
    await world.stop();
  }
}

async function applyChanges(world: KubernetesWorld): Promise<number[]> {
  const pending = new Set<Change>();
  const times: number[] = [];
  world.onSnapshot((text) => {
    const now = performance.now();
    for (const change of pending) {
      if (!change.isIn(text)) continue;
      pending.delete(change);
      times.push(now - change.startedAt);
    }
  });
  const total = changesPerMinute * minutes;
  const startedAt = performance.now();
  for (let index = 0; index < total; index += 1) {
    // By the clock, not by the sum of the waits: a late one must not thin the rest out.
    await sleep(startedAt + (index * 60_000) / changesPerMinute - performance.now());
    pending.add({ startedAt: performance.now(), isIn: change(world, index) });
  }
  const deadline = performance.now() + 30_000;
  while (pending.size > 0 && performance.now() < deadline) await sleep(20);
  if (pending.size > 0) throw new Error(`${pending.size} changes never came into the snapshot`);
  return times;
}

/** Of five changes three are new addresses, one is a new Service and one the end of another. */
function change(world: KubernetesWorld, index: number): Change['isIn'] {
  const round = Math.floor(index / 5);
  // Beside the Services: somebody works on a route.
  putRoute(world.api, index, `/v${index}`);
  const ended = services - 1 - round;
  if (index % 5 === 4) {
    world.api.remove('Service', `team-${ended % 50}/svc-${ended}`);
    return (text) => !text.includes(`"svc-${ended}"`);
  }
  const ip = ipOf(172, index);
  // None twice: a change that the next one undoes need never be seen.
  putService(world.api, index % 5 === 3 ? services + round : index, ip);
  return (text) => text.includes(`"${ip}:8080"`);
}

async function sleep(ms: number): Promise<void> {
  if (ms > 0) await new Promise((resolve) => setTimeout(resolve, ms));
}
