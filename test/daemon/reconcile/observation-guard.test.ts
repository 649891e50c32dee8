import { guardObservation } from '../../../daemon/reconcile/observation-guard';
import { sourceErrors } from '../../../daemon/sources/errors';
import { sealObservation } from '../../../daemon/sources/resources/assemble';
import type { Observation } from '../../../daemon/sources/source';
import { meshService } from '../../catalog/build';

const limits = { share: 0.5, atLeast: 5, confirmAfterMs: 60_000 };

function seeing(count: number): Observation {
  const services = Array.from({ length: count }, (_, index) => meshService(`svc-${index}`));
  return sealObservation({ mesh: 'default', services, gateways: [], failures: [] });
}

describe('an observation is', () => {
  it.each([
    ['believed', 'there is none before it', undefined, 0],
    ['believed', 'it has more', 3, 10],
    ['believed', 'it has as many', 10, 10],
    ['believed', 'few are gone', 10, 5],
    ['believed', 'many are gone, but not more than the share', 100, 50],
    ['believed', 'the share is gone, but of few', 6, 2],
    ['believed', 'both are empty', 0, 0],
    ['held back', 'all are gone', 100, 0],
    ['held back', 'the only one is gone', 1, 0],
    ['held back', 'more than the share and the number are gone', 100, 49],
    ['held back', 'just more than both are gone', 11, 5],
  ])('%s where %s', (verdict, _, before, after) => {
    const previous = before === undefined ? undefined : seeing(before);
    const next = seeing(after);

    const admission = guardObservation(next, previous, undefined, {
      limits,
      confirmed: false,
      nowMs: 5,
    });

    const held = verdict === 'held back';
    expect(admission.observation).toBe(held ? previous : next);
    expect(admission.held?.code).toBe(held ? 'OBSERVATION_HELD_BACK' : undefined);
    expect(admission.doubt).toEqual(held ? { sinceMs: 5 } : undefined);
  });

  it('believed on the word of the user', () => {
    const next = seeing(0);

    const options = { limits, confirmed: true, nowMs: 0 };
    const admission = guardObservation(next, seeing(10), undefined, options);

    expect(admission.observation).toBe(next);
    expect(admission.held).toBeUndefined();
  });

  it.each([
    ['held back', 59_999],
    ['believed', 60_000],
  ])('%s once the doubt has lasted %i ms', (verdict, age) => {
    const previous = seeing(10);
    const next = seeing(0);

    const options = { limits, confirmed: false, nowMs: 1000 + age };
    const admission = guardObservation(next, previous, { sinceMs: 1000 }, options);

    expect(admission.observation).toBe(verdict === 'held back' ? previous : next);
    expect(admission.doubt).toEqual(verdict === 'held back' ? { sinceMs: 1000 } : undefined);
  });

  it('held back for however long, while a resource cannot be understood', () => {
    const invalid = sourceErrors.failure('MESH_RESOURCE_INVALID', { field: 'spec', cause: 'new' });
    const next = { ...seeing(0), failures: [invalid] };
    const previous = seeing(10);

    const options = { limits, confirmed: false, nowMs: 3_600_000 };
    const admission = guardObservation(next, previous, { sinceMs: 0 }, options);

    expect(admission.observation).toBe(previous);
  });

  it('named with both numbers, the way out and the time', () => {
    const options = { limits, confirmed: false, nowMs: 0 };

    const { held } = guardObservation(seeing(0), seeing(12), undefined, options);

    expect(held).toMatchObject({
      severity: 'warning',
      message: expect.stringMatching(/\b0 services where it showed 12\b/) as string,
      remedy: expect.stringMatching(/--confirm-deletes.* 60 s/) as string,
    });
  });
});
