import { aliasesOf } from '../../../catalog/service';
import { createLookup } from '../../../catalog/lookup';
import { assemble, type MeshResources } from '../../../daemon/sources/resources/assemble';
import { Dataplane } from '../../../daemon/sources/resources/dataplane';
import { ExternalService } from '../../../daemon/sources/resources/external-service';
import { legacyServices } from '../../../daemon/sources/resources/legacy-services';
import { Mesh } from '../../../daemon/sources/resources/mesh';
import { MeshExternalService } from '../../../daemon/sources/resources/mesh-external-service';
import { MeshMultiZoneService } from '../../../daemon/sources/resources/mesh-multi-zone-service';
import { MeshService } from '../../../daemon/sources/resources/mesh-service';
import { parseResource } from '../../../daemon/sources/resources/parse-resource';
import { ServiceInsight } from '../../../daemon/sources/resources/service-insight';
import { recordedBody } from '../../support/fake-kuma';

/** A recorded MeshService with some fields changed. */
function meshService(change: { labels?: object; spec?: object; status?: object; name?: string }) {
  const base = recordedBody('meshservices-online').items[0];
  return {
    ...base,
    name: change.name ?? base.name,
    labels: { ...base.labels, ...change.labels },
    spec: { ...base.spec, ...change.spec },
    status: { ...base.status, ...change.status },
  };
}

function insight(name: string, change: object = {}): ServiceInsight {
  const base = { mesh: 'default', name, status: 'online', dataplanes: { total: 1, online: 1 } };
  return ServiceInsight.parse({ ...base, ...change });
}

function resources(change: Partial<MeshResources>): MeshResources {
  return {
    mesh: 'default',
    mode: 'Everywhere',
    services: [],
    insights: [],
    externalServices: [],
    dataplanes: [],
    failures: [],
    ...change,
  };
}

describe('MeshService', () => {
  it('takes names, ports, VIPs and counts from the recorded resource', () => {
    const backend = MeshService.parse(recordedBody('meshservices-everywhere').items[0]);

    expect(backend).toEqual({
      kind: 'MeshService',
      name: 'backend',
      zone: 'zone-a',
      mesh: 'default',
      resource: 'backend',
      labels: expect.objectContaining({ 'kuma.io/zone': 'zone-a', 'kuma.io/mesh': 'default' }),
      hostnames: ['backend.svc.mesh.local'],
      ports: [{ port: 10001, protocol: 'http', tag: 'backend' }],
      vips: ['241.0.0.0'],
      availability: 'available',
      endpoints: { total: 2, healthy: 2 },
    });
  });

  it('prefers the shorter of several generated host names on every look', () => {
    const orders = MeshService.parse(recordedBody('meshservices-everywhere').items[1]);

    expect(orders.hostnames).toEqual([
      'orders.svc.mesh.local',
      'orders.default.zone-a.shop.internal',
    ]);
    expect(orders.ports[0]?.name).toBe('http');
  });

  it('is known by display name, namespace and zone, whatever the resource is called', () => {
    const labels = {
      'kuma.io/display-name': 'orders',
      'k8s.kuma.io/namespace': 'shop',
      'kuma.io/zone': 'east',
    };

    const synced = MeshService.parse(meshService({ name: 'orders-7f9x8c', labels }));

    expect(synced).toMatchObject({
      name: 'orders',
      namespace: 'shop',
      zone: 'east',
      resource: 'orders-7f9x8c',
    });
  });

  it('leaves out a host name that is none, and keeps the service with its VIP and the others', () => {
    const parsed = parseResource(
      MeshService,
      meshService({
        status: {
          addresses: [
            { hostname: 'app-2.svc..mesh.local' },
            { hostname: 'a b' },
            { hostname: 'app-2.svc.mesh.local' },
          ],
          vips: [{ ip: '241.0.0.5' }],
        },
      }),
    );

    expect(parsed).toMatchObject({
      ok: true,
      value: { hostnames: ['app-2.svc.mesh.local'], vips: ['241.0.0.5'] },
      ignored: [{ hostname: 'app-2.svc..mesh.local' }, { hostname: 'a b' }],
    });
  });

  it.each([
    ['state Unavailable', { state: 'Unavailable' }, {}, 'unavailable'],
    ['state Available, none healthy', {}, { dataplaneProxies: { total: 2 } }, 'unavailable'],
    ['state Available, no counts', {}, { dataplaneProxies: null }, 'available'],
    [
      'no state, some healthy',
      { state: null },
      { dataplaneProxies: { total: 2, healthy: 1 } },
      'available',
    ],
    ['no state, no proxies', { state: null }, { dataplaneProxies: {} }, 'unavailable'],
    ['no state, no counts', { state: null }, { dataplaneProxies: null }, 'unknown'],
  ])('tells availability: %s', (_name, spec, status, expected) => {
    const service = MeshService.parse(meshService({ spec, status }));

    expect(service.availability).toBe(expected);
  });

  it.each([
    ['one kuma.io/service', { 'kuma.io/service': 'backend' }, {}, 'backend'],
    ['a subset by version', { 'kuma.io/service': 'backend', version: 'v1' }, {}, undefined],
    ['other tags', { 'k8s.kuma.io/service-name': 'backend' }, {}, undefined],
    ['the generator, no selector', {}, {}, 'backend'],
    [
      'a copy of another zone',
      { 'kuma.io/service': 'backend' },
      { 'kuma.io/origin': 'global' },
      undefined,
    ],
  ])('finds the tag that stands for it: %s', (_name, dataplaneTags, labels, expected) => {
    const service = MeshService.parse(
      meshService({ spec: { selector: { dataplaneTags } }, labels }),
    );

    expect(service.ports[0]?.tag).toBe(expected);
  });

  it('has no tag with several ports: a tag outbound could lead to any of them', () => {
    const ports = [{ port: 8080 }, { port: 9090 }];

    const service = MeshService.parse(meshService({ spec: { ports } }));

    expect(service.ports).toEqual([{ port: 8080 }, { port: 9090 }]);
  });

  it('does not change while the control plane counts down to forgetting it', () => {
    const orphaned = MeshService.parse(recordedBody('meshservice-backend-orphaned'));

    expect(Object.keys(orphaned.labels)).not.toContain('kuma.io/deletion-grace-period-started-at');
    expect(orphaned.availability).toBe('unavailable');
    expect(orphaned.endpoints).toEqual({ total: 0, healthy: 0 });
  });

  it.each([
    ['a port out of range', { spec: { ports: [{ port: 0 }] } }, 'spec.ports.0.port'],
    ['a VIP that is no IP', { status: { vips: [{ ip: 'x' }] } }, 'status.vips.0.ip'],
  ])('is refused with the field named: %s', (_name, change, field) => {
    const parsed = parseResource(MeshService, meshService(change));

    expect(parsed).toMatchObject({
      ok: false,
      field: field.split('.').map((p) => (/^\d+$/.test(p) ? Number(p) : p)),
    });
  });
});

