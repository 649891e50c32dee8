/** The gateway's sidecar, which Kong sends through and the daemon waits for. */
import { whenMet } from '../faults/http-trials';
import { elsewhere } from '../faults/promises';
import { meshPaths, na, type Row, type Trial } from '../vocabulary';

const passesOn = na('What comes through it is the answer of the service, which Kong passes on.');
const noList = na('It gives no lists.');
const noFile = na('It writes no file that anything here depends on.');
const noClock = na('Nothing here depends on its clock.');

const downAtStart: Trial = {
  mayRefuse: meshPaths,
  says: ['DATAPLANE_OFFLINE'],
  async begin(world) {
    await world.stopSidecar();
    await world.startDaemon();
    return {
      end: async () => {
        world.startSidecar();
      },
    };
  },
};

function dies(variant: string, afterPut: boolean): Trial {
  return {
    variant,
    mayRefuse: meshPaths,
    async begin(world) {
      if (!afterPut) {
        await world.stopSidecar();
        return {
          end: async () => {
            world.startSidecar();
          },
        };
      }
      world.sidecar.setPace({ listenMs: 1_000 });
      const meeting = world.kuma.meet(async ({ forward, reply, before }) => {
        reply(await forward());
        if (before === 0) await world.stopSidecar();
      }, /^PUT /);
      return {
        async end() {
          await whenMet(() => meeting.met > 0);
          meeting.end();
          world.startSidecar();
        },
        met: () => meeting.met > 0,
      };
    },
  };
}

function restarts(variant: string, afterPut: boolean): Trial {
  return {
    variant,
    mayRefuse: meshPaths,
    async begin(world) {
      if (!afterPut) {
        return { end: () => world.sidecar.restart() };
      }
      const meeting = world.kuma.meet(async ({ forward, reply, before }) => {
        reply(await forward());
        if (before === 0) await world.sidecar.restart();
      }, /^PUT /);
      return {
        async end() {
          await whenMet(() => meeting.met > 0);
          meeting.end();
        },
        met: () => meeting.met > 0,
      };
    },
  };
}

/** Its stream to the control plane breaks: it goes on with what it has. */
const streamBreaks: Trial = {
  variant: 'its stream to the control plane',
  async begin({ sidecar }) {
    sidecar.cut();
    return { end: () => sidecar.whenSettled() };
  },
};

const halts: Trial = {
  async begin({ sidecar }) {
    sidecar.pause();
    return {
      end: async () => {
        sidecar.resume();
      },
    };
  },
};

const slow: Trial = {
  async begin({ sidecar }, random) {
    sidecar.setPace({ listenMs: random.between(800, 2_000) });
    return {
      end: async () => {
        sidecar.setPace({ listenMs: 50 });
      },
    };
  },
};

export const sidecar: Row = {
  ...elsewhere(
    'It does what the Dataplane says: what is written there is tried with the Dataplane.',
  ),
  'down at start': [downAtStart],
  'dies midway': [dies('the process', false), streamBreaks],
  hangs: [halts],
  slow: [slow],
  '500': passesOn,
  '429 with Retry-After': passesOn,
  '401': passesOn,
  'half an answer': passesOn,
  'wrong content type': passesOn,
  'invalid JSON': passesOn,
  'truncated body': passesOn,
  'empty list': noList,
  'duplicate pages': noList,
  'missing pages': noList,
  'set changes during the walk': noList,
  'disk full': noFile,
  'read-only folder': noFile,
  'file replaced by a symlink': noFile,
  'clock jumps forward': noClock,
  'clock jumps back': noClock,
  'SIGTERM at each step': [
    restarts('under load', false),
    restarts('while the daemon waits for a listener', true),
  ],
  'kill -9 at each step': [
    dies('under load', false),
    dies('while the daemon waits for a listener', true),
  ],
  'two at once': na('A control plane takes one proxy for a Dataplane, and refuses a second.'),
};
