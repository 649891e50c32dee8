/** Trouble at Kong: it refuses, fails, hangs, loses answers, goes away and comes back. */
import type { Answer, Exchange, HttpFault } from '../../faults/world/faulty-proxy';
import type { Walk } from '../walk';
import { meshServices } from './file-edits';
import { pickFrom, type Operation } from './operation';

const probedAfterMs = 15_000;
const mostTries = 3;

const kinds: Readonly<Record<string, HttpFault>> = {
  'answers 500 to': (exchange) => exchange.reply(answer(500, { message: 'An unexpected error' })),
  resets: (exchange) => void exchange.response.destroy(),
  'takes and forgets to answer': async (exchange: Exchange) => {
    await exchange.forward();
    exchange.response.destroy();
  },
  'refuses (400)': (exchange) => {
    exchange.reply(answer(400, { message: 'schema violation', name: 'schema violation', code: 2 }));
  },
};

export const kongOperations: readonly Operation[] = [
  {
    name: 'Kong fails some writes',
    weight: 6,
    run(walk, random) {
      const kind = pickFrom(random, Object.keys(kinds)) ?? '';
      const after = random.between(0, 4);
      const times = random.between(1, 6);
      meetWrites(walk, kinds[kind]!, after, times);
      return `${kind} ${times} writes, after ${after} that go through`;
    },
  },
  {
    name: 'Kong hangs on a request',
    weight: 1,
    async run(walk, random) {
      const after = random.between(0, 3);
      meetWrites(walk, (exchange) => exchange.ended, after, 1);
      await walk.pass();
      walk.endKongFault();
      return `after ${after} writes`;
    },
  },
  {
    name: 'Kong hangs while a mesh service comes',
    weight: 1,
    async run(walk, random) {
      const { present, namesakes } = walk.world.backends;
      // It may have to go again: one with a copy in another zone would leave its place to that.
      const absent = meshServices.filter((name) => !present.has(name) && !namesakes.has(name));
      const name = pickFrom(random, absent);
      if (name === undefined || walk.kongAway !== undefined || walk.kumaAway !== undefined) {
        return undefined;
      }
      walk.endKongFault();
      // The daemon waits for Kong for 20 s, which are one here: on a busy machine it may get no processor in
      // that time. Who is late, and nothing but late, is tried again, as in the fault matrix.
      for (let tries = 1; !(await comesWhileKongHangs(walk, name)); tries++) {
        if (tries === mostTries) {
          const message = `${name} came, and the snapshot waits for a Kong that hangs`;
          walk.violations.push({ figure: 'unhealed', message });
          break;
        }
        await walk.world.backends.go(name);
        await walk.pass();
      }
      return name;
    },
  },
  {
    name: 'Kong is away',
    weight: 3,
    async run(walk) {
      if (walk.kongAway) return undefined;
      await walk.takeKongAway();
      return 'its Admin API is not reached';
    },
  },
  {
    name: 'Kong is back',
    weight: 4,
    async run(walk) {
      if (!walk.kongAway) return undefined;
      await walk.bringKongBack();
      return 'its Admin API is reached';
    },
  },
  {
    name: 'Kong restarts',
    weight: 3,
    async run(walk) {
      if (walk.world.settings.target === 'admin') return undefined;
      await walk.world.restartKong();
      return 'without a configuration';
    },
  },
  {
    name: 'the pipeline deploys the output',
    weight: 8,
    async run(walk) {
      if (walk.world.settings.target !== 'file') return undefined;
      await walk.deploy();
      return 'Kong has what the output says now';
    },
  },
];

/** What the mesh has to say reaches the plugin, whatever Kong is up to. Looked at where Kong was asked at all. */
async function comesWhileKongHangs(walk: Walk, name: string): Promise<boolean> {
  const { backends, kong } = walk.world;
  const meeting = kong.meet((exchange) => exchange.ended);
  // By now Kong is asked whether it holds what it was given, whatever the target.
  walk.warp.advance(probedAfterMs);
  const over = { yes: false };
  const passing = walk.pass().finally(() => (over.yes = true));
  // Whatever the pass knows of the mesh it has seen by then.
  while (meeting.met === 0 && !over.yes) await new Promise(setImmediate);
  await backends.come(name);
  await passing;
  const isThere = meeting.met === 0 || (await walk.snapshotHas(name));
  meeting.end();
  return isThere;
}

const writes = /^(POST|PUT|PATCH|DELETE) /;

function meetWrites(walk: Walk, fault: HttpFault, after: number, times: number): void {
  walk.endKongFault();
  const meeting = walk.world.kong.meet(async (exchange) => {
    if (exchange.before < after) {
      exchange.reply(await exchange.forward());
      return;
    }
    if (exchange.before >= after + times) {
      meeting.end();
      exchange.reply(await exchange.forward());
      return;
    }
    await fault(exchange);
  }, writes);
  walk.kongFault = meeting;
}

function answer(status: number, body: object): Answer {
  const headers = { 'content-type': 'application/json; charset=utf-8' };
  return { status, headers, body: Buffer.from(JSON.stringify(body)) };
}
