/** What holds for every configuration, mesh and rule set. */
import { createCatalog, type Catalog } from '../../../catalog/catalog';
import { serviceKey, type MeshService } from '../../../catalog/service';
import type { Entity, KongState } from '../../../daemon/kong/model';
import { isPlaceholder } from '../../../daemon/translate/placeholder';
import { TranslateRules } from '../../../daemon/translate/rules';
import { withPortAsText } from '../../../daemon/translate/plugin-port';
import { translate } from '../../../daemon/translate/translate';
import type { HostPort, TranslateInput } from '../../../daemon/translate/translation';
import { kongFrom } from './build-kong';
import { catalogFrom, type SparseService } from './catalog-file';
import fc from '../../support/property';

const names = ['orders', 'billing', 'cart', 'a.b', 'Odd_Name'] as const;
const references = [
  ...names,
  'orders.shop',
  'orders.shop.east',
  'orders.svc',
  'orders_shop_svc_8080',
  'ordres',
  '{vault://env/x}',
] as const;
const hosts = [
  'orders.mesh',
  'orders.shop.svc',
  'orders.shop.svc.cluster.local',
  'orders.shop.svc.8080.mesh',
  'billing.svc.mesh.local',
  'plain.internal',
  '10.0.0.1',
  '241.0.0.1',
  'blue',
] as const;

const mesh: fc.Arbitrary<Catalog> = fc
  .record({
    // One service a key: what a second one under the same key does is a matter of the catalog's tests.
    services: fc.uniqueArray(
      fc.record({
        kind: fc.constantFrom(
          'MeshService',
          'MeshMultiZoneService',
          'KubernetesService',
          'LegacyService',
        ),
        name: fc.constantFrom(...names),
        namespace: fc.constantFrom('shop', undefined),
        zone: fc.constantFrom('east', 'west', undefined),
        ports: fc.uniqueArray(fc.constantFrom(80, 8080, 9090), { maxLength: 3 }),
        vips: fc.subarray(['241.0.0.1', '241.0.0.2'], { maxLength: 1 }),
        hostnames: fc.subarray(['billing.svc.mesh.local', 'orders.mesh', 'blue']),
        tag: fc.constantFrom('orders_shop_svc_8080', undefined),
      }),
      {
        maxLength: 6,
        selector: ({ kind, name, namespace, zone }) =>
          serviceKey({
            kind,
            name,
            ...(namespace ? { namespace } : {}),
            ...(zone ? { zone } : {}),
          }),
      },
    ),
    environment: fc.constantFrom('universal', 'kubernetes'),
    transparentProxy: fc.boolean(),
    zone: fc.constantFrom('east', undefined),
    outbounds: fc.array(
      fc.record({
        address: fc.constant('127.0.0.1'),
        port: fc.integer({ min: 30000, max: 30003 }),
        target: fc.record({
          type: fc.constant('backendRef'),
          kind: fc.constant('MeshService'),
          name: fc.constantFrom(...names),
          labels: fc.constant({}),
          port: fc.constantFrom(80, 8080),
        }),
      }),
      { maxLength: 4 },
    ),
  })
  .map(({ services, environment, transparentProxy, zone, outbounds }) =>
    catalogFrom({
      gateway: { environment, transparentProxy, outbounds, ...(zone ? { zone } : {}) },
      services: services.map(
        ({ namespace, zone: own, ports, tag, ...rest }, at): SparseService => ({
          ...rest,
          // A host name leads to one service: that much a mesh guarantees.
          hostnames: rest.hostnames.filter(
            (name) => !services.slice(0, at).some(({ hostnames }) => hostnames.includes(name)),
          ),
          ...(namespace ? { namespace } : {}),
          ...(own ? { zone: own } : {}),
          ports: ports.map((port) => ({ port, ...(tag ? { tag } : {}) })),
        }),
      ),
    }),
  );

const meshPlugin = fc
  .record({
    service: fc.constantFrom<unknown>(...references, '', 5),
    port: fc.constantFrom<unknown>('8080', 'http', 8080, null),
    address: fc.constantFrom<unknown>('auto', 'mesh', 'service-ip', 'outbound', 'fastest'),
    fallback: fc.constantFrom<unknown>(...references, 'orders:8080', 'a:b:c', null),
    on_missing: fc.constantFrom('reject', 'passthrough'),
    enabled: fc.boolean(),
  })
  .map(({ enabled, ...config }) => [{ name: 'mesh-upstream', enabled, config }]);
const plugins = fc.oneof({ weight: 2, arbitrary: fc.constant([]) }, meshPlugin);

const tags = fc
  .record({
    link: fc.constantFrom(...references, 'orders:8080', 'orders:x:y', '', undefined),
    form: fc.constantFrom('auto', 'mesh', 'outbound', 'service-ip', 'fastest', undefined),
  })
  .map(({ link, form }) => [
    'team',
    ...(link === undefined ? [] : [`mesh:${link}`]),
    ...(form === undefined ? [] : [`mesh-address:${form}`]),
  ]);

const kong: fc.Arbitrary<KongState> = fc
  .record({
    services: fc.array(
      fc.record({
        host: fc.constantFrom(...hosts),
        port: fc.constantFrom(80, 8080, 443),
        protocol: fc.constantFrom('http', 'https'),
        tags,
        plugins,
        routes: fc.array(plugins, { maxLength: 3 }),
      }),
      { maxLength: 5 },
    ),
    lonely: fc.array(plugins, { maxLength: 2 }),
    selectTags: fc.subarray(['team', 'public']),
  })
  .map(({ services, lonely, selectTags }) =>
    kongFrom({
      _info: { select_tags: selectTags },
      upstreams: [{ name: 'blue' }],
      routes: lonely.map((on, index) => ({ name: `lonely${index}`, paths: ['/'], plugins: on })),
      services: services.map(({ routes, ...service }, index) => ({
        name: names[index],
        ...service,
        routes: routes.map((on, position) => ({
          name: `${names[index]!}-${position}`,
          paths: ['/'],
          plugins: on,
        })),
      })),
    }),
  );

