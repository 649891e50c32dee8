import { planErrors } from '../../../daemon/plan/errors';
import { diff } from '../../../daemon/plan/diff';
import { subjectOf } from '../../../daemon/plan/order';
import {
  applyFilters,
  filterPlan,
  letThrough,
  type PlanFilter,
} from '../../../daemon/plan/plan-filter';
import { plugin, route, service, state } from './build';

const plan = diff(state(), state(service('a'), service('b'), service('c')));

const without =
  (name: string): PlanFilter =>
  (given) => ({
    ...filterPlan(given, (change) => subjectOf(change).key !== name),
    diagnostics: [planErrors.failure('ROUTE_WAITS_FOR_PLUGIN', {}, { entity: name })],
  });

describe('applyFilters', () => {
  it('gives each filter what those before it left, and collects what they held', () => {
    const seen: string[][] = [];
    const watch: PlanFilter = (given, held) => {
      seen.push(held.map((change) => subjectOf(change).key));
      return letThrough(given);
    };

    const result = applyFilters(letThrough(plan), [
      watch,
      without('a'),
      watch,
      without('c'),
      watch,
    ]);

    expect(result.plan.changes.map((change) => subjectOf(change).key)).toEqual(['b']);
    expect(seen).toEqual([[], ['a'], ['a', 'c']]);
    expect(result.diagnostics.map(({ entity }) => entity)).toEqual(['a', 'c']);
  });

  it('gives the very plan back where no filter objects', () => {
    expect(applyFilters(letThrough(plan), [letThrough]).plan).toBe(plan);
  });
});

describe('filterPlan', () => {
  it('takes no plugin away from a route that stays after all', () => {
    const orders = service('orders');
    const guard = plugin('key-auth', orders);
    const going = state(orders, route('list', orders), guard, plugin('cors'));

    const { plan: kept, held } = filterPlan(
      diff(going, state(orders)),
      (change) => subjectOf(change).type !== 'routes',
    );

    expect(kept.changes).toEqual([]);
    expect(held.map((change) => subjectOf(change).type).sort()).toEqual([
      'plugins',
      'plugins',
      'routes',
    ]);
  });
});
