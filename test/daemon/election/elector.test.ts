/** The rules of an election, one by one. */
import {
  holdLease,
  nextStep,
  releasedRecord,
  remainingMs,
  seeLease,
  type ElectorState,
  type Instant,
} from '../../../daemon/election/elector';
import {
  leaseObject,
  microTime,
  readLease,
  type LeaseRecord,
  type StoredLease,
} from '../../../daemon/election/lease-record';

const timing = { leaseDurationMs: 15_000, renewDeadlineMs: 10_000, retryPeriodMs: 2_000 };
const noon = Date.UTC(2026, 0, 1, 12);

/** Both clocks at so many ms after noon; `wallMs` where the wall clock says otherwise. */
function at(ms: number, wallMs = ms): Instant {
  return { monotonicMs: ms, wallMs: noon + wallMs };
}

function lease(record: Partial<LeaseRecord> = {}, version = '1'): StoredLease {
  return {
    version,
    object: {},
    record: {
      holder: 'b',
      durationSeconds: 15,
      acquireTime: microTime(noon),
      renewTime: microTime(noon),
      transitions: 3,
      ...record,
    },
  };
}

const seen = (stored: StoredLease, ms: number, before: ElectorState = {}): ElectorState =>
  seeLease(before, stored, 'a', ms);
const step = (state: ElectorState, ms: number) => nextStep(state, 'a', timing, at(ms));

describe('a standby', () => {
  it('makes the lease where there is none', () => {
    expect(step(seeLease({}, undefined, 'a', 0), 0)).toEqual({
      op: 'create',
      record: {
        holder: 'a',
        durationSeconds: 15,
        acquireTime: '2026-01-01T12:00:00.000000Z',
        renewTime: '2026-01-01T12:00:00.000000Z',
        transitions: 0,
      },
    });
  });

  it('waits from when it first saw the record, whatever time the record bears', () => {
    const old = lease({ renewTime: '1999-01-01T00:00:00.000000Z' });
    const future = lease({ renewTime: '2099-01-01T00:00:00.000000Z' });

    for (const stored of [old, future]) {
      const state = seen(stored, 1_000);
      expect(step(state, 15_999)).toEqual({ op: 'wait' });
      expect(step(state, 16_000)).toMatchObject({ op: 'update', record: { transitions: 4 } });
    }
  });

  it('waits anew after each renewal', () => {
    const renewed = lease({ renewTime: microTime(noon + 1) }, '2');
    const state = seen(renewed, 9_000, seen(lease(), 0));

    expect(step(state, 23_999)).toEqual({ op: 'wait' });
    expect(step(state, 24_000)).toMatchObject({ op: 'update' });
  });

  it('takes an edit beside the record for no sign of life, and writes over its version', () => {
    const state = seen(lease({}, '7'), 9_000, seen(lease(), 0));

    expect(step(state, 15_000)).toMatchObject({ op: 'update', before: { version: '7' } });
  });

  it.each([
    ['the holder asks for longer', { durationSeconds: 60 }, 59_999, 60_000],
    ['the holder asks for less', { durationSeconds: 5 }, 4_999, 5_000],
    ['the holder does not say', { durationSeconds: undefined }, 14_999, 15_000],
  ])('waits as long as the holder may be silent: %s', (_name, record, tooSoon, due) => {
    const state = seen(lease(record), 0);

    expect(step(state, tooSoon)).toEqual({ op: 'wait' });
    expect(step(state, due)).toMatchObject({ op: 'update' });
  });

  it('takes at once what was given back', () => {
    const state = seen(lease({ holder: '', durationSeconds: 1 }), 0);

    expect(step(state, 0)).toMatchObject({ op: 'update', record: { holder: 'a', transitions: 4 } });
  });

  it('is not hurried by a wall clock that is set ahead', () => {
    const state = seen(lease(), 0);

    expect(nextStep(state, 'a', timing, at(1_000, 3_600_000))).toEqual({ op: 'wait' });
  });

  it('waits for the holder of a lease that was deleted, who may not know yet', () => {
    const state = seeLease(seen(lease(), 0), undefined, 'a', 5_000);

    expect(step(state, 14_999)).toEqual({ op: 'wait' });
    expect(step(state, 15_000)).toMatchObject({ op: 'create', record: { transitions: 4 } });
  });

  it('goes on with what still bears its name', () => {
    const state = seen(lease({ holder: 'a' }), 0);

    expect(step(state, 0)).toMatchObject({
      op: 'update',
      record: { acquireTime: microTime(noon), transitions: 3 },
    });
    expect(remainingMs(state, timing, at(0))).toBe(0);
  });
});

