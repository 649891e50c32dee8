import { DataplaneOverview, PolicyResource } from '../../../daemon/doctor/gather/resources';
import { effectiveTo } from '../../../daemon/doctor/policy/effective';
import { formatMs, parseGoDuration } from '../../../catalog/go-duration';
import { timeoutsOf } from '../../../daemon/doctor/policy/resilience';
import { selectsProxy } from '../../../daemon/doctor/policy/select';
import { subjectOfProxy } from '../../../daemon/doctor/view';
import { recordedBody } from '../../support/fake-kuma';
import { catalogFrom } from '../translate/catalog-file';
import { gatewayProxy, workload } from './facts-from';

const gateway = subjectOfProxy(
  DataplaneOverview.parse(recordedBody('dataplane-kong-overview-online')),
);
const timeouts = recordedBody('meshtimeouts').items.map((item: unknown) =>
  PolicyResource.parse(item),
);
const rules = recordedBody('dataplane-kong-rules').rules.find(
  ({ type }: { type: string }) => type === 'MeshTimeout',
);
const [backend] = catalogFrom({
  services: [{ kind: 'MeshService', name: 'backend', ports: [{ port: 10001, tag: 'backend' }] }],
}).services;
const [other] = catalogFrom({
  services: [{ kind: 'MeshService', name: 'other', ports: [{ port: 80, tag: 'other' }] }],
}).services;

describe('what policies come to, held against what a control plane computed', () => {
  it.each([
    ['a service with a policy of its own', backend!, rules.toResourceRules[0]],
    ['any other service', other!, rules.toResourceRules[1]],
  ])('for %s', (_name, service, recorded) => {
    const effective = effectiveTo(timeouts, gateway, service, service.ports[0]!);

    expect(effective.conf).toEqual(recorded.conf[0]);
    expect(effective.by).toEqual(
      recorded.origin.map((origin: { resourceMeta: { name: string } }) => origin.resourceMeta.name),
    );
  });

  it('falls back to the 15 s that routes have without a policy', () => {
    expect(timeoutsOf(timeouts, gateway, other!, other!.ports[0]!)).toEqual({
      connectMs: 5_000,
      requestMs: 15_000,
      streamIdleMs: 5_000,
      by: ['mesh-gateways-timeout-all-default'],
    });
  });
});

it('reads a recorded Dataplane with the file it was started from', () => {
  const proxy = DataplaneOverview.parse(recordedBody('dataplane-kong-overview-online'));

  expect(proxy).toMatchObject({
    name: 'kong-01',
    gateway: { delegated: true, tags: { 'kuma.io/service': 'kong-new' } },
    proxy: { online: true, file: { service: 'kong' } },
  });
});

it('reads recorded Dataplanes that never had a proxy', () => {
  const proxies = recordedBody('dataplanes-overview').items.map((item: unknown) =>
    DataplaneOverview.parse(item),
  );

  expect(proxies[0]).toEqual({
    name: 'backend-01',
    labels: expect.objectContaining({ 'kuma.io/zone': 'zone-a' }),
    address: '127.0.0.2',
    inbounds: [
      {
        address: '127.0.0.2',
        port: 10001,
        servicePort: 8081,
        tags: expect.objectContaining({ 'kuma.io/service': 'backend' }),
      },
    ],
  });
});

const ref = (more: object) => ({ kind: 'Mesh', labels: {}, tags: {}, proxyTypes: [], ...more });

it.each([
  ['the whole mesh', ref({}), true],
  ['gateways', ref({ proxyTypes: ['Gateway'] }), true],
  ['sidecars', ref({ proxyTypes: ['Sidecar'] }), false],
  ['its tag', ref({ kind: 'MeshSubset', tags: { 'kuma.io/service': 'kong' } }), true],
  ['another tag', ref({ kind: 'MeshSubset', tags: { 'kuma.io/service': 'web' } }), false],
  ['its service', ref({ kind: 'MeshService', name: 'kong' }), true],
  ['every Dataplane', ref({ kind: 'Dataplane' }), true],
  ['its name', ref({ kind: 'Dataplane', name: 'kong-01' }), true],
  ['another name', ref({ kind: 'Dataplane', name: 'kong-02' }), false],
  ['a label it has not', ref({ kind: 'Dataplane', labels: { app: 'kong' } }), false],
  ['a builtin gateway', ref({ kind: 'MeshGateway', name: 'kong' }), false],
])('a target of %s selects the gateway: %#', (_name, target, expected) => {
  expect(selectsProxy(target, subjectOfProxy(gatewayProxy()))).toBe(expected);
});

it('a target selects a workload by the tags of any of its inbounds', () => {
  const target = ref({ kind: 'MeshService', name: 'orders' });

  expect(selectsProxy(target, subjectOfProxy(workload('orders')))).toBe(true);
  expect(selectsProxy(target, subjectOfProxy(workload('web')))).toBe(false);
});

it.each([
  ['1h0m0s', 3_600_000],
  ['15s', 15_000],
  ['500ms', 500],
  ['1.5s', 1_500],
  ['0s', 0],
  ['0', 0],
  ['', undefined],
  ['15', undefined],
  [15, undefined],
])('reads the time span %p', (text, expected) => {
  expect(parseGoDuration(text)).toBe(expected);
});

it.each([
  [500, '500 ms'],
  [15_000, '15 s'],
  [300_000, '5 min'],
  [7_200_000, '2 h'],
])('writes %p ms as %p', (ms, expected) => {
  expect(formatMs(ms)).toBe(expected);
});
