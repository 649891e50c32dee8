import { setTimeout as wait } from 'node:timers/promises';

import type {
  DataplaneApi,
  DataplaneResource,
} from '../../../../daemon/targets/dataplane/dataplane-api';
import { editResource, type Edits } from '../../../../daemon/targets/dataplane/edit-resource';
import { updateDataplane } from '../../../../daemon/targets/dataplane/update-dataplane';

const never = new AbortController().signal;
const room = { address: '127.0.0.1', ports: { first: 30000, last: 30999 } };
const kong = { 'kuma.io/service': 'kong' };
const outboundAt = (port: number, service: string) => ({
  port,
  address: '127.0.0.1',
  tags: { 'kuma.io/service': service },
});

const overTheWire = <T>(value: T): T => JSON.parse(JSON.stringify(value)) as T;

/** A control plane with one Dataplane: the last writer wins. */
function openPlane() {
  let at = 0;
  let resource: DataplaneResource = {
    type: 'Dataplane',
    mesh: 'default',
    name: 'kong-01',
    labels: { team: 'a' },
    networking: {
      address: '10.0.0.1',
      gateway: { type: 'DELEGATED', tags: kong },
      outbound: [outboundAt(30000, 'orders')],
    },
  };
  const store = (next: DataplaneResource): void => {
    resource = { ...next, modificationTime: String(++at) };
  };
  const plane = {
    writes: 0,
    /** What it makes of a write: it may know less than was written. */
    take: (next: any): DataplaneResource => next,
    /** Runs while a write of ours is under way: before it counts, or right after it. */
    before: async (): Promise<void> => Promise.resolve(),
    after: (): void => undefined,
    get: () => overTheWire(resource),
    change(edit: (copy: any) => void) {
      const copy = overTheWire(resource);
      edit(copy);
      store(copy);
    },
  };
  const api: DataplaneApi = {
    url: 'http://127.0.0.1:5681',
    read: () => Promise.resolve(plane.get()),
    async write(_name, next) {
      plane.writes++;
      await plane.before();
      store(plane.take(overTheWire(next)));
      plane.after();
      return 'stored';
    },
    proxy: () => Promise.resolve(undefined),
    live: () => Promise.resolve(undefined),
    refreshMs: () => Promise.resolve(undefined),
    listeners: () => Promise.resolve(undefined),
  };
  return { plane, api };
}

const add = (resource: DataplaneResource, identity: Partial<Edits> = {}) =>
  editResource(
    'kong-01',
    resource,
    {
      ...identity,
      add: [
        {
          address: '127.0.0.1',
          port: 30001,
          target: { type: 'tags', tags: { 'kuma.io/service': 'payments' } },
        },
      ],
      remove: [],
    },
    room,
  );

const ports = (resource: DataplaneResource): readonly number[] =>
  (resource['networking'] as { outbound: { port: number }[] }).outbound
    .map(({ port }) => port)
    .sort();

it('puts back what somebody else wrote while our write was under way', async () => {
  const { plane, api } = openPlane();
  plane.before = async () => {
    plane.before = () => Promise.resolve();
    plane.change((copy) => {
      copy.labels = { ...copy.labels, stage: 'prod' };
      copy.networking.outbound.push(outboundAt(31500, 'theirs'));
      copy.networking.gateway.tags.version = '2';
    });
    await wait(120);
  };

  const { outcome } = await updateDataplane(api, 'kong-01', add, never);

  const now = plane.get();
  expect(outcome).toBe('written');
  expect(ports(now)).toEqual([30000, 30001, 31500]);
  expect(now['labels']).toEqual({ team: 'a', stage: 'prod' });
  expect(now['networking']).toMatchObject({ gateway: { tags: { version: '2' } } });
});

it('puts back what somebody else wrote while it was putting back', async () => {
  const { plane, api } = openPlane();
  plane.before = async () => {
    const port = 31_499 + plane.writes;
    if (port > 31_501) return;
    plane.change((copy) => copy.networking.outbound.push(outboundAt(port, 'theirs')));
    await wait(120);
  };

  await updateDataplane(api, 'kong-01', add, never);

  expect(ports(plane.get())).toEqual([30000, 30001, 31500, 31501]);
});

