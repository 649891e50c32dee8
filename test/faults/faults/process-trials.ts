/** What happens to the daemon itself while it works on a component. */
import { eventually } from '../../../sandbox/eventually';
import type { Trial } from '../vocabulary';
import type { FaultWorld } from '../world/fault-world';
import type { FaultyProxy, HttpFault } from '../world/faulty-proxy';
import type { WriteStep } from '../world/preload';
import { ageLeftovers } from './files';
import { beforeAnswer, beforeRequest } from './http';

type EndSignal = 'SIGTERM' | 'SIGKILL';

/** A step of a pass that shows in a request. */
export interface HttpStep {
  readonly step: string;
  readonly proxy: (world: FaultWorld) => FaultyProxy;
  readonly only: RegExp;
  readonly when: 'before' | 'after';
  readonly change?: Trial['change'];
}

/** The daemon is ended at the step, and started again as an init system would. */
export function endsAtRequest(signal: EndSignal, step: HttpStep): Trial {
  return {
    variant: step.step,
    ...(step.change ? { change: step.change } : {}),
    async begin(world) {
      const { child } = world.daemon;
      const act = (): void => child.kill(signal);
      const fault: HttpFault = step.when === 'before' ? beforeRequest(act) : beforeAnswer(act);
      const meeting = step.proxy(world).meet(fault, step.only);
      return {
        async end() {
          await ended(world);
          meeting.end();
          await world.startDaemon();
        },
        met: () => meeting.met > 0,
      };
    },
  };
}

/** The same at a step of replacing a file. */
export function endsAtWrite(
  signal: EndSignal,
  step: WriteStep,
  file: string,
  change?: Trial['change'],
): Trial {
  return {
    variant: { begun: 'new file begun', written: 'new file written', replaced: 'file replaced' }[
      step
    ],
    ...(change ? { change } : {}),
    async begin(world) {
      await world.daemon.control({ die: { file, at: step, signal } });
      return {
        async end() {
          await ended(world);
          await ageLeftovers(world);
          await world.startDaemon();
        },
        async check() {
          const left = await world.leftovers();
          return left.length === 0 ? [] : [`left behind: ${left.join(', ')}`];
        },
      };
    },
  };
}

async function ended(world: FaultWorld): Promise<void> {
  const { child } = world.daemon;
  let gone = false;
  void child.exited.then(() => (gone = true));
  await eventually('the daemon ended at its step', () => gone || undefined, 30_000);
}

/** Another one with the same configuration beside it: they must agree, and not write in turn for ever. */
export function twoDaemons(writes?: {
  proxy: (world: FaultWorld) => FaultyProxy;
  which: RegExp;
}): Trial {
  return {
    async begin(world) {
      const second = await world.secondDaemon();
      return {
        async end() {
          await eventually('both are content', async () =>
            (await second.state())?.well === true ? true : undefined,
          );
        },
        async check() {
          const log = writes?.proxy(world).log ?? [];
          const from = log.length;
          await new Promise((resolve) => setTimeout(resolve, 2_500));
          const count = log.slice(from).filter((line) => writes?.which.test(line)).length;
          await second.child.stop();
          return count > 0 ? [`two daemons wrote ${count} times although nothing changed`] : [];
        },
      };
    },
  };
}

/** The wall clock is another one from one moment to the next; time goes on as before. */
export function clockJump(direction: 'forward' | 'back'): Trial {
  return {
    async begin(world, random) {
      const hours = random.between(1, 2_000);
      await world.daemon.control({
        shiftMs: (direction === 'forward' ? 1 : -1) * hours * 3_600_000,
      });
      return {
        atOnce: true,
        end: () => Promise.resolve(),
        check: () => world.daemon.control({}).then(() => []),
      };
    },
  };
}
