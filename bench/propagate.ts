/**
 * Services come, move and go, and somebody edits the gateway's Dataplane, while requests go through
 * the gateway at a constant rate: none may fail or reach another service, and traffic must follow the
 * mesh in time.
 */
import { monitorEventLoopDelay } from 'node:perf_hooks';

import { eventually } from '../sandbox/eventually';
import type { Figures } from './figures';
import { inWorld } from './support/in-world';
import { startPropagateWorld, type Instance, type PropagateWorld } from './support/propagate-world';
import { median, quantile } from './support/quantile';
import { ask, startSteadyLoad, type SteadyLoad } from './support/steady-load';

const rounds = 100;
const requestsPerSecond = 200;
/** A Dataplane edit every so many rounds. */
const editEvery = 10;
const intervalMs = 1_000;
/** What a real sidecar takes at least from a write to its listener. */
const sidecarMs = 700;
const slackMs = 500;
/** Services that came and are still there, so that outbounds are given out again and again. */
const keptServices = 4;

/**
 * `failed`, `wrong`: requests of the constant load. `p99Ms`, `medianMs`: from a change in the mesh to
 * traffic that follows it; `addP99Ms`, `moveP99Ms`, `removeP99Ms` of each kind. `boundMs`: what p99 is
 * held against. `loopDelayMs`: the longest this process was kept from running, by what else the machine
 * does: it is in every time that is measured here.
 */
export async function run(): Promise<Figures> {
  return inWorld(await startPropagateWorld({ intervalMs, sidecarMs }), play);
}

async function play(world: PropagateWorld): Promise<Figures> {
  const base = new Map<string, Instance>();
  for (const name of ['orders', 'payments']) {
    base.set(name, await world.start(name, '0'));
    await answeredBy(world, name, '0', 30_000);
  }
  const load = startSteadyLoad(world.proxyUrl, requestsPerSecond);
  const delay = monitorEventLoopDelay({ resolution: 10 });
  delay.enable();
  const startedAt = performance.now();
  for (const name of base.keys()) load.paths.set(`/${name}`, name);
  const times: Record<Kind, number[]> = { add: [], move: [], remove: [] };
  const added: Instance[] = [];
  let edits = 0;
  for (let round = 0; round < rounds; round++) {
    if (round % editEvery === 0) await world.label('bench/edit', String(++edits));
    if (round % 3 === 1) times.move.push(await move(world, base, round));
    else if (added.length < keptServices) times.add.push(await add(world, load, added, round));
    else times.remove.push(await remove(world, load, added));
    if (round % 10 === 9) process.stderr.write(`propagate: ${String(round + 1)} rounds\n`);
  }
  const seconds = (performance.now() - startedAt) / 1000;
  await load.stop();
  const { 'bench/edit': edited } = await world.labels();
  if (edited !== String(edits)) throw new Error('an edit of the Dataplane was lost');
  for (const line of [...load.failures, ...load.wrong].slice(0, 10)) {
    process.stderr.write(`propagate: ${line}\n`);
  }
  const all = [...times.add, ...times.move, ...times.remove];
  return {
    rounds,
    edits,
    requests: load.sent,
    requestsPerSecond: Math.round(load.sent / seconds),
    failed: load.failures.length,
    wrong: load.wrong.length,
    medianMs: Math.round(median(all)),
    p99Ms: Math.round(quantile(all, 0.99)),
    addP99Ms: Math.round(quantile(times.add, 0.99)),
    moveP99Ms: Math.round(quantile(times.move, 0.99)),
    removeP99Ms: Math.round(quantile(times.remove, 0.99)),
    boundMs: intervalMs + sidecarMs + slackMs,
    loopDelayMs: Math.round(delay.max / 1e6),
  };
}

type Kind = 'add' | 'move' | 'remove';

/** A service that no file names: outbound, snapshot, Kong service and route have to come about. */
async function add(
  world: PropagateWorld,
  load: SteadyLoad,
  added: Instance[],
  round: number,
): Promise<number> {
  const name = `${round % 2 === 0 ? 'even' : 'odd'}-${String(round)}`;
  const changedAt = performance.now();
  added.push(await world.start(name, '0'));
  await answeredBy(world, name, '0');
  const tookMs = performance.now() - changedAt;
  load.paths.set(`/${name}`, name);
  return tookMs;
}

/** Another instance comes and the old one goes. */
async function move(
  world: PropagateWorld,
  base: Map<string, Instance>,
  round: number,
): Promise<number> {
  const name = round % 2 === 0 ? 'orders' : 'payments';
  const old = base.get(name);
  const changedAt = performance.now();
  base.set(name, await world.start(name, String(round)));
  await answeredBy(world, name, String(round));
  const tookMs = performance.now() - changedAt;
  if (old) await world.end(old);
  return tookMs;
}

/** The oldest of those that came: its route has to go. */
async function remove(world: PropagateWorld, load: SteadyLoad, added: Instance[]): Promise<number> {
  const gone = added.shift();
  if (!gone) return 0;
  const { name } = gone.service;
  // Requests that are under way when their service goes are refused, and rightly so.
  await load.drop(`/${name}`);
  const changedAt = performance.now();
  const ending = world.end(gone);
  await eventually(`/${name} is gone`, async () => {
    const { status, service } = await ask(`${world.proxyUrl}/${name}`);
    if (service !== undefined && service !== name) throw new Error(`${name} led to ${service}`);
    return status === 404 ? true : undefined;
  });
  const tookMs = performance.now() - changedAt;
  await ending;
  return tookMs;
}

function answeredBy(
  world: PropagateWorld,
  name: string,
  instance: string,
  timeoutMs?: number,
): Promise<true> {
  return eventually(
    `${name}-${instance} answers`,
    async () => {
      const answer = await ask(`${world.proxyUrl}/${name}`);
      return answer.service === name && answer.instance === instance ? true : undefined;
    },
    timeoutMs,
  );
}