it('puts back what a look shows that ends after the write', async () => {
  const { plane, api } = openPlane();
  let isWriting = false;
  const slow: DataplaneApi = {
    ...api,
    async read(name, signal) {
      const shown = await api.read(name, signal);
      if (isWriting) await wait(120, undefined, { signal });
      return shown;
    },
  };
  plane.before = async () => {
    plane.before = () => Promise.resolve();
    isWriting = true;
    plane.change((copy) => copy.networking.outbound.push(outboundAt(31500, 'theirs')));
    await wait(80);
    isWriting = false;
  };

  await updateDataplane(slow, 'kong-01', add, never);

  expect(ports(plane.get())).toEqual([30000, 30001, 31500]);
});

it('puts back what somebody else wrote also where the answer to its write is lost', async () => {
  const { plane, api } = openPlane();
  plane.before = async () => {
    plane.before = () => Promise.resolve();
    plane.change((copy) => copy.networking.outbound.push(outboundAt(31500, 'theirs')));
    await wait(120);
  };
  plane.after = () => {
    plane.after = () => undefined;
    throw new Error('the answer is lost');
  };

  await expect(updateDataplane(api, 'kong-01', add, never)).rejects.toThrow('the answer is lost');

  expect(ports(plane.get())).toEqual([30000, 30001, 31500]);
});

it('writes again what somebody else replaced right after', async () => {
  const { plane, api } = openPlane();
  const old = plane.get();
  plane.after = () => {
    plane.after = () => undefined;
    plane.change((copy) => Object.assign(copy, old));
  };

  await updateDataplane(api, 'kong-01', add, never);

  expect(ports(plane.get())).toEqual([30000, 30001]);
  expect(plane.writes).toBe(2);
});

it('writes once where nobody interferes, and not at all where nothing changes', async () => {
  const { plane, api } = openPlane();

  const first = await updateDataplane(api, 'kong-01', add, never);
  const second = await updateDataplane(api, 'kong-01', add, never);

  expect([first.outcome, second.outcome, plane.writes]).toEqual(['written', 'unchanged', 1]);
});

const withIdentity = (resource: DataplaneResource) =>
  add(resource, {
    service: { before: undefined, after: 'edge' },
    workload: { before: undefined, after: 'edge' },
  });
const withoutTags = (next: any): DataplaneResource => {
  delete next.networking.gateway.tags;
  return next;
};

it('takes a field that the control plane drops twice for one it does not take', async () => {
  const { plane, api } = openPlane();
  plane.take = withoutTags;

  const { outcome } = await updateDataplane(api, 'kong-01', withIdentity, never);

  const now = plane.get();
  expect([outcome, plane.writes]).toEqual(['written', 2]);
  expect(ports(now)).toEqual([30000, 30001]);
  expect(now['labels']).toEqual({ team: 'a', 'kuma.io/workload': 'edge' });
  expect(now['networking']).toMatchObject({ gateway: { type: 'DELEGATED' } });
});

it('puts back what others write on a control plane that drops a field too', async () => {
  const { plane, api } = openPlane();
  plane.take = withoutTags;
  plane.before = async () => {
    plane.before = () => Promise.resolve();
    plane.change((copy) => copy.networking.outbound.push(outboundAt(31500, 'theirs')));
    await wait(120);
  };

  const { outcome } = await updateDataplane(api, 'kong-01', withIdentity, never);

  expect(outcome).toBe('written');
  expect(ports(plane.get())).toEqual([30000, 30001, 31500]);
});

it('writes a tag again that somebody else removed right after', async () => {
  const { plane, api } = openPlane();
  plane.after = () => {
    plane.after = () => undefined;
    plane.change((copy) => delete copy.networking.gateway.tags);
  };

  await updateDataplane(api, 'kong-01', withIdentity, never);

  expect(plane.get()['networking']).toMatchObject({
    gateway: { tags: { 'kuma.io/service': 'edge' } },
  });
});

it.each([
  ['all outbounds are taken away', (copy: any) => delete copy.networking.outbound],
  ['the tag is set to another', (copy: any) => (copy.networking.gateway.tags = kong)],
])('is a conflict where each time %s', async (_, edit) => {
  const { plane, api } = openPlane();
  plane.after = () => plane.change(edit);

  await expect(updateDataplane(api, 'kong-01', withIdentity, never)).rejects.toMatchObject({
    code: 'DATAPLANE_CONFLICT',
  });
});
