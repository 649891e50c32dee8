/** What a target to a Kong promises of routes that have plugins. */
import type { KongState } from '../../daemon/kong/model';
import { acceptedCases, refusedCases, refusedRoutes } from './keep-guards.cases';
import { bring, type KongTargetUnderTest } from './kong-target.contract';

const never = new AbortController().signal;

export function testKeepGuards(start: () => Promise<KongTargetUnderTest>): void {
  describe('while a plugin is replaced', () => {
    let place: KongTargetUnderTest;

    beforeEach(async () => {
      place = await start();
    });
    afterEach(() => place.stop());

    const held = (): Promise<KongState> => place.another().read(never);

    it.each([...refusedCases, ...refusedRoutes])(
      'keeps what covers a route when Kong refuses the new one: $title',
      async ({ before, after, paths }) => {
        await bring(place.target, before);
        const first = await held();

        const report = await bring(place.target, after);
        // A daemon that starts now knows nothing of the first sync.
        const again = await bring(place.another(), after);

        const last = await held();
        for (const path of paths) expect(lostOn(path, first, last)).toEqual([]);
        const refusal = expect.stringMatching(/^KONG_ENTITY_(REFUSED|KEPT_BACK)$/);
        expect(report.failures.map(({ code }) => code)).toContainEqual(refusal);
        expect(again.failures.map(({ code }) => code)).toContainEqual(refusal);
        expect(last.entities.some(({ type }) => type === 'routes')).toBe(true);
      },
    );

    it.each([...refusedCases, ...refusedRoutes])(
      'goes on once the new one is right: $title',
      async (each) => {
        const mended = each.after
          .replaceAll(/'(no|b) (host|mesh)'/g, '$1.$2')
          .replaceAll(/, config: ({ nonsense: true }|5)/g, '')
          .replaceAll('no-such-plugin', 'basic-auth')
          .replaceAll('minute: soon', 'minute: 5, policy: local');
        await bring(place.target, each.before);
        await bring(place.target, each.after);

        const report = await bring(place.target, mended);

        expect(report.failures).toEqual([]);
        expect((await bring(place.another(), mended)).applied.changes).toEqual([]);
      },
    );

    it('says of all that stays for it that it is kept, and names the plugin', async () => {
      const shop = (name: string, route: string) => `_format_version: "3.0"
services:
  - { name: ${name}, host: ${name}.mesh, routes: [{ ${route} }] }
`;
      const before = 'name: list, paths: [/list], plugins: [{ name: key-auth }]';
      const after =
        'name: show, paths: [/list], plugins: [{ name: key-auth, config: { nonsense: true } }]';
      await bring(place.target, shop('orders', before));

      const { failures } = await bring(place.target, shop('sales', after));

      const kept = failures.filter(({ code }) => code === 'GUARD_KEPT');
      expect(kept.map(({ entity }) => entity)).toEqual(
        expect.arrayContaining(['route list', 'service orders']),
      );
      for (const { message } of kept) expect(message).toContain('plugin key-auth on route show');
      expect(failures.map(({ code }) => code)).not.toContain('KONG_ENTITY_LEFT_OUT');
    });

    it.each(acceptedCases)('makes the change whole: $title', async ({ before, after, paths }) => {
      await bring(place.target, before);
      const first = await held();

      const report = await bring(place.target, after);

      const last = await held();
      expect(report.failures).toEqual([]);
      expect((await bring(place.another(), after)).applied.changes).toEqual([]);
      expect(paths.every((path) => guardsOn(path, first).size > 0)).toBe(true);
      expect(paths.every((path) => guardsOn(path, last).size > 0)).toBe(true);
    });
  });
}

/** The plugins that a request met and does not meet any more, where a route still takes it. */
export function lostOn(path: string, before: KongState, after: KongState): readonly string[] {
  if (routeOf(path, after) === undefined) return [];
  const now = guardsOn(path, after);
  return [...guardsOn(path, before)].filter((name) => !now.has(name));
}

/** The types of the plugins that a request meets. */
export function guardsOn(path: string, state: KongState): ReadonlySet<string> {
  const route = routeOf(path, state);
  const names = state.entities.flatMap(({ type, fields, references }) => {
    const { route: own, service, consumer } = references;
    const protocols = fields['protocols'] as readonly string[] | undefined;
    const covers =
      type === 'plugins' &&
      fields['enabled'] !== false &&
      protocols?.includes('http') !== false &&
      (!own || own.id === route?.id) &&
      (!service || service.id === route?.references['service']?.id);
    return covers && !consumer ? [fields['name'] as string] : [];
  });
  return new Set(route ? names : []);
}

function routeOf(path: string, { entities }: KongState) {
  const length = (paths: unknown) =>
    Math.max(
      -1,
      ...(paths as readonly string[]).filter((each) => path.startsWith(each)).map((p) => p.length),
    );
  return entities
    .filter(({ type }) => type === 'routes')
    .map((route) => ({ route, length: length(route.fields['paths']) }))
    .filter((each) => each.length >= 0)
    .sort((a, b) => b.length - a.length)[0]?.route;
}
