import type { Plan } from '../../../../daemon/plan/change';
import { diff } from '../../../../daemon/plan/diff';
import {
  guardDeletions,
  type GuardInput,
  type GuardLimits,
  type GuardMemory,
} from '../../../../daemon/plan/filters/deletion-guard';
import { service, state } from '../build';

const names = Array.from({ length: 12 }, (_, index) => `s${index}`);
const full = state(...names.map((name) => service(name)));

interface Case extends GuardInput {
  readonly plan: Plan;
}

const guard = ({ plan, ...given }: Case, limits?: GuardLimits) =>
  guardDeletions(plan, given, limits);

function input(keep: number, more: Partial<Case> = {}): Case {
  const desired = state(...names.slice(0, keep).map((name) => service(name)), service('new'));
  return {
    plan: diff(full, desired),
    owned: full.entities.length,
    observedNothing: false,
    desiresNothing: false,
    confirmed: false,
    nowMs: 0,
    ...more,
  };
}

describe('guardDeletions', () => {
  it.each<[string, Case, boolean]>([
    ['nothing to delete', input(12), false],
    ['nothing to delete, though the mesh is empty', input(12, { observedNothing: true }), false],
    ['half of it', input(6), false],
    ['more than half', input(5), true],
    ['five, though all of it', input(7, { owned: 5 }), false],
    ['six, and all of it', input(6, { owned: 6 }), true],
    ['one, while the mesh is empty', input(11, { observedNothing: true }), true],
    ['one, while nothing is desired', input(11, { desiresNothing: true }), true],
    ['all of it, confirmed', input(0, { confirmed: true, observedNothing: true }), false],
  ])('%s', (_name, given, expected) => {
    const verdict = guard(given);

    expect(verdict.held.length > 0).toBe(expected);
    if (!expected) expect(verdict.plan).toBe(given.plan);
  });

  it('lets the rest of the plan through and says what it held back', () => {
    const verdict = guard(input(0));

    expect(verdict.plan.summary).toEqual({ creating: 1, updating: 0, deleting: 0 });
    expect(verdict.held).toHaveLength(12);
    expect(verdict.diagnostics[0]).toMatchObject({
      code: 'DELETIONS_HELD_BACK',
      severity: 'warning',
      message: expect.stringContaining('12 deletions out of 12') as string,
    });
  });

  it('believes a doubt that persists for the passes and the time', () => {
    const limits = { passes: 3, ageMs: 1000 };
    const held: boolean[] = [];
    let memory: GuardMemory | undefined;

    for (const nowMs of [0, 100, 200, 300, 1100]) {
      const verdict = guard(input(0, { nowMs, memory }), limits);
      ({ memory } = verdict);
      held.push(verdict.held.length > 0);
    }

    expect(held).toEqual([true, true, true, true, false]);
  });

  it('starts anew when more would go, not when less would', () => {
    const first = guard(input(4));
    const { memory } = first;

    const fewer = guard(input(5, { nowMs: 10, memory }));
    const more = guard(input(3, { nowMs: 10, memory }));

    expect(fewer.memory).toMatchObject({ sinceMs: 0, passes: 2 });
    expect(more.memory).toMatchObject({ sinceMs: 10, passes: 1 });
  });

  it('never believes it by time alone where that is switched off', () => {
    const first = guard(input(0), { passes: 0 });
    const memory = first.memory && { ...first.memory, passes: 1000 };

    const verdict = guard(input(0, { nowMs: 1e9, memory }), { passes: 0 });

    expect(verdict.held).toHaveLength(12);
  });

  it('does not count an entity that comes back under another id', () => {
    const replaced = names.map((name, n) =>
      service(name, {}, `00000000-0000-5000-8000-${String(n).padStart(12, '0')}`),
    );

    const verdict = guard(input(0, { plan: diff(full, state(...replaced)) }));

    expect(verdict.held).toEqual([]);
  });
});
