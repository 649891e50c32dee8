import { leadsTo } from '../../../../catalog/outbound-index';
import { describeTarget, type OutboundTarget } from '../../../../catalog/gateway';
import type { MeshService } from '../../../../catalog/service';
import { isOwn, targetFor } from '../../../../daemon/targets/dataplane/outbound-form';
import { byName, need, outbound, room } from './build';

const display = 'kuma.io/display-name';
const zone = 'kuma.io/zone';

const forms: [string, Partial<MeshService>, object][] = [
  ['a MeshService of the own zone by name', {}, { kind: 'MeshService', name: 'orders' }],
  [
    'a MeshService of another zone by labels',
    { resource: 'orders-xyz', zone: 'zone-b', labels: { [display]: 'orders', [zone]: 'zone-b' } },
    { kind: 'MeshService', labels: { [display]: 'orders', [zone]: 'zone-b' } },
  ],
  [
    'a Kubernetes one of another zone with its namespace',
    {
      resource: 'orders-xyz',
      zone: 'k8s',
      labels: { [display]: 'orders', [zone]: 'k8s', 'k8s.kuma.io/namespace': 'shop' },
    },
    { labels: { [display]: 'orders', [zone]: 'k8s', 'k8s.kuma.io/namespace': 'shop' } },
  ],
  [
    'a MeshMultiZoneService by labels, as by name there is no listener',
    { kind: 'MeshMultiZoneService', zone: undefined as never, labels: { [display]: 'orders' } },
    { kind: 'MeshMultiZoneService', labels: { [display]: 'orders' } },
  ],
  [
    'a MeshMultiZoneService without labels by its own name as the displayed one',
    { kind: 'MeshMultiZoneService', zone: undefined as never, labels: {} },
    { kind: 'MeshMultiZoneService', labels: { [display]: 'orders' } },
  ],
  [
    'a MeshExternalService of the own zone by name',
    { kind: 'MeshExternalService' },
    { kind: 'MeshExternalService', name: 'orders', labels: {} },
  ],
  [
    'a MeshExternalService from global by labels',
    {
      kind: 'MeshExternalService',
      resource: 'orders-xyz',
      zone: undefined as never,
      labels: { [display]: 'orders' },
    },
    { kind: 'MeshExternalService', labels: { [display]: 'orders' } },
  ],
  [
    'a legacy service by its tag',
    { kind: 'LegacyService', ports: [{ port: 80, tag: 'orders_shop_svc_80' }] },
    { type: 'tags', tags: { 'kuma.io/service': 'orders_shop_svc_80' } },
  ],
];

test.each(forms)('%s', (_name, parts, expected) => {
  const wanted = need('orders', parts);

  const target = targetFor(wanted, 'zone-a', []);

  expect(target).toMatchObject(expected);
  expect(leadsTo(outbound(30_000, target as OutboundTarget), wanted.service, wanted.port)).toBe(
    true,
  );
});

test('a gateway of an unknown zone uses labels where there are any', () => {
  const labelled = need('orders', { labels: { [display]: 'orders', [zone]: 'zone-a' } });

  expect(targetFor(labelled, undefined, [])).toMatchObject({
    labels: { [display]: 'orders', [zone]: 'zone-a' },
  });
  expect(targetFor(need('orders'), undefined, [])).toMatchObject({ name: 'orders' });
});

test.each([
  ['a Kubernetes Service', { kind: 'KubernetesService' }],
  ['a legacy service without a tag for the port', { kind: 'LegacyService' }],
] as const)('%s has no outbound', (_name, parts) => {
  expect(targetFor(need('orders', parts), 'zone-a', [])).toHaveProperty('reason');
});

const ownership: [string, Parameters<typeof isOwn>[0], boolean][] = [
  ['what is written by name', outbound(30_000, 'orders'), true],
  [
    'what is written by tag',
    outbound(30_009, { type: 'tags', tags: { 'kuma.io/service': 'orders' } }),
    true,
  ],
  [
    'what is written by labels',
    outbound(30_001, {
      type: 'backendRef',
      kind: 'MeshMultiZoneService',
      labels: { [display]: 'orders' },
      port: 80,
    }),
    true,
  ],
  ['a port below the range', outbound(29_999, 'orders'), false],
  ['a port above the range', outbound(30_010, 'orders'), false],
  ['another address', { ...outbound(30_000, 'orders'), address: '127.0.0.2' }, false],
  [
    'a subset by version',
    outbound(30_000, { type: 'tags', tags: { 'kuma.io/service': 'orders', version: 'v1' } }),
    false,
  ],
  [
    "labels of the user's own",
    outbound(30_000, {
      type: 'backendRef',
      kind: 'MeshService',
      labels: { [display]: 'orders', team: 'a' },
      port: 80,
    }),
    false,
  ],
  [
    'a MeshMultiZoneService by name, which is never written',
    outbound(30_000, {
      type: 'backendRef',
      kind: 'MeshMultiZoneService',
      name: 'orders',
      labels: {},
      port: 80,
    }),
    false,
  ],
];

test.each(ownership)('ownership of %s', (_name, one, expected) => {
  expect(isOwn(one, room)).toBe(expected);
});

test.each([
  [byName('orders'), 'MeshService orders:8080'],
  [{ type: 'tags', tags: { 'kuma.io/service': 'orders' } }, 'kuma.io/service orders'],
  [
    {
      type: 'backendRef',
      kind: 'MeshService',
      labels: { [display]: 'orders', [zone]: 'zone-b' },
      port: 80,
    },
    'MeshService orders:80 of zone zone-b',
  ],
] as const)('%j reads %s', (target, words) => {
  expect(describeTarget(target)).toBe(words);
});
