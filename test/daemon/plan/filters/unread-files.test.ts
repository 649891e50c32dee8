import { diff } from '../../../../daemon/plan/diff';
import { keepUnread } from '../../../../daemon/plan/filters/unread-files';
import { subjectOf } from '../../../../daemon/plan/order';
import { entity, service, state } from '../build';

const mine = entity('services', 'exposed', {}, { owner: 'mesh' });
const plan = diff(state(service('orders'), mine), state(service('new')));

describe('keepUnread', () => {
  it("holds deletions of the user's entities while a file has a mistake", () => {
    const { plan: kept, held, diagnostics } = keepUnread(true)(plan, []);

    expect(held.map((change) => subjectOf(change).key)).toEqual(['orders']);
    expect(kept.summary).toEqual({ creating: 1, updating: 0, deleting: 1 });
    expect(diagnostics).toMatchObject([
      { code: 'DELETIONS_WAIT_FOR_FILE', message: expect.stringContaining('service orders') },
    ]);
  });

  it('lets the very plan through where the files are whole', () => {
    expect(keepUnread(false)(plan, [])).toEqual({ plan, held: [], diagnostics: [] });
  });
});