describe('the siblings of MeshService', () => {
  it('reads a MeshMultiZoneService, which is of no zone', () => {
    const shop = MeshMultiZoneService.parse(recordedBody('meshmultizoneservices').items[0]);

    expect(shop).toEqual({
      kind: 'MeshMultiZoneService',
      name: 'shop',
      mesh: 'default',
      resource: 'shop',
      labels: { 'kuma.io/mesh': 'default' },
      hostnames: [],
      ports: [{ port: 10001, protocol: 'http' }],
      vips: ['243.0.0.0'],
      availability: 'unknown',
    });
  });

  it('knows that a MeshMultiZoneService whose selector matches nothing is unavailable', () => {
    const base = recordedBody('meshmultizoneservices').items[0];
    const conditions = [{ type: 'MeshServicesMatched', status: 'False' }];

    const shop = MeshMultiZoneService.parse({ ...base, status: { conditions } });

    expect(shop.availability).toBe('unavailable');
  });

  it('reads a MeshExternalService with its single VIP and the port it matches', () => {
    const payments = MeshExternalService.parse(recordedBody('meshexternalservices').items[0]);

    expect(payments).toMatchObject({
      kind: 'MeshExternalService',
      name: 'payments',
      hostnames: ['payments.extsvc.mesh.local'],
      ports: [{ port: 443, protocol: 'http' }],
      vips: ['242.0.0.0'],
    });
  });

  it.each([
    ['Everywhere', recordedBody('meshes').items[0], 'Everywhere'],
    ['unset', recordedBody('mesh-default-initial'), 'Disabled'],
  ])('reads the mode of a mesh: %s', (_name, mesh, expected) => {
    const { mode } = Mesh.parse(mesh);

    expect(mode).toBe(expected);
  });
});

