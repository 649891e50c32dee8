import type { Entity, KongState } from '../../../daemon/kong/model';
import { applyPlan, unapplyPlan } from '../../../daemon/plan/apply-plan';
import type { Change } from '../../../daemon/plan/change';
import { identityOf } from '../../../daemon/plan/dependants';
import { diff } from '../../../daemon/plan/diff';
import { filterByPolicy, policies } from '../../../daemon/plan/filters/policy';
import { plugin, route, service, state } from './build';
import fc from '../../support/property';

/** Few names and ids, so that the two states of a pair collide in every way there is. */
const names = ['a', 'b', 'c', 'd'] as const;
const ids = [1, 2, 3, 4, 5].map((n) => `00000000-0000-5000-8000-00000000000${n}`);

const stateArbitrary: fc.Arbitrary<KongState> = fc
  .record({
    services: fc
      .uniqueArray(fc.record({ name: fc.constantFrom(...names), port: fc.constantFrom(80, 81) }), {
        selector: ({ name }) => name,
      })
      .chain((services) =>
        fc
          .shuffledSubarray(ids, { minLength: services.length, maxLength: services.length })
          .map((given) =>
            services.map((one, index) => service(one.name, { port: one.port }, given[index])),
          ),
      ),
    routes: fc.uniqueArray(
      fc.record({ name: fc.constantFrom(...names), of: fc.nat(3), strip: fc.boolean() }),
      { selector: ({ name }) => name },
    ),
    plugins: fc.uniqueArray(fc.record({ of: fc.nat(3), minute: fc.constantFrom(1, 2) }), {
      selector: ({ of }) => of,
    }),
  })
  .map(({ services, routes, plugins }) => {
    const builtRoutes = routes.flatMap(({ name, of, strip }) => {
      const parent = services[of % Math.max(services.length, 1)];
      return parent ? [route(name, parent, { strip_path: strip })] : [];
    });
    const parents = [...services, ...builtRoutes];
    const builtPlugins = new Map<string, Entity>();
    for (const { of, minute } of plugins) {
      const built = plugin('rate-limiting', parents[of], { config: { minute } });
      builtPlugins.set(built.key, built);
    }
    return state(...services, ...builtRoutes, ...builtPlugins.values());
  });

describe('laws of plans', () => {
  it('a plan applied to what it was made from gives what it was made for', () => {
    fc.assert(
      fc.property(stateArbitrary, stateArbitrary, (current, desired) => {
        const result = applyPlan(current, diff(current, desired));

        expect(result.entities).toEqual(desired.entities);
      }),
      { numRuns: 500 },
    );
  });

  it('a plan taken back gives what it was made from', () => {
    fc.assert(
      fc.property(stateArbitrary, stateArbitrary, (current, desired) => {
        const result = unapplyPlan(desired, diff(current, desired));

        expect(result.entities).toEqual(current.entities);
      }),
      { numRuns: 300 },
    );
  });

  it('equal states give an empty plan', () => {
    fc.assert(
      fc.property(stateArbitrary, (some) => {
        const copy = structuredClone(some);

        expect(diff(some, copy).changes).toEqual([]);
        expect(diff(some, some).changes).toEqual([]);
      }),
    );
  });

  it('the order of the entities makes no difference to the bytes', () => {
    fc.assert(
      fc.property(
        stateArbitrary,
        stateArbitrary,
        fc.infiniteStream(fc.nat(100)),
        (current, desired, random) => {
          const plan = diff(current, desired);
          const again = diff(shuffled(current, random), shuffled(desired, random));

          expect(JSON.stringify(again)).toBe(JSON.stringify(plan));
        },
      ),
    );
  });

  it.each(policies)('under policy %s each step is one that Kong accepts', (policy) => {
    fc.assert(
      fc.property(stateArbitrary, stateArbitrary, (current, desired) => {
        const { plan } = filterByPolicy(policy)(diff(current, desired), []);

        expect(() => walk(current, plan.changes)).not.toThrow();
      }),
      { numRuns: 500 },
    );
  });
});

/** Applies change by change under Kong's rules: unique names and ids, references that lead somewhere. */
function walk(start: KongState, changes: readonly Change[]): void {
  const held = new Map(start.entities.map((entity) => [identityOf(entity), entity]));
  for (const change of changes) {
    if (change.op === 'delete') {
      const gone = identityOf(change.previous);
      if (!held.delete(gone)) throw new Error(`nothing to delete: ${gone}`);
      for (const other of held.values()) {
        if (refersTo(other, gone)) throw new Error(`${gone} is still referred to`);
      }
      continue;
    }
    const { next } = change;
    if (held.has(identityOf(next)) !== (change.op === 'update')) throw new Error('wrong operation');
    for (const other of held.values()) {
      const sameName = other.type === next.type && other.key === next.key;
      if (sameName && other.id !== next.id) throw new Error(`name taken: ${next.key}`);
    }
    for (const reference of Object.values(next.references)) {
      if (reference && !held.has(identityOf(reference))) throw new Error('dangling reference');
    }
    held.set(identityOf(next), next);
  }
}

function refersTo(entity: Entity, identity: string): boolean {
  return Object.values(entity.references).some(
    (reference) => reference && identityOf(reference) === identity,
  );
}

function shuffled(some: KongState, random: Iterator<number>): KongState {
  const entities = some.entities
    .map((entity) => ({ entity, rank: random.next().value as number }))
    .sort((a, b) => a.rank - b.rank)
    .map(({ entity }) => entity);
  return { ...some, entities };
}