const rules: fc.Arbitrary<TranslateRules> = fc
  .record({
    adopt: fc.boolean(),
    address: fc.constantFrom('auto', 'mesh', 'outbound'),
    onUnlinked: fc.constantFrom('ignore', 'warn'),
    expose: fc.array(
      fc.record({
        match: fc.constantFrom({ name: '*' }, { name: 'o*s' }, { namespace: 'shop' }),
        link: fc.constantFrom('plugin', 'config'),
        service: fc.constantFrom(
          {},
          { name: 'x-{name}-{port}', tags: ['public'] },
          { name: '{namespace} {zone}' },
        ),
        routes: fc.constantFrom(
          [{ name: 'x-{name}', paths: ['~/{name}$'] }],
          [{ name: '{name}-{port}', paths: ['/{zone}'] }],
        ),
      }),
      { maxLength: 2 },
    ),
  })
  .map((written) => TranslateRules.parse(written));

const input: fc.Arbitrary<TranslateInput> = fc
  .record({
    catalog: mesh,
    user: kong,
    rules,
    last: fc.array(
      fc.constantFrom<HostPort>(
        { host: '241.0.0.1', port: 8080 },
        { host: '241.0.0.9', port: 8080 },
        { host: '127.0.0.1', port: 30001 },
        { host: 'orders.mesh.invalid', port: 80 },
      ),
      { maxLength: 5 },
    ),
  })
  .map(({ last, ...rest }) => {
    const services = rest.user.entities.filter(({ type }) => type === 'services');
    return {
      ...rest,
      previous: new Map(services.slice(0, last.length).map(({ id }, at) => [id, last[at]!])),
    };
  });

describe('translate, laws', () => {
  it('changes services and ports that are numbers only, and keeps every other entity of the user by reference', () => {
    fc.assert(
      fc.property(input, (given) => {
        const { desired } = translate(given);

        const kept = new Set(desired.entities);
        for (const entity of given.user.entities) {
          if (entity.type === 'services') continue;
          expect(kept.has(withPortAsText(entity, given.rules))).toBe(true);
        }
        const ours = desired.entities.filter(({ owner }) => owner === 'mesh');
        expect(desired.entities).toHaveLength(given.user.entities.length + ours.length);
      }),
    );
  });

  it('is idempotent: the outcome translates to itself, by reference where the user wrote it', () => {
    fc.assert(
      fc.property(input, (given) => {
        const once = translate(given).desired;

        const twice = translate({ ...given, user: once }).desired;

        expect(twice).toEqual(once);
        const seen = new Set(twice.entities);
        expect(written(once).every((entity) => seen.has(entity))).toBe(true);
      }),
    );
  });

  it('gives the same for the same input in any order', () => {
    fc.assert(
      fc.property(input, fc.infiniteStream(fc.nat()), (given, random) => {
        const user = { ...given.user, entities: shuffled(given.user.entities, random) };
        const { mesh: name, services, gateway } = given.catalog;
        const catalog = createCatalog(name, shuffled<MeshService>(services, random), gateway);

        const expected = translate(given);
        const actual = translate({ ...given, user, catalog });

        expect(actual).toEqual(expected);
      }),
    );
  });

  it('sends a tagged service to an address of the mesh, to its last one, or nowhere', () => {
    fc.assert(
      fc.property(input, (given) => {
        const { desired, links } = translate(given);

        const open = new Set(
          links.flatMap(({ serviceId, time }) => (time === 'request' ? [serviceId] : [])),
        );
        for (const service of written(desired)) {
          if (service.type !== 'services' || !isTagged(service) || open.has(service.id)) continue;
          const host = service.fields['host'] as string;
          const last = given.previous?.get(service.id)?.host;
          const known = new Set([...meshHosts(given.catalog), ...(last ? [last] : [])]);
          expect(known.has(host) || isPlaceholder(host)).toBe(true);
        }
      }),
    );
  });

  it('gives every link an outcome, and every unresolved one a finding with a remedy', () => {
    fc.assert(
      fc.property(input, (given) => {
        const { failures, links } = translate(given);

        for (const { outcome } of links) {
          if (outcome.state === 'linked') continue;
          expect(failures.map(({ message }) => message)).toContain(outcome.reason);
        }
        for (const { message, remedy } of failures) {
          expect(remedy).not.toBe('');
          expect(`${message} ${remedy}`).not.toMatch(/\{(?!vault)\w+\}(?! \(|.* and the mesh)/);
        }
      }),
    );
  });
});

function written(state: KongState): readonly Entity[] {
  return state.entities.filter(({ owner }) => owner === 'user');
}

function isTagged({ fields }: Entity): boolean {
  return (fields['tags'] as readonly string[]).some((tag) => tag.startsWith('mesh:'));
}

function meshHosts({ services, gateway }: Catalog): readonly string[] {
  return [
    ...services.flatMap(({ vips, hostnames }) => [...vips, ...hostnames]),
    ...gateway.outbounds.map(({ address }) => address),
  ];
}

function shuffled<T>(items: readonly T[], random: Iterator<number>): readonly T[] {
  return items
    .map((item) => ({ item, rank: Number(random.next().value) }))
    .sort((a, b) => a.rank - b.rank)
    .map(({ item }) => item);
}