describe('legacy services', () => {
  it('serves a Universal tag under its name at port 80', () => {
    const [backend] = legacyServices('default', [
      insight('backend', { dataplanes: { total: 2, online: 2 } }),
    ]);

    expect(backend).toMatchObject({
      kind: 'LegacyService',
      name: 'backend',
      resource: 'backend',
      ports: [{ port: 80, tag: 'backend', servedAt: { hostnames: ['backend.mesh'], port: 80 } }],
      availability: 'available',
      endpoints: { total: 2, healthy: 2 },
    });
  });

  it('gathers the tags of one Kubernetes Service as its ports', () => {
    const insights = [
      insight('orders_shop_svc_9090', { status: 'offline', dataplanes: { total: 1, offline: 1 } }),
      insight('orders_shop_svc_8080'),
    ];

    const services = legacyServices('default', insights);

    expect(services).toHaveLength(1);
    expect(services[0]).toMatchObject({
      name: 'orders',
      namespace: 'shop',
      resource: 'orders_shop_svc_8080',
      availability: 'available',
      ports: [
        {
          port: 8080,
          tag: 'orders_shop_svc_8080',
          servedAt: {
            hostnames: ['orders.shop.svc.8080.mesh', 'orders_shop_svc_8080.mesh'],
            port: 80,
          },
        },
        { port: 9090, tag: 'orders_shop_svc_9090' },
      ],
    });
    expect(aliasesOf(services[0]!)).toContain('orders.shop.svc.cluster.local');
  });

  it.each([
    ['a workload without Service', 'job_shop_svc', { name: 'job', namespace: 'shop' }, 80],
    ['a port that is none', 'a_b_svc_99999', { name: 'a_b_svc_99999' }, 80],
    ['a Universal tag with underscores', 'old_backend', { name: 'old_backend' }, 80],
  ])('reads %s', (_name, tag, identity, port) => {
    const [service] = legacyServices('default', [insight(tag)]);

    expect(service).toMatchObject(identity);
    expect(service?.ports[0]).toMatchObject({ port, tag });
  });

  it('keeps a workload without Service apart from a Service port of the same number', () => {
    const services = legacyServices('default', [insight('a_b_svc_80'), insight('a_b_svc')]);

    expect(services.map(({ name }) => name).sort()).toEqual(['a', 'a_b_svc']);
  });

  it.each([
    ['a workload beside a Service', ['a_b_svc_80', 'a_b_svc']],
    ['ports of one Service', ['a_b_svc_80', 'a_b_svc_81', 'a_b_svc_82']],
  ])('gives the same services in whatever order the tags come: %s', (_name, tags) => {
    const insights = tags.map((tag, index) =>
      insight(tag, { dataplanes: { total: 2, online: index } }),
    );

    const forwards = assemble(resources({ insights }), {});
    const backwards = assemble(resources({ insights: [...insights].reverse() }), {});

    expect(backwards.services).toEqual(forwards.services);
    expect(forwards.services[0]).toMatchObject({ name: 'a', resource: 'a_b_svc_80' });
  });

  it('takes the same one of several ExternalServices of a tag and port in whatever order', () => {
    const base = recordedBody('external-services').items[0];
    const externalServices = ['b', 'a'].map((name) =>
      ExternalService.parse({ ...base, name, tags: { ...base.tags, 'kuma.io/protocol': name } }),
    );

    for (const given of [externalServices, [...externalServices].reverse()]) {
      const { services } = assemble(resources({ externalServices: given }), {});

      expect(services).toMatchObject([{ resource: 'a', ports: [{ protocol: 'a' }] }]);
    }
  });

  it('gives a tag that is no host name none', () => {
    const [service] = legacyServices('default', [insight('a:b')]);

    expect(service?.ports[0]?.servedAt?.hostnames).toEqual([]);
  });

  it.each(['a b', 'a\r\nx-injected: 1', 'a\u0000', '', '\u202ea'])(
    'takes no name that is not one visible word: %j',
    (name) => {
      const labelled = meshService({ labels: { 'kuma.io/display-name': name || ' ' } });

      expect(ServiceInsight.safeParse({ mesh: 'default', name }).success).toBe(false);
      expect(MeshService.safeParse(meshService({ name })).success).toBe(false);
      expect(MeshService.safeParse(labelled).success).toBe(false);
    },
  );

  it('takes no gateway for a service', () => {
    const { services } = assemble(
      resources({
        insights: recordedBody('service-insights-online').items.map((i: unknown) =>
          ServiceInsight.parse(i),
        ),
      }),
      {},
    );

    expect(services.map(({ kind, name }) => `${kind} ${name}`)).toEqual([
      'ExternalService legacy-billing',
      'LegacyService backend',
      'LegacyService web',
    ]);
  });

  it('serves a legacy ExternalService under its tag, at its own port and at 80', () => {
    const externalServices = [ExternalService.parse(recordedBody('external-services').items[0])];

    const { services } = assemble(resources({ externalServices }), {});
    const lookup = createLookup(services);

    expect(services[0]).toMatchObject({
      kind: 'ExternalService',
      name: 'legacy-billing',
      ports: [
        {
          port: 8090,
          protocol: 'http',
          tag: 'legacy-billing',
          servedAt: { hostnames: ['legacy-billing.mesh'], port: 80 },
        },
      ],
    });
    expect(lookup.find({ service: 'legacy-billing.mesh' }).found).toBe(true);
  });

  it('has no .mesh names where mesh services are exclusive', () => {
    const externalServices = [ExternalService.parse(recordedBody('external-services').items[0])];

    const { services } = assemble(resources({ mode: 'Exclusive', externalServices }), {});

    expect(services[0]?.ports).toEqual([{ port: 8090, protocol: 'http', tag: 'legacy-billing' }]);
  });
});

