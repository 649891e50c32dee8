/** The services of a mesh in motion, each with one instance, and the record of what was where when. */
import { register } from '../../sandbox/services/register';
import { startService, type Service } from '../../sandbox/services/service';
import type { World } from '../../sandbox/world';
import type { Change } from './changes';
import type { Reuse } from './reuse';
import { sharedNow } from './shared-clock';
import type { Life, Timeline } from './timeline';

export interface Population {
  /** Resolves when the mesh knows of it; instances that go may still be ending. */
  make(change: Change): Promise<void>;
  /** Names of services that are in the mesh. */
  present(): readonly string[];
  /** The stay of a service that is in the mesh. */
  lifeOf(name: string): Life | undefined;
  stopAll(): Promise<void>;
}

interface Instance {
  readonly id: string;
  readonly service: Service;
  /** Takes its Dataplane away. */
  readonly leave: () => void;
  /** Gives its Dataplane to another service. */
  readonly rename: (to: string) => void;
}

interface Member {
  readonly life: Life;
  instance: Instance;
}

/** An instance that is out of the mesh ends after so long without a request, as a drained one does. */
const drainMs = 300;

export function createPopulation(
  { controlPlane }: World,
  timeline: Timeline,
  reuse: Reuse,
  meshPort: number,
): Population {
  const members = new Map<string, Member>();
  const running = new Set<Service>();
  const freePorts: number[] = [];
  const endings = new Set<Promise<void>>();
  let count = 0;

  async function start(name: string): Promise<Instance> {
    const id = `i${++count}`;
    const service = await listen(name, id);
    running.add(service);
    reuse.notePort(service.port, name);
    const options = { mode: 'api', port: meshPort } as const;
    const registration = register(controlPlane, service, options);
    return {
      id,
      service,
      leave: () => registration.unregister(),
      rename(to) {
        const dataplane = controlPlane.get('Dataplane', registration.dataplane);
        const { networking } = dataplane as { networking: { inbound: { tags: object }[] } };
        const inbound = networking.inbound.map((one) => ({
          ...one,
          tags: { ...one.tags, 'kuma.io/service': to },
        }));
        const labels = { 'kuma.io/workload': to };
        const body = { type: 'Dataplane', mesh: 'default', name: registration.dataplane, labels };
        controlPlane.put({ ...body, networking: { ...networking, inbound } });
      },
    };
  }

  /** The port that was freed first: whoever still has it in mind meets somebody else there. */
  async function listen(name: string, instance: string): Promise<Service> {
    const port = freePorts.shift();
    if (port === undefined) return startService({ name, instance });
    // Somebody on this machine may have been given it in the meantime.
    return startService({ name, instance, port }).catch(() => startService({ name, instance }));
  }

  async function end({ id, service }: Instance): Promise<void> {
    let seen = -1;
    while (seen !== service.requests) {
      seen = service.requests;
      await new Promise((resolve) => setTimeout(resolve, drainMs));
    }
    await service.stop();
    timeline.release(id, sharedNow());
    running.delete(service);
    freePorts.push(service.port);
  }

  function endLater(instance: Instance): void {
    const ending = end(instance).finally(() => endings.delete(ending));
    endings.add(ending);
  }

  function take(name: string): Member {
    const member = members.get(name);
    if (!member) throw new Error(`there is no service ${name}`);
    return member;
  }

  return {
    async make(change) {
      const { name } = change;
      switch (change.kind) {
        case 'add': {
          const life = timeline.begin(name, sharedNow());
          // Owned before it is known to anybody: an answer must never come too early.
          timeline.own(`i${count + 1}`, life, sharedNow());
          members.set(name, { life, instance: await start(name) });
          return;
        }
        case 'move': {
          const member = take(name);
          const old = member.instance;
          timeline.own(`i${count + 1}`, member.life, sharedNow());
          member.instance = await start(name);
          old.leave();
          endLater(old);
          return;
        }
        case 'remove': {
          const { life, instance } = take(name);
          members.delete(name);
          timeline.end(life, sharedNow());
          instance.leave();
          endLater(instance);
          return;
        }
        case 'rename': {
          const { life, instance } = take(name);
          members.delete(name);
          timeline.end(life, sharedNow());
          instance.rename(change.to);
          const next = timeline.begin(change.to, sharedNow());
          timeline.own(instance.id, next, sharedNow());
          members.set(change.to, { life: next, instance });
        }
      }
    },
    present: () => [...members.keys()],
    lifeOf: (name) => members.get(name)?.life,
    async stopAll() {
      await Promise.all(endings);
      await Promise.all([...running].map((service) => service.stop()));
    },
  };
}
