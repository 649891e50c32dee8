/** A Kong without a database, written to by POST /config. */
import { parse } from 'yaml';

import { changing, status } from '../faults/http';
import { httpTrial, httpTrials, whenMet, type HttpPlace } from '../faults/http-trials';
import { clockJump, endsAtRequest, twoDaemons, type HttpStep } from '../faults/process-trials';
import {
  downUnchanged,
  elsewhere,
  guardMoves,
  madeUp,
  othersWork,
  partOfFile,
} from '../faults/promises';
import { allPaths, na, type Row, type Trial } from '../vocabulary';
import type { FaultWorld } from '../world/fault-world';
import type { HttpFault } from '../world/faulty-proxy';

const place: HttpPlace = { proxy: ({ kong }) => kong };
const invalid = ['KONG_REPLY_INVALID'];
const noFile = na('This form writes no file.');
const noPages = na('One document, which has no pages.');

const downAtStart: Trial = {
  says: ['KONG_UNREACHABLE'],
  async begin(world) {
    await world.daemon.child.stop();
    await world.kong.down();
    await world.startDaemon();
    return { end: () => world.kong.up() };
  },
};

const adminApiDies: Trial = {
  variant: 'its Admin API',
  says: ['KONG_UNREACHABLE'],
  async begin(world) {
    await world.kong.down();
    return { end: () => world.kong.up() };
  },
};

/** What a restart does to a Kong without a database and without a file. */
const nodeRestarts: Trial = {
  variant: 'the node, and comes back empty',
  mayRefuse: allPaths,
  // Nothing but a look at the node tells of it.
  change: 'nothing',
  async begin(world) {
    await world.kong.down();
    await push(world, '{"_format_version":"3.0"}');
    return { end: () => world.kong.up() };
  },
};

async function push({ sandbox }: FaultWorld, config: string): Promise<void> {
  const response = await fetch(`${sandbox.admin.url}/config`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ config }),
  });
  if (!response.ok) throw new Error(`POST /config: ${response.status}`);
}

interface Held {
  readonly services?: readonly { readonly name: string }[];
}

async function heldBy({ sandbox }: FaultWorld): Promise<Held> {
  const response = await fetch(`${sandbox.admin.url}/config`);
  return parse(((await response.json()) as { config: string }).config) as Held;
}

const isIntruder = ({ name }: { readonly name: string }): boolean => name.startsWith('intruder-');

/** Somebody else pushes the same and a service of his own. */
async function intrude(world: FaultWorld, round: number): Promise<void> {
  const held = await heldBy(world);
  const intruder = { name: `intruder-${round}`, host: 'intruder.internal' };
  const services = [intruder, ...(held.services ?? [])];
  await push(world, JSON.stringify({ ...held, services }));
}

/** What was pushed between two looks was never ours: it stays, and is told of, until its owner takes it away. */
const intruded: Trial = {
  says: ['DELETIONS_NEVER_APPLIED'],
  async begin(world) {
    let pushed = 0;
    const missed: string[] = [];
    const meeting = world.kong.meet(
      changing(async (before) => {
        await intrude(world, before);
        pushed++;
      }),
      /^GET \/config/,
    );
    await world.startDaemon();
    return {
      async end() {
        await whenMet(() => pushed > 0);
        meeting.end();
        const held = await heldBy(world);
        const kept = (held.services ?? []).filter(isIntruder);
        if (kept.length < pushed)
          missed.push(`${pushed - kept.length} services of others are gone`);
        const services = (held.services ?? []).filter((service) => !isIntruder(service));
        await push(world, JSON.stringify({ ...held, services }));
      },
      met: () => pushed > 0,
      check: () => Promise.resolve(missed),
    };
  },
};

/** The node says that it holds nothing, and holds what it held. */
const saysNothing: HttpFault = async ({ forward, reply, path }) => {
  const answer = await forward();
  const body = path.startsWith('/config')
    ? JSON.stringify({ config: "_format_version: '3.0'\n" })
    : answer.body.toString().replace(/("configuration_hash":")[^"]*/, `$1${'0'.repeat(32)}`);
  reply({ ...answer, body: Buffer.from(body) });
};

const step = { proxy: ({ kong }: FaultWorld) => kong, only: /^POST \/config/ };
const steps: readonly HttpStep[] = [
  { ...step, step: 'before Kong is asked', only: /^GET \/status/, when: 'before' },
  { ...step, step: 'before the push', when: 'before' },
  { ...step, step: 'before its answer', when: 'after' },
  { ...step, step: 'before the push of a removal', when: 'before', change: 'service goes' },
];
const endings = (signal: 'SIGTERM' | 'SIGKILL'): readonly Trial[] =>
  steps.map((one) => endsAtRequest(signal, one));

const http = httpTrials(place, {
  hangs: undefined,
  slow: undefined,
  '500': ['KONG_FAILED'],
  '429 with Retry-After': undefined,
  '401': ['KONG_UNAUTHORISED'],
  'half an answer': ['KONG_UNREACHABLE'],
  'wrong content type': invalid,
  'invalid JSON': invalid,
  'truncated body': invalid,
});

export const kongDbless: Row = {
  ...elsewhere(
    'One document, which belongs to whoever posts it; what it leads to is tried with the source and the Dataplane.',
  ),
  ...http,
  'down at start': [downAtStart],
  'dies midway': [adminApiDies, nodeRestarts],
  '500': [
    ...http['500'],
    httpTrial({ ...place, only: /^POST / }, () => status(500), {
      variant: 'to the push alone',
      says: ['KONG_CONFIG_REFUSED', 'KONG_FAILED'],
    }),
  ],
  'empty list': [httpTrial({ ...place, only: /^GET /, restart: true }, () => saysNothing)],
  'duplicate pages': noPages,
  'missing pages': noPages,
  'set changes during the walk': [intruded],
  'disk full': noFile,
  'read-only folder': noFile,
  'file replaced by a symlink': noFile,
  'clock jumps forward': [clockJump('forward')],
  'clock jumps back': [clockJump('back')],
  'SIGTERM at each step': endings('SIGTERM'),
  'kill -9 at each step': endings('SIGKILL'),
  'two at once': [twoDaemons({ proxy: ({ kong }) => kong, which: /^POST/ })],
  'guard moved with a mistake': [guardMoves],
  'part of a file': [partOfFile('a typo in a key'), partOfFile('a slow copy')],
  'values that Kong makes up': [madeUp],
  'down while nothing changes': [downUnchanged(['KONG_UNREACHABLE'])],
  'hangs while others work': [othersWork],
};
