/** What once broke a promise, a kind for each of the eight rules of the design: each as a trial of its component. */
import { readFile, rename, writeFile } from 'node:fs/promises';

import { eventually } from '../../../sandbox/eventually';
import { meshPaths, na, type NotApplicable, type PromiseFault, type Trial } from '../vocabulary';
import type { FaultWorld } from '../world/fault-world';
import type { Lifetime } from '../world/lifetime';
import { hangs } from './http';

/** A component that most of these rules say nothing about. */
export function elsewhere(reason: string): Readonly<Record<PromiseFault, NotApplicable>> {
  const none = na(reason);
  return {
    'guard moved with a mistake': none,
    'outbounds forgotten': none,
    'namesake elsewhere': none,
    'shared with others': none,
    'part of a file': none,
    'values that Kong makes up': none,
    'down while nothing changes': none,
    'hangs while others work': none,
  };
}

const crm = 'routes: [{ name: crm, paths: [/crm] }]';
const guarded = `plugins: [{ name: key-auth }]\n    ${crm}`;
const mistaken =
  'routes: [{ name: crm, paths: [/crm], plugins: [{ name: key-auth, config: { nonsense: true } }] }]';

/** The old plugin may only go when the new one stands: Kong never takes this one. */
export const guardMoves: Trial = {
  mayRefuse: ['/crm'],
  async begin(world, _, life) {
    const text = await readFile(world.places.kongFile, 'utf8');
    const status = async (): Promise<number> => (await world.client.ask('/crm')).status;
    await replaceFile(world, text.replace(crm, guarded));
    await eventually('/crm wants a key', async () => (await status()) === 401 || undefined);
    await replaceFile(world, text.replace(crm, mistaken));
    const open = watch(life, async () => (await status()) === 200);
    return {
      async end() {
        await open.stop();
        await replaceFile(world, text);
      },
      check: async () => (open.seen() > 0 ? ['/crm was answered without a key'] : []),
    };
  },
};

/** A person, or a pipeline, applies the Dataplane without what the daemon added to it. */
export function outboundsForgotten(restart: boolean): Trial {
  return {
    variant: restart ? 'and the daemon starts anew' : 'while it runs',
    mayRefuse: meshPaths,
    async begin(world) {
      const { controlPlane } = world.sandbox;
      const { networking, ...rest } = controlPlane.get('Dataplane', 'kong-01') as {
        networking: { gateway: object; outbound: readonly { port: number }[] };
      };
      if (restart) await world.daemon.child.stop();
      controlPlane.put({
        ...rest,
        type: 'Dataplane',
        name: 'kong-01',
        networking: {
          ...networking,
          gateway: { type: 'DELEGATED', ...networking.gateway },
          outbound: networking.outbound.filter(({ port }) => port < 30_000),
        },
      });
      return {
        async end() {
          if (restart) await world.startDaemon();
        },
      };
    },
  };
}

/** A service of the same name in another zone: who asked for ours is answered by ours. */
export const namesake: Trial = {
  async begin({ sandbox: { controlPlane } }) {
    const name = 'orders-x7k2';
    controlPlane.world.store.write({
      type: 'MeshService',
      mesh: 'default',
      name,
      labels: {
        'kuma.io/display-name': 'orders',
        'kuma.io/mesh': 'default',
        'kuma.io/origin': 'global',
        'kuma.io/zone': 'zone-b',
      },
      fields: {
        spec: {
          selector: { dataplaneTags: { 'kuma.io/service': 'payments' } },
          ports: [{ name: '8080', port: 8080, targetPort: 8080, appProtocol: 'http' }],
          state: 'Available',
        },
      },
    });
    return { end: async () => void controlPlane.delete('MeshService', name) };
  },
};

/** What another team hung onto our route would go with it, by a cascade that nobody ordered. */
export const childOfOthers: Trial = {
  async begin(world, _, life) {
    const { kongFile } = world.places;
    const text = await readFile(kongFile, 'utf8');
    const old = `${crm.slice(0, -1)}, { name: crm-old, paths: [/crm-old] }]`;
    await replaceFile(world, text.replace(crm, old));
    const { url } = world.sandbox.admin;
    const body = JSON.stringify({ name: 'prometheus', tags: ['team-b'] });
    const headers = { 'content-type': 'application/json' };
    const created = await eventually('another team has a plugin on our route', async () => {
      const options = { method: 'POST', headers, body };
      const response = await fetch(`${url}/routes/crm-old/plugins`, options);
      return response.ok ? ((await response.json()) as { id: string }) : undefined;
    });
    await replaceFile(world, text);
    const gone = watch(life, async () => !(await fetch(`${url}/plugins/${created.id}`)).ok);
    return {
      async end() {
        await gone.stop();
        await fetch(`${url}/plugins/${created.id}`, { method: 'DELETE' });
        // A Kong with a database is looked at every ten seconds: until then the hold stands.
        await eventually(
          'our route goes',
          async () => (await fetch(`${url}/routes/crm-old`)).status === 404 || undefined,
          40_000,
        );
      },
      check: async () => (gone.seen() > 0 ? ["another team's plugin went with our route"] : []),
    };
  },
};

