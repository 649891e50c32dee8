/**
 * From Kuma 2.14 to 3.x by the stages of `migrate` and back, under constant load by plugin and by tag links,
 * with a kill -9 of the daemon and of the plugin server at each stage; then a control plane that changes its
 * version fifty times; then `sync`, which must not end well before Kong answers.
 *
 * `--rate` in requests per second (200).
 */
import { setTimeout as wait } from 'node:timers/promises';

import { eventually } from '../sandbox/eventually';
import type { FlavourName } from '../sandbox/control-plane/flavour';
import type { Figures } from './figures';
import type { BenchOptions } from './options';
import { pastTheMesh, startCutoverWorld, type CutoverWorld } from './support/cutover-world';
import { inWorld } from './support/in-world';
import type { Result } from './support/judge';
import { startLoad } from './support/load';

const names = ['orders', 'users', 'payments', 'carts'];
/** Several passes of the daemon, and a refresh of the proxy. */
const stageMs = 3_000;
const mostStages = 8;
const flips = 50;
const flipMs = 300;
const exitRounds = 25;

/**
 * `failed`, not answered by a service; `wrong`, answered by another one; `bypassed`, by what Kong leads to without
 * the mesh. `storm…` are the same while the version flips, with the outbounds that were there before and are
 * not after. `earlyExits`: rounds in which sync ended with 0 and the first answer through Kong was not good, half
 * of them at a refresh interval of 1 s and half at 10 s.
 */
export async function run({ rate = 200 }: BenchOptions = {}): Promise<Figures> {
  const cutOver = await startCutoverWorld(names, {}, '127.73.0.1');
  const moved = await inWorld(cutOver, (world) => play(world, rate));
  process.stderr.write(`cutover: ${JSON.stringify(moved)}\n`);
  const exits = [await earlyExits(1_000), await earlyExits(10_000)];
  return {
    ...moved,
    syncRounds: exits.reduce((sum, { rounds }) => sum + rounds, 0),
    earlyExits: exits.reduce((sum, { early }) => sum + early, 0),
  };
}

async function play(cutOver: CutoverWorld, rate: number): Promise<Figures> {
  const { controlPlane, gateway } = cutOver.world;
  prepare(cutOver);
  await cutOver.link(names);
  cutOver.startDaemon();
  for (const name of names) await answers(gateway.proxyUrl, name, 200);
  const counts = new Counts();
  const load = startLoad(gateway.proxyUrl, rate, (result) => counts.add(result));
  load.ask(names);
  let kills = 0;
  const settle = async (): Promise<void> => {
    await cutOver.kill();
    kills++;
    await wait(stageMs);
  };
  const become = async (flavour: FlavourName): Promise<void> => {
    controlPlane.become(flavour);
    await settle();
  };
  try {
    // The rate of the load has risen by then.
    await wait(10_000);
    let stages = 0;
    for (let ready = false; !ready; stages++) {
      if (stages === mostStages) throw new Error('the gateway did not get ready for 3.x');
      const { ready: isReady, next, findings } = await cutOver.migrate('3');
      ready = isReady;
      process.stderr.write(`cutover: stage ${next ?? 'none'} ${JSON.stringify(findings)}\n`);
      await settle();
      if ((await cutOver.applyPrinted()) > 0) await settle();
    }
    await become('3.x');
    const isPlain = outboundsOf(cutOver) === names.length && !hasBlock(cutOver);
    await become('2.14');
    await cutOver.migrate('2');
    await settle();
    const isBack = hasBlock(cutOver);
    await cutOver.migrate('3');
    await settle();
    const calm = counts.take();
    const before = outboundsOf(cutOver);
    for (let flip = 0; flip < flips; flip++) {
      controlPlane.become(flip % 2 === 0 ? '3.x' : '2.14');
      await wait(flipMs);
    }
    await wait(stageMs);
    await load.stop();
    const storm = counts.take();
    return {
      ...calm,
      stages,
      kills,
      movedThere: Number(isPlain),
      movedBack: Number(isBack),
      stormFlips: flips,
      stormRequests: storm.requests,
      stormFailed: storm.failed,
      stormWrong: storm.wrong + storm.bypassed,
      stormOutboundsLost: before - outboundsOf(cutOver),
    };
  } finally {
    await load.stop();
  }
}

