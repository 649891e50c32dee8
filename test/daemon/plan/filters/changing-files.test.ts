import { diff } from '../../../../daemon/plan/diff';
import { waitForFiles } from '../../../../daemon/plan/filters/changing-files';
import { entity, service, state } from '../build';

const mine = entity('services', 'exposed', {}, { owner: 'mesh' });

describe('waitForFiles', () => {
  it('holds the whole plan while it would delete because of files that are still changing', () => {
    const plan = diff(state(service('orders')), state(service('new')));
    const { plan: kept, held, diagnostics } = waitForFiles(1200)(plan, []);

    expect(kept.changes).toEqual([]);
    expect(held).toEqual(plan.changes);
    expect(diagnostics).toMatchObject([
      { code: 'CHANGES_WAIT_FOR_FILE', message: expect.stringMatching(/service orders.* 2 s/) },
    ]);
  });

  it.each([
    ['the files are at rest', 0, diff(state(service('orders')), state())],
    ['nothing is deleted', 1200, diff(state(), state(service('new')))],
    ['only what is made here is deleted', 1200, diff(state(mine), state())],
  ])('lets the very plan through where %s', (_, settlesInMs, plan) => {
    expect(waitForFiles(settlesInMs)(plan, [])).toEqual({ plan, held: [], diagnostics: [] });
  });
});
