import { diff } from '../../../../daemon/plan/diff';
import { waitForFiles } from '../../../../daemon/plan/filters/changing-files';
import { entity, service, state } from '../build';

const mine = entity('services', 'exposed', {}, { owner: 'mesh' });

describe('waitForFiles', () => {
  it('holds the whole plan while it would delete because of files that are still changing', () => {
    const plan = diff(state(service('orders')), state(service('new')));
    const { plan: kept, held, diagnostics } = waitForFiles(1200, false)(plan, []);

    expect(kept.changes).toEqual([]);
    expect(held).toEqual(plan.changes);
    expect(diagnostics).toMatchObject([
      { code: 'CHANGES_WAIT_FOR_FILE', message: expect.stringMatching(/service orders/) },
    ]);
  });

  it.each([
    ['makes something', diff(state(), state(service('new')))],
    ['changes something', diff(state(service('orders')), state(service('orders', { port: 1 })))],
  ])('holds a plan that %s because of files that may be half written', (_, plan) => {
    expect(waitForFiles(1200, true)(plan, [])).toMatchObject({
      plan: { changes: [] },
      held: plan.changes,
      holds: [{ reason: 'changing-files', count: 1 }],
      diagnostics: [{ code: 'CHANGES_WAIT_FOR_FILE' }],
    });
  });

  it.each([
    ['the files are at rest', 0, true, diff(state(service('orders')), state())],
    [
      'nothing is deleted, of files that are whole',
      1200,
      false,
      diff(state(), state(service('new'))),
    ],
    ['only what is made here is changed', 1200, true, diff(state(mine), state())],
  ])('lets the very plan through where %s', (_, settlesInMs, mayGrow, plan) => {
    expect(waitForFiles(settlesInMs, mayGrow)(plan, [])).toEqual({
      plan,
      held: [],
      diagnostics: [],
    });
  });
});
