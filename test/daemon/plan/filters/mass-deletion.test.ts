import type { Plan } from '../../../../daemon/plan/change';
import { diff } from '../../../../daemon/plan/diff';
import {
  guardMassDeletion,
  type MassDeletionInput,
  type MassDeletionMemory,
} from '../../../../daemon/plan/filters/mass-deletion';
import { service, state } from '../build';

const names = Array.from({ length: 12 }, (_, index) => `s${index}`);
const full = state(...names.map((name) => service(name)));
const limits = { share: 0.5, atLeast: 5, confirmAfterMs: 1000 };

interface Case extends MassDeletionInput {
  readonly plan: Plan;
}

const guard = ({ plan, ...given }: Case) => guardMassDeletion(plan, given, limits);

/** Twelve entities of ours, of which the first `keep` stay and one is new. */
function input(keep: number, more: Partial<Case> & { owns?: number } = {}): Case {
  const desired = state(...names.slice(0, keep).map((name) => service(name)), service('new'));
  return {
    plan: diff(full, desired),
    owned: () => more.owns ?? full.entities.length,
    desired: desired.entities.length,
    observedNothing: false,
    confirmed: false,
    nowMs: 0,
    persistent: true,
    ...more,
  };
}

/** The same wish for deletions in pass after pass. */
function repeat(passes: number, stepMs: number, given: (pass: number) => Case) {
  let memory: MassDeletionMemory | undefined;
  return Array.from({ length: passes }, (_, pass) => {
    const verdict = guard({ ...given(pass), nowMs: pass * stepMs, memory });
    ({ memory } = verdict);
    return verdict.held.length > 0;
  });
}

describe('guardMassDeletion', () => {
  it.each<[string, Case, boolean]>([
    ['nothing to delete', input(12), false],
    ['nothing to delete, though the mesh is empty', input(12, { observedNothing: true }), false],
    ['half of it', input(6), false],
    ['more than half', input(5), true],
    ['five, though all of it', input(7, { owns: 5 }), false],
    ['six, and all of it', input(6, { owns: 6 }), true],
    ['one, while the mesh is empty', input(11, { observedNothing: true }), true],
    ['one, while nothing is desired', input(11, { desired: 0 }), true],
    ['all of it, confirmed', input(0, { confirmed: true, observedNothing: true }), false],
  ])('%s', (_name, given, expected) => {
    const verdict = guard(given);

    expect(verdict.held.length > 0).toBe(expected);
    if (!expected) expect(verdict.plan).toBe(given.plan);
  });

  it('lets the rest of the plan through and says what it holds', () => {
    const verdict = guard(input(0));

    expect(verdict.plan.summary).toEqual({ creating: 1, updating: 0, deleting: 0 });
    expect(verdict.held).toHaveLength(12);
    expect(verdict.holds).toMatchObject([{ reason: 'share', count: 12 }]);
    expect(verdict.diagnostics[0]).toMatchObject({
      code: 'DELETIONS_HELD_BACK',
      severity: 'warning',
      message: expect.stringContaining('12 deletions out of 12 entities that kong-meshd applied'),
      remedy: expect.stringMatching(/--confirm-deletes.* after 1 s\.$/),
    });
  });

  it('releases what is wanted for the time and for ten passes', () => {
    expect(repeat(11, 100, () => input(0))).toEqual([...Array<boolean>(10).fill(true), false]);
    expect(repeat(12, 10, () => input(0))).not.toContain(false);
    expect(repeat(3, 1000, () => input(0))).not.toContain(false);
  });

  it.each([
    ['the mesh', { observedNothing: true }],
    ['the configuration', { desired: 0 }],
  ])('never releases anything by time while %s is empty', (_name, empty) => {
    expect(repeat(50, 100_000, () => input(0, empty))).not.toContain(false);
  });

  it('counts the time from when the mesh shows something again', () => {
    const held = repeat(24, 100, (pass) => input(0, { observedNothing: pass < 12 }));

    expect(held.indexOf(false)).toBe(22);
  });

  it('starts the waiting anew when more would go, not when less would', () => {
    const { memory } = guard(input(4));

    const fewer = guard(input(5, { nowMs: 10, memory }));
    const more = guard(input(3, { nowMs: 10, memory }));

    expect(fewer.memory).toMatchObject({ sinceMs: 0, passes: 2 });
    expect(more.memory).toMatchObject({ sinceMs: 10, passes: 1 });
  });

  it('keeps holding when what was created meanwhile has changed the share', () => {
    const { memory } = guard(input(0));

    const verdict = guard(input(0, { owns: 100, memory }));

    expect(verdict.held).toHaveLength(12);
    expect(verdict.holds?.[0]?.id).toBe(guard(input(0)).holds?.[0]?.id);
  });

  it('lets other deletions through beside those that are held', () => {
    const held = guard(input(5)).memory;

    const verdict = guard(input(4, { owns: 100, memory: held }));

    expect(verdict.held).toHaveLength(7);
    expect(verdict.plan.summary.deleting).toBe(1);
  });

  it('holds creations too where a restart would forget the hold', () => {
    const verdict = guard(input(0, { persistent: false }));

    expect(verdict.plan.changes).toEqual([]);
    expect(verdict.diagnostics.map(({ code }) => code)).toEqual([
      'DELETIONS_HELD_BACK',
      'CHANGES_WAIT_FOR_DELETIONS',
    ]);
  });

  it('forgets the hold when the deletions are not wanted any more', () => {
    const { memory } = guard(input(0));

    const verdict = guard(input(12, { memory }));

    expect([verdict.held, verdict.memory]).toEqual([[], undefined]);
  });

  it('does not count an entity that comes back under another id', () => {
    const replaced = names.map((name, n) =>
      service(name, {}, `00000000-0000-5000-8000-${String(n).padStart(12, '0')}`),
    );

    const verdict = guard(input(0, { plan: diff(full, state(...replaced)) }));

    expect(verdict.held).toEqual([]);
  });
});
