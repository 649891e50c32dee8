/** The faults of an HTTP server as trials, the same for whoever speaks to it. */
import type { Random } from '../random';
import type { Begun, Fault, Path, Trial } from '../vocabulary';
import { timeoutMs } from '../world/configuration';
import type { FaultWorld } from '../world/fault-world';
import type { FaultyProxy, HttpFault } from '../world/faulty-proxy';
import * as http from './http';

export interface HttpPlace {
  readonly proxy: (world: FaultWorld) => FaultyProxy;
  /** Which exchanges meet the fault, as `GET /path?query`. Default: all. */
  readonly only?: RegExp;
  /** The daemon starts within the fault: what it asks only then meets it too. */
  readonly restart?: boolean;
  readonly mayRefuse?: readonly Path[];
}

export type HttpFaultName = Extract<
  Fault,
  | 'hangs'
  | 'slow'
  | '500'
  | '429 with Retry-After'
  | '401'
  | 'half an answer'
  | 'wrong content type'
  | 'invalid JSON'
  | 'truncated body'
>;

/** Puts a fault in place; ended, what was promised in Retry-After is waited for. */
export function httpTrial(
  place: HttpPlace,
  faultOf: (random: Random, world: FaultWorld) => HttpFault,
  trial: Omit<Trial, 'begin'> & { readonly afterMs?: number } = {},
): Trial {
  const { afterMs = 0, ...rest } = trial;
  return {
    ...(place.mayRefuse ? { mayRefuse: place.mayRefuse } : {}),
    ...rest,
    async begin(world, random): Promise<Begun> {
      const meeting = place.proxy(world).meet(faultOf(random, world), place.only);
      if (place.restart === true) await world.startDaemon();
      return {
        async end() {
          await whenMet(() => meeting.met > 0);
          meeting.end();
          await new Promise((resolve) => setTimeout(resolve, afterMs));
        },
        met: () => meeting.met > 0,
      };
    },
  };
}

/** A fault that nobody met shows nothing: the daemon may still be on its way. */
export async function whenMet(met: () => boolean): Promise<void> {
  const end = performance.now() + 30_000;
  while (!met() && performance.now() < end) await new Promise((resolve) => setTimeout(resolve, 20));
}

const retryAfterSeconds = 2;

/** Codes by fault. */
export type Says = Readonly<Record<HttpFaultName, readonly string[] | undefined>>;

export function httpTrials(
  place: HttpPlace,
  says: Says,
): Readonly<Record<HttpFaultName, readonly [Trial, ...Trial[]]>> {
  const trial = (
    name: HttpFaultName,
    faultOf: (random: Random, world: FaultWorld) => HttpFault,
    more: { readonly variant?: string; readonly afterMs?: number } = {},
  ): Trial => httpTrial(place, faultOf, { ...more, ...(says[name] ? { says: says[name] } : {}) });
  return {
    hangs: [
      trial('hangs', () => http.hangs, { variant: 'and goes on' }),
      // What was sent into the void is given up when its time is over.
      trial('hangs', () => http.answerLost, { variant: 'and forgets', afterMs: timeoutMs }),
    ],
    slow: [trial('slow', (random) => http.slow(random.between(200, 600)))],
    '500': [trial('500', () => http.status(500))],
    '429 with Retry-After': [
      trial('429 with Retry-After', () => retryAfter(String(retryAfterSeconds)), {
        variant: 'seconds',
        afterMs: retryAfterSeconds * 1_000,
      }),
      trial('429 with Retry-After', () => retryAfterDate, {
        variant: 'date',
        afterMs: retryAfterSeconds * 1_000,
      }),
    ],
    '401': [trial('401', () => http.status(401))],
    'half an answer': [trial('half an answer', (random) => http.half(random))],
    'wrong content type': [trial('wrong content type', () => http.htmlPage)],
    'invalid JSON': [trial('invalid JSON', (random) => http.invalidJson(random))],
    'truncated body': [trial('truncated body', (random) => http.truncated(random))],
  };
}

/** Dates have no fractions: what is left of the last second only makes the wait shorter. */
const retryAfterDate: HttpFault = (exchange) => {
  const at = new Date(Date.now() + retryAfterSeconds * 1_000);
  return retryAfter(at.toUTCString())(exchange);
};

function retryAfter(value: string): HttpFault {
  return http.status(429, { 'retry-after': value });
}
