/**
 * Never two at once: replicas whose clocks differ and are set, whose requests and answers are late,
 * lost or refused, and which stop in the middle of anything, over one lease with optimistic locking.
 */
import {
  holdLease,
  nextStep,
  releasedRecord,
  remainingMs,
  seeLease,
  type ElectorState,
  type Instant,
} from '../../../daemon/election/elector';
import type { LeaseRecord, StoredLease } from '../../../daemon/election/lease-record';
import fc from '../../support/property';

const timing = { leaseDurationMs: 3_000, renewDeadlineMs: 2_000, retryPeriodMs: 400 };

/** The API server: what it holds, and under which version. */
class Store {
  lease: StoredLease | undefined;
  #version = 0;

  write(record: LeaseRecord, before: StoredLease | undefined): StoredLease | undefined {
    if (this.lease?.version !== before?.version) return undefined;
    this.#version += 1;
    this.lease = { record, version: String(this.#version), object: {} };
    return this.lease;
  }
}

interface Turn {
  /** From the client to the server and back, in ms. */
  readonly thereMs: number;
  readonly backMs: number;
  /** What becomes of the exchange. */
  readonly fate: 'good' | 'lost on the way' | 'answer lost';
  /** The process is stopped, or the machine asleep, before its next turn. */
  readonly stopMs: number;
  readonly asleep: boolean;
  /** The wall clock is set by so much. */
  readonly setMs: number;
  /** It gives the lease back where it leads, and goes on as a standby. */
  readonly release: boolean;
}

const common = {
  thereMs: fc.oneof(fc.nat(50), fc.nat(2_500)),
  backMs: fc.oneof(fc.nat(50), fc.nat(2_500)),
  fate: fc.constantFrom<Turn['fate']>('good', 'good', 'good', 'lost on the way', 'answer lost'),
  stopMs: fc.oneof({ weight: 6, arbitrary: fc.constant(0) }, fc.nat(6_000)),
  release: fc.oneof({ weight: 9, arbitrary: fc.constant(false) }, fc.boolean()),
};

/** Nobody can tell a night's sleep from none if the clock is set back by as much meanwhile. */
const scripts: fc.Arbitrary<readonly Turn[]> = fc.oneof(
  fc.array(fc.record({ ...common, asleep: fc.boolean(), setMs: rarely(fc.nat(9_000)) }), length()),
  fc.array(
    fc.record({
      ...common,
      asleep: fc.constant(false),
      setMs: rarely(fc.integer({ min: -9_000, max: 9_000 })),
    }),
    length(),
  ),
);

function rarely(arbitrary: fc.Arbitrary<number>): fc.Arbitrary<number> {
  return fc.oneof({ weight: 8, arbitrary: fc.constant(0) }, arbitrary);
}

function length() {
  return { minLength: 5, maxLength: 40 };
}

class Replica {
  state: ElectorState = {};
  /** What the machine's clocks say beyond the true time. */
  #monotonicMs: number;
  #wallMs: number;

  constructor(
    readonly name: string,
    offsetMs: number,
  ) {
    this.#monotonicMs = offsetMs;
    this.#wallMs = -offsetMs * 7;
  }

  now(trueMs: number): Instant {
    return { monotonicMs: trueMs + this.#monotonicMs, wallMs: trueMs + this.#wallMs };
  }

  leads(trueMs: number): boolean {
    return remainingMs(this.state, timing, this.now(trueMs)) > 0;
  }

  /** A sleeping machine's monotonic clock stands still. Nothing is written meanwhile. */
  sleep(ms: number): void {
    this.#monotonicMs -= ms;
  }

  setWall(ms: number): void {
    this.#wallMs += ms;
  }
}

function* live(
  replica: Replica,
  script: readonly Turn[],
  store: Store,
): Generator<number, void, number> {
  let trueMs = yield 0;
  for (const turn of script) {
    replica.setWall(turn.setMs);
    if (turn.stopMs > 0) {
      if (turn.asleep) replica.sleep(turn.stopMs);
      trueMs = yield turn.stopMs;
    }
    if (turn.release && replica.leads(trueMs)) {
      const before = replica.state.seen!.lease;
      replica.state = {};
      trueMs = yield turn.thereMs;
      store.write(releasedRecord(before, replica.now(trueMs)), before);
      continue;
    }
    if (!replica.leads(trueMs)) {
      trueMs = yield turn.thereMs;
      const found = store.lease;
      trueMs = yield turn.backMs;
      replica.state = seeLease(replica.state, found, replica.name, replica.now(trueMs).monotonicMs);
    }
    const startedAt = replica.now(trueMs);
    const step = nextStep(replica.state, replica.name, timing, startedAt);
    if (step.op !== 'wait') {
      trueMs = yield turn.thereMs;
      const written =
        turn.fate === 'lost on the way' ? undefined : store.write(step.record, step.before);
      trueMs = yield turn.backMs;
      if (written && turn.fate !== 'answer lost') replica.state = holdLease(written, startedAt);
      // As after a 409: look again.
      else if (turn.fate === 'good') {
        const monotonicMs = replica.now(trueMs).monotonicMs;
        replica.state = seeLease(replica.state, store.lease, replica.name, monotonicMs);
      }
    }
    trueMs = yield timing.retryPeriodMs;
  }
}

/** Runs all of them by true time, and tells of every moment at which two could write. */
function simulate(all: readonly (readonly Turn[])[]) {
  const store = new Store();
  const replicas = all.map((_, index) => new Replica(`r${index}`, index * 100_003));
  const lives = all.map((script, index) => live(replicas[index]!, script, store));
  const due = lives.map((one, index) => ({ one, atMs: index + (one.next().value ?? 0) }));
  const clashes: string[] = [];
  const leaders = new Set<string>();
  for (;;) {
    const next = due.filter(({ atMs }) => atMs < Infinity).sort((a, b) => a.atMs - b.atMs)[0];
    if (!next) break;
    const trueMs = next.atMs;
    const { value, done } = next.one.next(trueMs);
    next.atMs = done ? Infinity : trueMs + value;
    const leading = replicas.filter((replica) => replica.leads(trueMs)).map(({ name }) => name);
    for (const name of leading) leaders.add(name);
    if (leading.length > 1) clashes.push(`${leading.join(' and ')} at ${trueMs} ms`);
  }
  return { clashes, leaders };
}

it('never lets two write at once', () => {
  const led = new Set<string>();

  fc.assert(
    fc.property(fc.array(scripts, { minLength: 2, maxLength: 4 }), (all) => {
      const { clashes, leaders } = simulate(all);
      for (const name of leaders) led.add(name);
      expect(clashes).toEqual([]);
    }),
    { numRuns: 500 },
  );

  // It is no proof if nobody but the first ever led.
  expect([...led].sort()).toEqual(['r0', 'r1', 'r2', 'r3']);
});
