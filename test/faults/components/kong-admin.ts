/** A Kong with a database, written to entity by entity. */
import { changing, duplicatePages, emptyList, missingPages } from '../faults/http';
import { httpTrial, httpTrials, type HttpPlace } from '../faults/http-trials';
import { clockJump, endsAtRequest, twoDaemons, type HttpStep } from '../faults/process-trials';
import {
  childOfOthers,
  downUnchanged,
  elsewhere,
  guardMoves,
  madeUp,
  othersWork,
  partOfFile,
} from '../faults/promises';
import { na, type Row, type Trial } from '../vocabulary';
import type { FaultWorld } from '../world/fault-world';

const place: HttpPlace = { proxy: ({ kong }) => kong };
/** What is listed once, when the daemon starts. */
const lists: HttpPlace = { ...place, only: /^GET \/\w+\?size=/, restart: true };
const invalid = ['KONG_REPLY_INVALID'];
const unreachable = ['KONG_UNREACHABLE'];
const noFile = na('This form writes no file.');

const downAtStart: Trial = {
  says: unreachable,
  async begin(world) {
    await world.daemon.child.stop();
    await world.kong.down();
    await world.startDaemon();
    return { end: () => world.kong.up() };
  },
};

const dies: Trial = {
  says: [...unreachable, 'KONG_APPLY_STOPPED'],
  async begin(world) {
    await world.kong.down();
    return { end: () => world.kong.up() };
  },
};

/** Another team's work at the same Kong, between two pages. */
async function others({ sandbox }: FaultWorld, round: number): Promise<void> {
  const url = `${sandbox.admin.url}/services/aa-others`;
  const body = JSON.stringify({ name: 'aa-others', host: 'others.internal', tags: ['team-b'] });
  const headers = { 'content-type': 'application/json' };
  await fetch(url, round % 2 === 0 ? { method: 'PUT', headers, body } : { method: 'DELETE' });
}

const writes = /^(PUT|POST|PATCH|DELETE) /;
const step = { proxy: ({ kong }: FaultWorld) => kong, only: writes };
const steps: readonly HttpStep[] = [
  { ...step, step: 'before the first write', when: 'before' },
  { ...step, step: 'after the first write', when: 'after' },
  { ...step, step: 'before the route', only: /^PUT \/routes/, when: 'before' },
  {
    ...step,
    step: 'after the first deletion',
    only: /^DELETE/,
    when: 'after',
    change: 'service goes',
  },
];
const endings = (signal: 'SIGTERM' | 'SIGKILL'): readonly Trial[] =>
  steps.map((one) => endsAtRequest(signal, one));

export const kongAdmin: Row = {
  ...elsewhere('What its entities lead to is tried with the source and the Dataplane.'),
  ...httpTrials(place, {
    hangs: undefined,
    slow: undefined,
    '500': ['KONG_FAILED'],
    '429 with Retry-After': undefined,
    '401': ['KONG_UNAUTHORISED'],
    'half an answer': unreachable,
    'wrong content type': undefined,
    'invalid JSON': undefined,
    'truncated body': undefined,
  }),
  'wrong content type': [
    ...httpTrials({ ...place, restart: true }, sameFor(invalid))['wrong content type'],
  ],
  'invalid JSON': [...httpTrials({ ...place, restart: true }, sameFor(invalid))['invalid JSON']],
  'truncated body': [
    ...httpTrials({ ...place, restart: true }, sameFor(invalid))['truncated body'],
  ],
  'down at start': [downAtStart],
  'dies midway': [dies],
  'empty list': [httpTrial(lists, () => emptyList)],
  'duplicate pages': [httpTrial(lists, () => duplicatePages)],
  'missing pages': [httpTrial(lists, () => missingPages)],
  'set changes during the walk': [
    httpTrial(lists, (_, world) => changing((before) => others(world, before))),
  ],
  'disk full': noFile,
  'read-only folder': noFile,
  'file replaced by a symlink': noFile,
  'clock jumps forward': [clockJump('forward')],
  'clock jumps back': [clockJump('back')],
  'SIGTERM at each step': endings('SIGTERM'),
  'kill -9 at each step': endings('SIGKILL'),
  'two at once': [twoDaemons({ proxy: ({ kong }) => kong, which: writes })],
  'guard moved with a mistake': [guardMoves],
  'shared with others': [childOfOthers],
  'part of a file': [partOfFile('a typo in a key'), partOfFile('a slow copy')],
  'values that Kong makes up': [madeUp],
  'down while nothing changes': [downUnchanged(['KONG_UNREACHABLE'])],
  'hangs while others work': [othersWork],
};

function sameFor(says: readonly string[]) {
  return {
    hangs: says,
    slow: says,
    '500': says,
    '429 with Retry-After': says,
    '401': says,
    'half an answer': says,
    'wrong content type': says,
    'invalid JSON': says,
    'truncated body': says,
  };
}
