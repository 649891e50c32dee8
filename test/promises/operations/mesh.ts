/** What happens in the mesh, at its control plane and to the gateway's own Dataplane. */
import { setTimeout as wait } from 'node:timers/promises';

import type { Meeting } from '../../faults/world/faulty-proxy';
import type { PromiseWorld } from '../world/promise-world';
import { pickFrom, type Operation } from './operation';
import { meshServices } from './file-edits';

/** A Dataplane that is applied at the moment of a connect looks as if the proxy had written its file. */
const apartMs = 6_000;
/** In the time of the walk; whoever never looks is not waited for. Below the daemon's own bound of 20 s. */
const mostSlowWriteMs = 10_000;

/**
 * Resolves once the daemon was shown the Dataplane. The one window that no client can close, as the control
 * plane knows no precondition, is the time from its last look to its write: the walk writes before that look.
 */
async function lookedAt({ kuma }: PromiseWorld): Promise<void> {
  const late = new AbortController();
  let looking: Meeting | undefined;
  const looked = new Promise<void>((resolve) => {
    looking = kuma.meet(async ({ forward, reply }) => {
      reply(await forward());
      resolve();
    }, /^GET \/meshes\/[^/]+\/dataplanes\/kong-01$/);
  });
  const never = wait(mostSlowWriteMs, undefined, { signal: late.signal }).catch(() => undefined);
  await Promise.race([looked, never]);
  late.abort();
  looking?.end();
}

export const meshOperations: readonly Operation[] = [
  {
    name: 'a mesh service goes',
    weight: 5,
    async run({ world, oracle }, random) {
      const { present, namesakes } = world.backends;
      const name = pickFrom(random, [...present].sort());
      if (name === undefined) return undefined;
      // Who was never meant by a reference is not missed by it: it may then mean the copy.
      if (namesakes.has(name) && !oracle.alwaysMeans(name)) return undefined;
      await world.backends.go(name);
      return name;
    },
  },
  {
    name: 'a mesh service comes',
    weight: 6,
    async run({ world }, random) {
      const absent = meshServices.filter((name) => !world.backends.present.has(name));
      const name = pickFrom(random, absent);
      if (name === undefined) return undefined;
      await world.backends.come(name);
      return name;
    },
  },
  {
    name: 'a mesh service gets a namesake',
    weight: 3,
    async run(walk, random) {
      const name = random.pick(meshServices);
      const { present, namesakes } = walk.world.backends;
      if (namesakes.has(name) || !present.has(name)) return undefined;
      await walk.world.backends.addNamesake(name);
      return `${name} in another zone`;
    },
  },
  {
    name: 'a namesake goes',
    weight: 2,
    async run({ world }, random) {
      const name = pickFrom(random, [...world.backends.namesakes].sort());
      if (name === undefined) return undefined;
      await world.backends.removeNamesake(name);
      return `${name} in another zone`;
    },
  },
  {
    name: 'the control plane is away',
    weight: 3,
    async run(walk) {
      if (walk.kumaAway) return undefined;
      await walk.takeKumaAway();
      return 'its API is not reached';
    },
  },
  {
    name: 'the control plane is back',
    weight: 4,
    async run(walk) {
      if (!walk.kumaAway) return undefined;
      await walk.bringKumaBack();
      return 'its API is reached';
    },
  },
  {
    name: 'the control plane shows nothing',
    weight: 2,
    async run(walk) {
      const meeting = walk.world.kuma.meet(async ({ forward, reply }) => {
        const answer = await forward();
        const empty = { total: 0, items: [], next: null };
        reply({ ...answer, body: Buffer.from(JSON.stringify(empty)) });
      }, /^GET \/meshes\/[^/]+\/[^/?]+(\?|$)/);
      await walk.pass();
      meeting.end();
      return 'its lists are empty for a pass';
    },
  },
  {
    name: 'the sidecar is away',
    weight: 2,
    async run({ world }) {
      if (!world.sidecarRuns) return undefined;
      await world.stopSidecar();
      return 'nothing listens';
    },
  },
  {
    name: 'the sidecar is back',
    weight: 4,
    run({ world, warp }) {
      if (world.sidecarRuns) return undefined;
      warp.advance(apartMs);
      world.startSidecar();
      return 'it listens on what its Dataplane says';
    },
  },
  {
    name: 'the other gateway loses the control plane',
    weight: 3,
    run({ world: { farSidecar } }) {
      if (!farSidecar) return undefined;
      farSidecar.lose();
      return 'it goes on with what it has';
    },
  },
  {
    name: 'the Dataplane is re-applied',
    weight: 4,
    run(walk) {
      walk.warp.advance(apartMs);
      walk.dataplane.reapply();
      return 'without any outbound of the daemon';
    },
  },
  {
    name: 'somebody writes to the Dataplane',
    weight: 3,
    run: (walk) => walk.dataplane.writeOwn(walk.fresh()),
  },
  {
    name: 'somebody writes to the Dataplane at the wrong moment',
    weight: 2,
    run(walk) {
      const id = walk.fresh();
      const meeting = walk.world.kuma.meet(async ({ forward, reply, response }) => {
        meeting.end();
        walk.dataplane.writeOwn(id);
        await lookedAt(walk.world);
        // Nor can a client call back what arrives after it has given up waiting.
        if (!response.destroyed) reply(await forward());
      }, /^PUT \/meshes\/[^/]+\/dataplanes\/kong-01$/);
      return 'while the next PUT of the daemon is under way';
    },
  },
];
