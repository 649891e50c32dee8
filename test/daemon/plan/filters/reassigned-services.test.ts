import type { Entity } from '../../../../daemon/kong/model';
import { diff } from '../../../../daemon/plan/diff';
import {
  closeReassigned,
  type ReassignedService,
} from '../../../../daemon/plan/filters/reassigned-services';
import { filterByPolicy } from '../../../../daemon/plan/filters/policy';
import { subjectOf } from '../../../../daemon/plan/order';
import { service, state } from '../build';

const current = state(service('kept'), service('wanted'));
const desired = state(service('wanted'), service('new'));

/** Every service that it is shown is somebody else's by now. */
const everyone = (kept: readonly Entity[]): readonly ReassignedService[] =>
  kept.map((previous) => ({
    previous,
    next: { ...previous, fields: { ...previous.fields, host: 'closed.invalid' } },
    address: { host: '127.0.0.1', port: 30000 },
    owner: 'payments',
  }));

describe('closeReassigned', () => {
  it('closes a service whose deletion is held and whose address went to another one', () => {
    const { plan, held } = filterByPolicy('upsert-only')(diff(current, desired), []);

    const result = closeReassigned(current, desired, everyone)(plan, held);

    expect(result.plan.changes.map((change) => [change.op, subjectOf(change).key])).toEqual([
      ['update', 'kept'],
      ['create', 'new'],
    ]);
    expect(result.diagnostics).toMatchObject([
      { code: 'KEPT_SERVICE_CLOSED', entity: 'service kept' },
    ]);
  });

  it('looks at nothing where nothing is held', () => {
    const plan = diff(current, desired);

    expect(closeReassigned(current, desired, everyone)(plan, []).plan).toBe(plan);
  });
});