const consumers = 'consumers:';

/** While nobody knows what the file says, nothing of it may go. */
export function partOfFile(variant: 'a typo in a key' | 'a slow copy'): Trial {
  const isSlow = variant === 'a slow copy';
  return {
    variant,
    async begin(world, _, life) {
      const text = await readFile(world.places.kongFile, 'utf8');
      const part = isSlow ? text.slice(0, text.indexOf(consumers)) : text;
      const gone = watch(life, async () => {
        return !(await fetch(`${world.sandbox.admin.url}/consumers/alice`)).ok;
      });
      await replaceFile(world, isSlow ? part : text.replace(consumers, 'consumer:'));
      // The next look may see it, the one after that must not any more.
      if (isSlow) {
        await new Promise((resolve) => setTimeout(resolve, 700));
        await replaceFile(world, text);
      }
      return {
        atOnce: isSlow,
        async end() {
          if (!isSlow) await replaceFile(world, text);
        },
        async check() {
          await gone.stop();
          return gone.seen() > 0 ? ['the consumer was gone for a while'] : [];
        },
      };
    },
  };
}

/** A secret that the file leaves to Kong must stay what Kong made it. */
export const madeUp: Trial = {
  async begin(world, _, life) {
    const text = await readFile(world.places.kongFile, 'utf8');
    const bob = `${consumers}\n  - username: bob\n    jwt_secrets: [{ key: bob }]`;
    await replaceFile(world, text.replace(consumers, bob));
    const secrets = new Set<string>();
    const look = async (): Promise<string | undefined> => {
      const response = await fetch(`${world.sandbox.admin.url}/consumers/bob/jwt`);
      const { data = [] } = (await response.json()) as { data?: readonly { secret: string }[] };
      return data[0]?.secret;
    };
    await eventually('the secret is made', look);
    const changes = watch(life, async () => {
      secrets.add((await look()) ?? 'none');
      return false;
    });
    return {
      async end() {
        await changes.stop();
        await replaceFile(world, text);
      },
      check: async () => (secrets.size > 1 ? ['the secret was made anew'] : []),
    };
  },
};

/** Nothing is to be written, and it must be noticed all the same. */
export function downUnchanged(says: readonly string[]): Trial {
  return {
    change: 'nothing',
    says,
    async begin(world) {
      await world.kong.down();
      return { end: () => world.kong.up() };
    },
  };
}

/** What the mesh has to say reaches the plugin while Kong says nothing. */
export const othersWork: Trial = {
  async begin(world) {
    const meeting = world.kong.meet(hangs);
    const before = await servicesIn(world);
    const arrives = eventually(
      'the snapshot has the service that came',
      async () => ((await servicesIn(world)) > before ? true : undefined),
      // Less than the daemon waits for one answer of Kong.
      3_500,
    ).then(
      () => [],
      (error: unknown) => [String(error)],
    );
    return {
      async end() {
        await arrives;
        meeting.end();
      },
      check: () => arrives,
    };
  },
};

async function servicesIn({ places }: FaultWorld): Promise<number> {
  const text = await readFile(places.snapshot, 'utf8');
  return (JSON.parse(text) as { services: readonly unknown[] }).services.length;
}

async function replaceFile({ places }: FaultWorld, text: string): Promise<void> {
  await writeFile(`${places.kongFile}.new`, text);
  await rename(`${places.kongFile}.new`, places.kongFile);
}

/** Looks over and over, until the trial is over at the latest; a look that fails is none. */
function watch(
  life: Lifetime,
  look: () => Promise<boolean>,
): { seen(): number; stop(): Promise<void> } {
  let seen = 0;
  const stop = life.repeat(30, async () => {
    if (await look()) seen++;
  });
  return { seen: () => seen, stop };
}
