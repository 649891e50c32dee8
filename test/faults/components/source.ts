/** The Kuma API as the daemon reads it, and the file that keeps the last good look. */
import { rm } from 'node:fs/promises';

import { diskFull, readOnly, symlinked } from '../faults/files';
import { changing, duplicatePages, emptyList, missingPages, resets } from '../faults/http';
import { httpTrial, httpTrials, type HttpPlace } from '../faults/http-trials';
import { clockJump, endsAtRequest, type HttpStep } from '../faults/process-trials';
import { elsewhere, namesake } from '../faults/promises';
import { na, type Row, type Trial } from '../vocabulary';
import type { FaultWorld } from '../world/fault-world';

const place: HttpPlace = { proxy: (world) => world.kuma, only: /^GET / };
const lists: HttpPlace = { ...place, only: /^GET .*[?&]size=/ };
const stale = ['OBSERVATION_STALE'];

function downAtStart(variant: string, keepsState: boolean): Trial {
  return {
    variant,
    says: keepsState ? stale : ['KUMA_UNREACHABLE'],
    async begin(world) {
      await world.daemon.child.stop();
      if (!keepsState) await rm(world.places.stateFile, { force: true });
      await world.kuma.down();
      await world.startDaemon();
      return { end: () => world.kuma.up() };
    },
  };
}

const diesMidway: Trial = {
  variant: 'nothing listens',
  says: stale,
  async begin(world) {
    await world.kuma.down();
    return { end: () => world.kuma.up() };
  },
};

/** A service of which nobody knows from page to page whether it is there. */
function flap({ sandbox: { controlPlane } }: FaultWorld, name: string, isThere: boolean): void {
  if (!isThere) {
    controlPlane.delete('Dataplane', name);
    return;
  }
  const tags = { 'kuma.io/service': name, 'kuma.io/protocol': 'http' };
  controlPlane.put({
    type: 'Dataplane',
    mesh: 'default',
    name,
    labels: { 'kuma.io/workload': name },
    networking: { address: '127.0.0.1', inbound: [{ port: 9_999, tags }] },
  });
}

const comesAndGoes: Trial = {
  ...httpTrial(lists, (_, world) => changing((before) => flap(world, 'aa-flap', before % 2 === 0))),
  variant: 'one comes and goes',
};

/** The number stays: only the names tell. */
const changesPlaces: Trial = {
  ...httpTrial(lists, (_, world) =>
    changing((before) => {
      flap(world, 'aa-flap', before % 2 === 0);
      flap(world, 'zz-flap', before % 2 !== 0);
    }),
  ),
  variant: 'one takes the place of another',
};

function cleaned(trial: Trial): Trial {
  return {
    ...trial,
    async begin(world, random, life) {
      const begun = await trial.begin(world, random, life);
      return {
        ...begun,
        async end() {
          await begun.end();
          for (const name of ['aa-flap', 'zz-flap']) flap(world, name, false);
        },
      };
    },
  };
}

const step: Omit<HttpStep, 'step' | 'when'> = {
  proxy: ({ kuma }) => kuma,
  only: /^GET .*\/meshservices/,
};
const steps: readonly [HttpStep, HttpStep] = [
  { ...step, step: 'before the lists are asked for', when: 'before' },
  { ...step, step: 'before the answer is there', when: 'after' },
];

export const source: Row = {
  ...elsewhere('It is only read: what is done with it is tried where it is written to.'),
  ...httpTrials(place, {
    hangs: undefined,
    slow: undefined,
    '500': stale,
    '429 with Retry-After': stale,
    '401': stale,
    'half an answer': stale,
    'wrong content type': stale,
    'invalid JSON': stale,
    'truncated body': stale,
  }),
  'down at start': [
    downAtStart('with the last good look', true),
    downAtStart('without one', false),
  ],
  'dies midway': [
    diesMidway,
    httpTrial(place, () => resets, { variant: 'connections are reset', says: stale }),
  ],
  'empty list': [httpTrial(lists, () => emptyList, { says: ['OBSERVATION_HELD_BACK'] })],
  'duplicate pages': [httpTrial(lists, () => duplicatePages, { says: stale })],
  'missing pages': [httpTrial(lists, () => missingPages, { says: stale })],
  'set changes during the walk': [cleaned(comesAndGoes), cleaned(changesPlaces)],
  'disk full': [diskFull(['LAST_GOOD_UNWRITABLE'])],
  'read-only folder': [readOnly(['LAST_GOOD_UNWRITABLE'])],
  'file replaced by a symlink': [symlinked(({ stateFile }) => stateFile)],
  'clock jumps forward': [clockJump('forward')],
  'clock jumps back': [clockJump('back')],
  'SIGTERM at each step': [endsAtRequest('SIGTERM', steps[0]), endsAtRequest('SIGTERM', steps[1])],
  'kill -9 at each step': [endsAtRequest('SIGKILL', steps[0]), endsAtRequest('SIGKILL', steps[1])],
  'two at once': na(
    'Daemons only read it. Two daemons are tried with everything that they write to.',
  ),
  'namesake elsewhere': [namesake],
};