describe('a leader', () => {
  const leading = holdLease(lease({ holder: 'a' }), at(1_000));

  it('may write from the begin of its renewal, for less than the others wait', () => {
    expect(remainingMs(leading, timing, at(1_000))).toBe(10_000);
    expect(remainingMs(leading, timing, at(10_999))).toBe(1);
    expect(remainingMs(leading, timing, at(11_000))).toBe(0);
  });

  it.each([
    ['is set ahead', at(2_000, 60_000), false],
    ['is set back', at(2_000, -60_000), true],
    ['is set back, and the time is over', at(11_000, -60_000), false],
    ['went on while the machine slept', at(1_001, 11_001), false],
  ])('believes the longer of two clocks where the wall clock %s', (_name, now, leads) => {
    expect(remainingMs(leading, timing, now) > 0).toBe(leads);
  });

  it('renews with its number of transitions and the time when it began', () => {
    expect(step(leading, 3_000)).toMatchObject({
      op: 'update',
      record: {
        transitions: 3,
        acquireTime: microTime(noon),
        renewTime: microTime(noon + 3_000),
      },
    });
  });

  it('has lost when it sees another name', () => {
    expect(remainingMs(seen(lease(), 2_000, leading), timing, at(2_000))).toBe(0);
  });

  it('has lost when the lease is gone', () => {
    expect(remainingMs(seeLease(leading, undefined, 'a', 2_000), timing, at(2_000))).toBe(0);
  });

  it('goes on when somebody put a label on the lease', () => {
    const state = seen(lease({ holder: 'a' }, '2'), 2_000, leading);

    expect(remainingMs(state, timing, at(2_000))).toBe(9_000);
    expect(step(state, 2_000)).toMatchObject({ op: 'update', before: { version: '2' } });
  });

  it('leaves nobody to wait for', () => {
    expect(releasedRecord(lease({ holder: 'a' }), at(5_000))).toEqual({
      holder: '',
      durationSeconds: 1,
      acquireTime: microTime(noon + 5_000),
      renewTime: microTime(noon + 5_000),
      transitions: 3,
    });
  });
});

describe('the object', () => {
  it('is read as it is written', () => {
    const { record } = lease();
    const object = leaseObject({ namespace: 'kong', name: 'kong-meshd' }, record);

    const metadata = { name: 'kong-meshd', namespace: 'kong', resourceVersion: '9' };
    expect(readLease({ ...object, metadata })).toMatchObject({ version: '9', record });
  });

  it('keeps what others wrote beside the record', () => {
    const object = {
      metadata: { name: 'kong-meshd', resourceVersion: '4', labels: { team: 'edge' } },
      spec: { holderIdentity: 'b', strategy: 'OldestEmulationVersion' },
    };
    const before = readLease(object)!;

    expect(leaseObject({ namespace: 'kong', name: 'x' }, lease().record, before)).toMatchObject({
      metadata: { name: 'kong-meshd', resourceVersion: '4', labels: { team: 'edge' } },
      spec: { strategy: 'OldestEmulationVersion', leaseTransitions: 3 },
    });
  });

  it.each([
    ['no spec', {}],
    ['an empty spec', { spec: {} }],
    ['nothing but nulls', { spec: { holderIdentity: null, leaseDurationSeconds: null } }],
    ['a duration that is none', { spec: { leaseDurationSeconds: -1 } }],
  ])('is held by nobody with %s', (_name, fields) => {
    expect(readLease({ metadata: { resourceVersion: '1' }, ...fields })).toMatchObject({
      record: { holder: '', durationSeconds: undefined, transitions: 0 },
    });
  });

  it.each([[undefined], ['text'], [{}], [{ metadata: {} }]])('is none: %j', (object) => {
    expect(readLease(object)).toBeUndefined();
  });
});
