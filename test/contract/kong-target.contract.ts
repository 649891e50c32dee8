/** What every Kong target promises, run by the test of each, and what those to a Kong do. */
import { entityLabel, type KongState } from '../../daemon/kong/model';
import { parseKongConfig } from '../../daemon/kong/parse';
import { diff } from '../../daemon/plan/diff';
import type { ApplyReport, KongTarget } from '../../daemon/targets/target';

export interface KongTargetUnderTest {
  readonly target: KongTarget;
  /** The same place, by a target that knows nothing of the first. */
  another(): KongTarget;
  /** From now on writing fails; gives back how to mend it. */
  breakWrites(): Promise<() => Promise<void>>;
  /** Somebody else changes what is there. */
  meddle(): Promise<void>;
  stop(): Promise<void>;
  /** Whether it writes a whole configuration at once, or each change on its own. Default whole. */
  readonly writesEach?: boolean;
}

const never = new AbortController().signal;

const first = `
_format_version: "3.0"
services:
  - name: orders
    url: http://orders.mesh:80
    tags: [b, a]
    routes:
      - name: orders
        paths: [/orders]
        plugins:
          - name: rate-limiting
            config: { minute: 60, policy: local }
upstreams:
  - name: billing.up
    targets:
      - target: 10.0.0.1:8080
      - target: 10.0.0.2:8080
        weight: 50
consumers:
  - username: alice
    keyauth_credentials:
      - key: dummy-key-1
    basicauth_credentials:
      - { username: alice, password: dummy }
plugins:
  - name: cors
`;

const second = first
  .replace('orders.mesh:80', 'orders.mesh:8080')
  .replace('      - target: 10.0.0.1:8080\n', '')
  .replace('- name: cors', '- name: key-auth');

const derived = `
_format_version: "3.0"
services:
  - { name: orders, host: orders.example, port: null, retries: }
upstreams:
  - { name: sticky.up, hash_on: header, hash_on_header: X-User, healthchecks: { active: null } }
  - { name: fewest.up, algorithm: least-connections, hash_on: none }
  - { name: hashing.up, algorithm: consistent-hashing }
routes:
  - { name: grpc, protocols: [grpc], paths: [/shop.Orders/Get], service: orders }
  - { name: plain, paths: [/plain], headers: {}, service: orders }
vaults:
  - { prefix: my-env, name: env }
`;

export function testKongTarget(start: () => Promise<KongTargetUnderTest>): void {
  describe('as a Kong target', () => {
    let place: KongTargetUnderTest;

    beforeEach(async () => {
      place = await start();
    });
    afterEach(() => place.stop());

    it('holds nothing at first', async () => {
      const state = await place.target.read(never);

      expect(state.entities).toEqual([]);
      expect(await place.another().probe(never)).toBe('unknown');
    });

    it('gives back what was applied, to itself and to others', async () => {
      const report = await bring(place.target, first);

      expect(report.failures).toEqual([]);
      expect(report.writes).toBe(writesOf(place, report));
      for (const reader of [place.target, place.another()]) {
        const desired = await reader.canonicalise(parse(first), never);
        expect(diff(await reader.read(never), desired).changes).toEqual([]);
      }
    });

    it('is done with entities of which Kong says more, and fields with nothing behind them', async () => {
      const report = await bring(place.target, derived);

      const reader = place.another();
      const desired = await reader.canonicalise(parse(derived), never);
      expect(report.failures).toEqual([]);
      expect(diff(await reader.read(never), desired).changes).toEqual([]);
    });

    it('reports what it applied and what it holds', async () => {
      await bring(place.target, first);

      const report = await bring(place.target, second);

      expect(report.applied.summary).toEqual({ creating: 1, updating: 1, deleting: 2 });
      expect(diff(report.state, await place.another().read(never)).changes).toEqual([]);
    });

    it('writes nothing where nothing changes', async () => {
      await bring(place.target, first);

      const again = await bring(place.target, first);
      const byAnother = await bring(place.another(), first);

      expect([again.writes, byAnother.writes]).toEqual([0, 0]);
    });

    it('does not change by the order in which entities are given', async () => {
      await bring(place.target, first);
      const parsed = parse(first);
      const reversed = { ...parsed, entities: [...parsed.entities].reverse() };

      const desired = await place.target.canonicalise(reversed, never);
      const plan = diff(await place.target.read(never), desired);

      expect(plan.changes).toEqual([]);
    });

    it('makes the same of the same entity, so that a diff passes it over', async () => {
      const state = parse(first);

      const once = await place.target.canonicalise(state, never);
      const twice = await place.target.canonicalise(
        { ...state, entities: [...state.entities] },
        never,
      );

      expect(twice.entities.every((entity, index) => entity === once.entities[index])).toBe(true);
    });

    it('knows whether it still holds what was applied', async () => {
      await bring(place.target, first);
      const before = await place.target.probe(never);
      await place.meddle();

      const after = await place.target.probe(never);
      const report = await bring(place.target, first);

      expect([before, after]).toEqual(['same', 'drifted']);
      expect(report.writes).toBe(writesOf(place, report));
      expect(await place.target.probe(never)).toBe('same');
    });

    it('keeps the old state where writing fails, and gets over it', async () => {
      await bring(place.target, first);
      const mend = await place.breakWrites();

      await expect(bring(place.target, second)).rejects.toMatchObject({
        code: expect.stringMatching(/^[A-Z_]+$/) as string,
        remedy: expect.stringMatching(/./) as string,
      });
      await mend();
      const desired = await place.another().canonicalise(parse(first), never);
      const kept = diff(await place.another().read(never), desired).changes;
      const report = await bring(place.target, second);

      expect(kept).toEqual([]);
      expect(report.writes).toBe(writesOf(place, report));
    });

    it.each(['read', 'canonicalise', 'apply', 'probe'] as const)(
      '%s ends when aborted',
      async (method) => {
        const desired = await place.target.canonicalise(parse(first), never);
        const plan = diff(await place.target.read(never), desired);
        const reason = new Error('stop');
        const aborted = AbortSignal.abort(reason);
        const fresh = place.another();
        const work = {
          read: () => fresh.read(aborted),
          canonicalise: () => fresh.canonicalise(parse(first), aborted),
          apply: () => fresh.apply(plan, desired, aborted),
          probe: () => fresh.probe(aborted),
        };

        await expect(work[method]()).rejects.toBe(reason);
        expect((await place.another().read(never)).entities).toEqual([]);
      },
    );
  });
}

