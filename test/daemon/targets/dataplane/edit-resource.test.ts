import { editResource } from '../../../../daemon/targets/dataplane/edit-resource';
import { exchange } from '../../../sandbox/control-plane/exchange';
import { outbound, room } from './build';

const users = {
  address: '127.0.0.1',
  port: 33_001,
  tags: { 'kuma.io/service': 'backend' },
};

const resource = {
  type: 'Dataplane',
  mesh: 'default',
  name: 'kong-01',
  creationTime: '2026-11-23T09:17:41Z',
  modificationTime: '2026-11-23T09:17:41Z',
  kri: 'kri_dp_default_zone-a__kong-01_',
  labels: { team: 'edge', 'kuma.io/zone': 'zone-a' },
  metrics: { type: 'prometheus' },
  networking: {
    address: '127.0.0.5',
    advertisedAddress: '203.0.113.1',
    admin: { port: 9902 },
    gateway: { tags: { 'kuma.io/service': 'kong', 'kuma.io/zone': 'zone-a', region: 'eu' } },
    outbound: [users],
    transparentProxying: { redirectPortInbound: 15006 },
  },
};

function edit(edits: Partial<Parameters<typeof editResource>[2]>, from: object = resource) {
  return editResource('kong-01', from as never, { add: [], remove: [], ...edits }, room) as any;
}

const orders = { address: '127.0.0.1', port: 30_000 };
const ordersRef = { kind: 'MeshService', name: 'orders', port: 8080 };

test('everything the user put there is kept, and what only answers hold is dropped', () => {
  const { changed, resource: edited } = edit({ add: [outbound(30_000, 'orders')] });

  const answerOnly = ['creationTime', 'modificationTime', 'kri'];
  const kept = Object.entries(resource).filter(([key]) => !answerOnly.includes(key));
  expect(changed).toBe(true);
  expect(edited).toEqual({
    ...Object.fromEntries(kept),
    networking: {
      ...resource.networking,
      outbound: [users, { ...orders, backendRef: ordersRef }],
    },
  });
});

test.each([
  ['nothing to do', {}, false],
  ['a tag that is as it should be', { service: { before: 'x', after: 'kong' } }, false],
  ['an outbound that is not there', { remove: [outbound(30_000, 'orders')] }, false],
  ['a tag that differs', { service: { before: 'kong', after: 'edge' } }, true],
  ['a label', { workload: { before: undefined, after: 'edge' } }, true],
])('%s: changed or not', (_name, edits, expected) => {
  expect(edit(edits).changed).toBe(expected);
});

test('the recorded Dataplane of a real control plane is no different without edits', () => {
  const { body } = exchange('dataplane-kong').response;

  expect(edit({}, body).changed).toBe(false);
});

test('an outbound is added once', () => {
  const once = edit({ add: [outbound(30_000, 'orders')] }).resource;

  expect(edit({ add: [outbound(30_000, 'orders')] }, once).changed).toBe(false);
});

test('other tags stay when the service is set', () => {
  const { resource: edited } = edit({ service: { before: 'kong', after: 'edge' } });

  expect(edited.networking.gateway.tags).toEqual({
    'kuma.io/service': 'edge',
    'kuma.io/zone': 'zone-a',
    region: 'eu',
  });
});

test("only own outbounds are removed, never the user's", () => {
  const own = { ...orders, backendRef: ordersRef };
  const from = { ...resource, networking: { ...resource.networking, outbound: [users, own] } };
  const theirs = outbound(33_001, { type: 'tags', tags: { 'kuma.io/service': 'backend' } });

  const { resource: edited } = edit({ remove: [outbound(30_000, 'orders'), theirs] }, from);

  expect(edited.networking.outbound).toEqual([users]);
});

test('the zone alone is not put back as a tag: that would be refused', () => {
  const tags = { 'kuma.io/zone': 'zone-a' };
  const from = { ...resource, networking: { ...resource.networking, gateway: { tags } } };

  const { resource: edited } = edit({ add: [outbound(30_000, 'orders')] }, from);

  expect(edited.networking.gateway.tags).toEqual({});
});

test.each([
  ['the place was taken meanwhile', { port: 30_000, backendRef: { ...ordersRef, name: 'x' } }],
  ['the place was taken at any address', { address: '0.0.0.0', port: 30_000, tags: users.tags }],
])('%s: nothing is edited', (_name, other) => {
  const from = { ...resource, networking: { ...resource.networking, outbound: [other] } };

  expect(() => edit({ add: [outbound(30_000, 'orders')] }, from)).toThrow(
    expect.objectContaining({ code: 'DATAPLANE_CHANGED' }),
  );
});

test('a Dataplane that is no gateway any more is not edited', () => {
  const networking = { ...resource.networking, gateway: undefined, inbound: [{ port: 8000 }] };

  expect(() => edit({}, { ...resource, networking })).toThrow(
    expect.objectContaining({ code: 'DATAPLANE_CHANGED' }),
  );
});

test('a resource of no known shape is an error', () => {
  expect(() => edit({}, { type: 'Dataplane' })).toThrow(
    expect.objectContaining({ code: 'DATAPLANE_UNREADABLE' }),
  );
});