describe('Dataplane', () => {
  it('reads the recorded gateway, whose type the API leaves out', () => {
    const kong = Dataplane.parse(recordedBody('dataplane-kong'));

    expect(kong).toMatchObject({
      mesh: 'default',
      name: 'kong-01',
      zone: 'zone-a',
      address: '127.0.0.5',
      delegated: true,
      service: 'kong',
      transparentProxy: false,
      outbounds: [
        {
          address: '127.0.0.1',
          port: 33001,
          target: { type: 'tags', tags: { 'kuma.io/service': 'backend' } },
        },
      ],
    });
  });

  it('reads every form of an outbound', () => {
    const base = recordedBody('dataplane-kong');
    const outbound = [
      { port: 1, backendRef: { kind: 'MeshService', name: 'a', port: 80 } },
      {
        address: '127.0.0.9',
        port: 2,
        backendRef: { kind: 'MeshService', labels: { b: '2', a: '1' }, port: 81 },
      },
    ];

    const { outbounds } = Dataplane.parse({
      ...base,
      networking: { ...base.networking, outbound },
    });

    expect(outbounds).toEqual([
      {
        address: '127.0.0.1',
        port: 1,
        target: { type: 'backendRef', kind: 'MeshService', name: 'a', labels: {}, port: 80 },
      },
      {
        address: '127.0.0.9',
        port: 2,
        target: { type: 'backendRef', kind: 'MeshService', labels: { a: '1', b: '2' }, port: 81 },
      },
    ]);
  });

  it.each([
    [
      'redirected',
      { gateway: {}, transparentProxying: { redirectPortOutbound: 15001 } },
      { transparentProxy: true, delegated: true },
    ],
    ['built in', { gateway: { type: 'BUILTIN' } }, { delegated: false }],
    ['a sidecar', { gateway: null, inbound: [] }, { delegated: false }],
    ['without tags, as in 3.0', { gateway: { tags: null } }, { delegated: true, tags: {} }],
  ])('tells what it is: %s', (_name, networking, expected) => {
    const base = recordedBody('dataplane-kong');

    const dataplane = Dataplane.parse({
      ...base,
      networking: { address: '127.0.0.5', ...networking },
    });

    expect(dataplane).toMatchObject(expected);
  });
});

describe('assemble', () => {
  const everywhere = () =>
    recordedBody('meshservices-everywhere').items.map((item: unknown) => MeshService.parse(item));

  it('leaves a shared tag to the service of that name, so that it stays a reference', () => {
    const { services } = assemble(resources({ services: everywhere() }), {});

    expect(services.map(({ name, ports }) => [name, ports[0]?.tag])).toEqual([
      ['backend', 'backend'],
      ['orders', undefined],
      ['web', 'web'],
    ]);
    expect(createLookup(services).find({ service: 'web' })).toMatchObject({ found: true });
  });

  it('gives equal observations for equal resources in any order', () => {
    const forwards = assemble(resources({ services: everywhere() }), {});
    const backwards = assemble(resources({ services: everywhere().reverse() }), {});

    expect(backwards).toEqual(forwards);
  });

  it.each([
    ['a name', { dataplane: 'kong-01' }, ['kong-01']],
    ['names, in a fixed order', { dataplane: ['kong-02', 'kong-01'] }, ['kong-01', 'kong-02']],
    ['a service, exactly', { service: 'kong' }, ['kong-01']],
    ['nothing', {}, []],
  ])('selects gateways by %s', (_name, selection, expected) => {
    const kong = Dataplane.parse(recordedBody('dataplane-kong'));
    const dataplanes = [kong, { ...kong, name: 'kong-02', service: 'kong-new' }];

    const { gateways } = assemble(resources({ dataplanes }), selection);

    expect(gateways.map(({ name }) => name)).toEqual(expected);
  });
});
