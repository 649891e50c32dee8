/**
 * A second daemon on the same Kong with a database: another file, other select tags, a state of its own. Each of
 * the two must leave the other's entities alone, also where both want one name.
 */
import { writeFile, rename } from 'node:fs/promises';
import { join } from 'node:path';

import { stringify } from 'yaml';

import type { PassRequest } from '../../../daemon/reconcile/context';
import type { World } from '../../../sandbox/world';
import type { Random } from '../../faults/random';
import { bodiesIn, namesIn } from '../model/state-of-kong';
import { openDaemon } from './daemon';

export interface SecondOwner {
  /** Writes another version of its file. Says what is new in it. */
  edit(random: Random, id: number): Promise<string>;
  /** Wants an entity under a name that is taken, until the trouble ends. */
  claim(service: string): Promise<void>;
  giveUpClaims(): Promise<void>;
  /** Resolves with what it lost on the way that both of its last versions want. */
  pass(request?: Partial<PassRequest>): Promise<readonly string[]>;
  restart(): void;
  /** What of it was changed or deleted since its last pass. */
  lost(): readonly string[];
  /** Why its last pass did not bring about all that its file says. */
  unfinished(): readonly string[];
  close(): void;
}

interface Wanted {
  readonly services: readonly string[];
  readonly consumers: readonly string[];
  readonly guarded: boolean;
  readonly claims: readonly string[];
}

const tag = 'team-c';
const most = 4;

export async function startSecondOwner({
  admin,
  controlPlane,
  folder,
}: Pick<World, 'admin' | 'controlPlane' | 'folder'>): Promise<SecondOwner> {
  const file = join(folder, 'second.yml');
  const settings = {
    sources: [{ kuma: { url: controlPlane.url, timeout: '20s' } }],
    kong: { config: file, target: { admin: { url: admin.url, timeout: '20s' } } },
    stateFile: join(folder, 'second.json'),
    status: false,
    doctor: false,
  };
  let wanted: Wanted = { services: ['c-0'], consumers: ['carol'], guarded: false, claims: [] };
  let before = wanted;
  let bodies: ReadonlyMap<string, string> = new Map();
  let passing = false;
  let left: readonly string[] = ['it has made no pass'];
  await write(wanted);
  let daemon = openDaemon(settings);

  async function write(next: Wanted): Promise<void> {
    before = wanted;
    wanted = next;
    await writeFile(`${file}.new`, stringify(documentOf(next)));
    await rename(`${file}.new`, file);
  }

  const own = (): ReadonlyMap<string, string> =>
    new Map([...bodiesIn(admin.feed.current())].filter(([, body]) => body.includes(`"${tag}"`)));

  return {
    async edit(random, id) {
      const { services, consumers, guarded } = wanted;
      switch (random.pick(['add', 'remove', 'guard', 'add a consumer', 'remove a consumer'])) {
        case 'add':
          await write({ ...wanted, services: [...services, `c-${id}`].slice(-most) });
          return `+c-${id}`;
        case 'remove':
          await write({ ...wanted, services: services.slice(1) });
          return `-${services[0] ?? 'nothing'}`;
        case 'guard':
          await write({ ...wanted, guarded: !guarded });
          return guarded ? 'without guards' : 'with guards';
        case 'add a consumer':
          await write({ ...wanted, consumers: [...consumers, `carol-${id}`].slice(-most) });
          return `+carol-${id}`;
        default:
          await write({ ...wanted, consumers: consumers.slice(1) });
          return `-${consumers[0] ?? 'nobody'}`;
      }
    },
    claim: (service) => write({ ...wanted, claims: [service] }),
    async giveUpClaims() {
      if (wanted.claims.length > 0) await write({ ...wanted, claims: [] });
    },
    async pass(request = {}) {
      passing = true;
      const present = namesIn(admin.feed.current());
      try {
        const { outcome, failures } = await daemon.pass(request);
        const errors = failures.filter(({ severity }) => severity === 'error');
        const isDone = outcome === 'applied' || outcome === 'unchanged';
        left = isDone ? errors.map(({ code }) => code) : [outcome, ...failures.map((f) => f.code)];
      } finally {
        passing = false;
        bodies = own();
      }
      const after = namesIn(admin.feed.current());
      const meant = new Set(namesOf(before));
      return namesOf(wanted)
        .filter((name) => meant.has(name) && present.has(name) && !after.has(name))
        .map((name) => `${name} of the second owner is gone, and its file has it`);
    },
    restart() {
      daemon.close();
      daemon = openDaemon(settings);
    },
    lost() {
      if (passing) return [];
      const now = bodiesIn(admin.feed.current());
      return [...bodies].flatMap(([id, body]) =>
        now.get(id) === body
          ? []
          : [`${body} of the second owner ${now.has(id) ? 'was changed' : 'is gone'}`],
      );
    },
    unfinished: () => left,
    close: () => daemon.close(),
  };
}

function documentOf({ services, consumers, guarded, claims }: Wanted): object {
  const plugins = guarded ? [{ name: 'key-auth' }] : [];
  return {
    _format_version: '3.0',
    _info: { select_tags: [tag] },
    services: [
      ...services.map((name) => ({
        name,
        host: 'crm.internal',
        port: 8090,
        plugins,
        routes: [{ name: `r-${name}`, paths: [`/${name}`] }],
      })),
      ...claims.map((name) => ({ name, host: 'claimed.internal' })),
    ],
    consumers: consumers.map((username) => ({
      username,
      keyauth_credentials: [{ key: `${username}-key` }],
    })),
  };
}

/** As `namesIn`; a claim is no name of its own. */
function namesOf({ services, consumers }: Wanted): readonly string[] {
  return [
    ...services.flatMap((name) => [`services/${name}`, `routes/r-${name}`]),
    ...consumers.flatMap((name) => [`consumers/${name}`, `keyauth_credentials/${name}-key`]),
  ];
}
