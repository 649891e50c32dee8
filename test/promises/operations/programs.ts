/** Restarts of the programs, with what they left behind or without it, and the passing of time. */
import { copyFile, rm } from 'node:fs/promises';

import type { Operation } from './operation';

const second = 1_000;

export const programOperations: readonly Operation[] = [
  {
    name: 'the daemon restarts',
    weight: 5,
    async run(walk, random) {
      const { stateFile } = walk.world.places;
      const kept = `${stateFile}.kept`;
      const state = random.pick(['its last state', 'an old state', 'no state']);
      if (state === 'an old state') await copyFile(kept, stateFile).catch(() => undefined);
      if (state === 'no state') await rm(stateFile, { force: true });
      walk.world.restartDaemon();
      return `with ${state}`;
    },
  },
  {
    name: 'somebody keeps a copy of the state',
    weight: 1,
    async run({ world: { places } }) {
      await copyFile(places.stateFile, `${places.stateFile}.kept`).catch(() => undefined);
      return 'for a restart to come';
    },
  },
  {
    name: 'the daemon is killed in a pass',
    weight: 4,
    async run(walk, random) {
      const proxy = random.pick([walk.world.kong, walk.world.kuma]);
      const at = random.between(0, 6);
      const meeting = proxy.meet(async ({ forward, reply, before, response }) => {
        if (before === at) {
          walk.world.daemon.interrupt();
          response.destroy();
          return;
        }
        reply(await forward());
      });
      await walk.pass();
      meeting.end();
      walk.world.restartDaemon();
      return `at its request ${at} to ${proxy === walk.world.kong ? 'Kong' : 'the control plane'}`;
    },
  },
  {
    name: 'the plugin server restarts',
    weight: 2,
    async run({ world }) {
      await world.restartPluginServer();
      return 'and reads what it can see';
    },
  },
  {
    name: 'the plugin is cut off from new snapshots',
    weight: 2,
    async run({ world }) {
      await world.cutOffSnapshot();
      return 'its mount holds on to the file of now';
    },
  },
  {
    name: 'the plugin sees new snapshots again',
    weight: 3,
    async run({ world }) {
      await world.joinSnapshot();
      return 'its mount is made anew';
    },
  },
  {
    name: 'time passes',
    weight: 8,
    run(walk, random) {
      const ms = random.pick([second, 5 * second, 20 * second, 80 * second, 11 * 60 * second]);
      walk.warp.advance(ms);
      return `${ms / second} s`;
    },
  },
  {
    name: 'the wall clock jumps',
    weight: 1,
    run(walk, random) {
      const ms = random.pick([-3_600, -60, 60, 3_600]) * second;
      walk.warp.shiftWallClock(ms);
      return `${ms / second} s`;
    },
  },
  {
    name: 'passes go by',
    weight: 10,
    async run(walk, random) {
      const passes = random.between(1, 3);
      for (let pass = 0; pass < passes; pass++) await walk.pass();
      return `${passes}`;
    },
  },
];