/** What a target to a Kong promises of entities that Kong refuses: it is Kong that knows plugins. */
export function testRefusedGuards(start: () => Promise<KongTargetUnderTest>): void {
  describe('with a plugin that Kong refuses', () => {
    const refused = '{ name: rate-limiting, config: { minute: soon } }';
    const good = '{ name: rate-limiting, config: { minute: 5, policy: local } }';
    const file = (routes: string, onService = '') => `
_format_version: "3.0"
services:
  - name: orders
    host: orders.mesh
    plugins: [${onService}]
    routes: [${routes}]
`;
    const route = (name: string, plugin = '') =>
      `{ name: ${name}, paths: [/${name}], plugins: [${plugin}] }`;
    let place: KongTargetUnderTest;

    beforeEach(async () => {
      place = await start();
    });
    afterEach(() => place.stop());

    it('keeps a new route from going live without it, and the rest goes live', async () => {
      const text = file([route('open', refused), route('limited', good)].join());

      const report = await bring(place.target, text);
      const again = await bring(place.target, text);

      expect(codesOf(report)).toEqual([
        'KONG_ENTITY_REFUSED plugin rate-limiting on route open',
        'KONG_ROUTE_UNGUARDED route open',
      ]);
      expect(again.writes).toBe(0);
      expect(await held(place)).toEqual([
        'service orders',
        'route limited',
        'plugin rate-limiting on route limited',
      ]);
    });

    it('keeps the new routes of a service from going live without it', async () => {
      const report = await bring(place.target, file(route('open'), refused));

      expect(codesOf(report)).toEqual([
        'KONG_ENTITY_REFUSED plugin rate-limiting on service orders',
        'KONG_ROUTE_UNGUARDED route open',
      ]);
      expect(await held(place)).toEqual(['service orders']);
    });

    it('leaves a route that is live as it is, and makes none beside it', async () => {
      await bring(place.target, file(route('open')));

      const report = await bring(place.target, file([route('open'), route('new')].join(), refused));

      expect(codesOf(report)).toContain('KONG_ROUTE_UNGUARDED route new');
      expect(await held(place)).toEqual(['service orders', 'route open']);
    });

    it('makes the route live once the plugin is right', async () => {
      await bring(place.target, file(route('open', refused)));

      const report = await bring(place.target, file(route('open', good)));

      expect(report.failures).toEqual([]);
      expect(await held(place)).toContain('plugin rate-limiting on route open');
    });
  });
}

function codesOf({ failures }: ApplyReport): readonly string[] {
  return failures.map(({ code, entity }) => `${code} ${entity ?? ''}`).sort();
}

async function held(place: KongTargetUnderTest): Promise<readonly string[]> {
  const { entities } = await place.another().read(never);
  return entities.map(entityLabel);
}

function writesOf({ writesEach = false }: KongTargetUnderTest, { applied }: ApplyReport): number {
  if (!writesEach) return 1;
  const made = applied.changes.flatMap((change) => (change.op === 'create' ? [change.next] : []));
  const plugins = made.filter(({ type }) => type === 'plugins');
  // A route is made without its service, and gets it once its plugins are there.
  const closed = made.filter(
    (route) =>
      route.references['service'] &&
      plugins.some((each) => each.references['route']?.id === route.id),
  );
  return applied.changes.length + closed.length;
}

/** One pass: read, canonicalise, plan, apply. */
export async function bring(
  target: KongTarget,
  text: string,
  signal: AbortSignal = never,
): Promise<ApplyReport> {
  const current = await target.read(signal);
  const desired = await target.canonicalise(parse(text), signal);
  return target.apply(diff(current, desired), desired, signal);
}

export function parse(text: string): KongState {
  const { state, failures } = parseKongConfig([{ path: 'kong.yml', text }], { env: {} });
  expect(failures.filter(({ severity }) => severity === 'error')).toEqual([]);
  return state;
}