/** A permission by tag, and a policy for the whole mesh that does not reach a plain Dataplane. */
function prepare({ world: { controlPlane } }: CutoverWorld): void {
  const mesh = 'default';
  const client = { kind: 'MeshSubset', tags: { 'kuma.io/service': 'kong' } };
  controlPlane.put({
    ...{ type: 'MeshTrafficPermission', mesh, name: 'by-tag' },
    spec: { from: [{ targetRef: client, default: { action: 'Allow' } }] },
  });
  controlPlane.put({
    ...{ type: 'MeshRetry', mesh, name: 'retry-all' },
    spec: {
      targetRef: { kind: 'Mesh' },
      to: [{ targetRef: { kind: 'Mesh' }, default: { http: { numRetries: 2 } } }],
    },
  });
}

/** Rounds in which sync was done before its new link was. */
async function earlyExits(refreshMs: number): Promise<{ rounds: number; early: number }> {
  const all = Array.from({ length: exitRounds }, (_, at) => `service-${String(at)}`);
  const started = await startCutoverWorld(all, { flavour: '3.x', refreshMs }, '127.74.0.1');
  return inWorld(started, async (cutOver) => {
    const { controlPlane, gateway } = cutOver.world;
    const value = 'spiffe://default.zone-a.mesh.local/workload/kong';
    controlPlane.put({
      ...{ type: 'MeshTrafficPermission', mesh: 'default', name: 'by-id' },
      spec: { rules: [{ default: { allow: [{ spiffeID: { type: 'Exact', value } }] } }] },
    });
    let early = 0;
    for (let round = 0; round < exitRounds; round++) {
      await cutOver.link(all.slice(0, round + 1));
      if ((await cutOver.sync()) !== 0) throw new Error('sync failed');
      // Kong takes a configuration some milliseconds after it has said so.
      const first = await answers(gateway.proxyUrl, all[round] ?? '', undefined);
      if (first === 200) continue;
      early++;
      process.stderr.write(`cutover: ${String(first)} after sync, round ${String(round)}\n`);
    }
    process.stderr.write(`cutover: ${String(early)} early exits at ${String(refreshMs)} ms\n`);
    return { rounds: exitRounds, early };
  });
}

/** The first status that is not the absence of the route; or waits for the one that is wanted. */
function answers(proxyUrl: string, name: string, wanted: number | undefined): Promise<number> {
  return eventually(
    `${name} answers`,
    async () => {
      const response = await fetch(`${proxyUrl}/${name}`, { signal: AbortSignal.timeout(5_000) });
      await response.arrayBuffer();
      const { status } = response;
      return (wanted === undefined ? status !== 404 : status === wanted) ? status : undefined;
    },
    60_000,
  );
}

interface Counted {
  readonly requests: number;
  readonly failed: number;
  readonly wrong: number;
  readonly bypassed: number;
}

class Counts {
  #now = { requests: 0, failed: 0, wrong: 0, bypassed: 0 };
  #shown = 0;

  add({ name, status, from }: Result): void {
    this.#now.requests++;
    if (status === 200 && from === name) return;
    if (status === 200 && from === pastTheMesh) this.#now.bypassed++;
    else if (status === 200) this.#now.wrong++;
    else this.#now.failed++;
    if (this.#shown++ < 20)
      process.stderr.write(`cutover: ${name}: ${String(status)} ${from.slice(0, 60)}\n`);
  }

  /** Since the last time. */
  take(): Counted {
    const taken = this.#now;
    this.#now = { requests: 0, failed: 0, wrong: 0, bypassed: 0 };
    return taken;
  }
}

interface Stored {
  readonly networking: { readonly gateway?: object; readonly outbound?: readonly object[] };
}

function stored({ world: { controlPlane } }: CutoverWorld): Stored {
  return controlPlane.get('Dataplane', 'kong-01') as unknown as Stored;
}

function outboundsOf(cutOver: CutoverWorld): number {
  return stored(cutOver).networking.outbound?.length ?? 0;
}

function hasBlock(cutOver: CutoverWorld): boolean {
  return stored(cutOver).networking.gateway !== undefined;
}
