import { createServer } from 'node:net';
import { once } from 'node:events';

import { ask, eventually, Mesh } from '../../../sandbox/sidecar/harness';
import { codesOf, Driver, freeRange, type DriverOptions, type Stop } from './driver';

let mesh: Mesh;
let first: number;
let ports: string;

beforeEach(async () => {
  mesh = await Mesh.start();
  ({ first, ports } = await freeRange(6));
});

afterEach(() => mesh.stop());

function driver(parts: Partial<DriverOptions> & { outbounds?: object } = {}): Driver {
  const { outbounds, config, ...rest } = parts;
  return new Driver({
    url: mesh.controlPlane.url,
    config: { outbounds: { ports, waitFor: '3s', grace: '75s', ...outbounds }, ...config },
    ...rest,
  });
}

function outbounds(name = 'kong-01'): readonly any[] {
  return (mesh.controlPlane.get('Dataplane', name) as any).networking.outbound ?? [];
}

const portsOf = (name?: string) => outbounds(name).map(({ port }) => port);
const puts = () => mesh.controlPlane.requests.count('PUT');
const at = (offset: number) => `127.0.0.1:${first + offset}`;

describe('on one gateway', () => {
  beforeEach(async () => {
    mesh.gateway([]);
    mesh.sidecar();
    await mesh.service('orders');
    await mesh.service('billing');
  });

  it('adds an outbound and ends when it answers', async () => {
    const { switched, writes, failures } = await driver().pass(['orders']);

    const reply = await ask(first);

    expect(failures).toEqual([]);
    expect(writes).toBe(1);
    expect(switched).toEqual({ orders: at(0) });
    expect(reply.body.service).toBe('orders');
  });

  it('does not go on removing what another daemon needs and puts back, and says so', async () => {
    const one = driver({ outbounds: { grace: '0s' } });
    const other = driver({ outbounds: { grace: '0s' } });
    for (let round = 0; round < 3; round++) {
      await one.pass(['orders']);
      await other.pass(['billing']);
    }
    const before = puts();

    const last = [await one.pass(['orders']), await other.pass(['billing'])];

    expect(puts()).toBe(before);
    expect(outbounds()).toHaveLength(2);
    expect(last.map(codesOf)).toEqual([['DATAPLANE_CONTESTED'], ['DATAPLANE_CONTESTED']]);
  });

  it('writes nothing the second time, nor after a restart', async () => {
    const daemon = driver();
    await daemon.pass(['orders']);
    const before = puts();

    const again = await daemon.pass(['orders']);
    const restarted = await driver().pass(['orders']);

    expect(puts()).toBe(before);
    expect(again.plan).toMatchObject({ expanding: [], contracting: [], awaiting: false });
    expect(again.switched).toEqual({ orders: at(0) });
    expect(restarted.switched).toEqual({ orders: at(0) });
    expect(restarted.writes).toBe(0);
  });

  it('removes after the grace time, not before, and lets the port rest', async () => {
    const daemon = driver();
    await daemon.pass(['orders']);
    await daemon.pass([]);
    daemon.nowMs += 74_000;
    await daemon.pass([]);
    const before = portsOf();
    daemon.nowMs += 1_000;

    await daemon.pass([]);
    const after = portsOf();
    await daemon.pass(['billing']);

    expect([before, after, portsOf()]).toEqual([[first], [], [first + 1]]);
  });

  it('moves a service: the new outbound is there before the old one goes', async () => {
    const daemon = driver();
    await daemon.pass(['orders']);

    const { switched } = await daemon.pass(['billing']);

    expect(switched).toEqual({ billing: at(1) });
    expect(portsOf()).toEqual([first, first + 1]);
    expect((await ask(first)).body.service).toBe('orders');
    expect((await ask(first + 1)).body.service).toBe('billing');
  });

  it('keeps all that the user has on the Dataplane', async () => {
    const tags = { 'kuma.io/service': 'kong', region: 'eu' };
    const users = { address: '127.0.0.1', port: 9, tags: { 'kuma.io/service': 'x', version: '1' } };
    const networking = {
      address: '127.0.0.5',
      admin: { port: 9909 },
      gateway: { tags },
      outbound: [users],
    };
    const labels = { team: 'edge' };
    mesh.controlPlane.put({
      type: 'Dataplane',
      mesh: 'default',
      name: 'kong-01',
      labels,
      networking,
    });

    await driver().pass(['orders']);

    const stored = mesh.controlPlane.get('Dataplane', 'kong-01') as any;
    expect(stored.labels).toMatchObject(labels);
    expect(stored.networking).toMatchObject({
      address: '127.0.0.5',
      admin: { port: 9909 },
      gateway: { tags },
      outbound: [users, { port: first }],
    });
  });

  it('says that a Dataplane without a service cannot be changed, though it could be made', async () => {
    mesh.controlPlane.put({
      type: 'Dataplane',
      mesh: 'default',
      name: 'kong-01',
      networking: { address: '127.0.0.5', gateway: {} },
    });

    const { failures } = await driver().pass(['orders']);

    expect(failures).toMatchObject([
      { code: 'DATAPLANE_REFUSED', message: expect.stringContaining('kuma.io/service') },
    ]);
    expect(portsOf()).toEqual([]);
  });

  it('takes no page of something in between for a control plane that has stored it', async () => {
    const daemon = driver();
    const plan = await daemon.plan(['orders']);
    const path = '/meshes/default/dataplanes/kong-01';
    const body = '<html>Sign in</html>';
    mesh.controlPlane.faults.next({ method: 'PUT', path, status: 200, body });

    const { failures, writes } = await daemon.target.expand(plan, AbortSignal.timeout(5_000));

    expect(failures).toMatchObject([{ code: 'KUMA_CONTENT_TYPE' }]);
    expect(writes).toBe(0);
  });

  it("keeps the user's edits made in parallel, whatever conflicts there are", async () => {
    const daemon = driver();
    const plan = await daemon.plan(['orders', 'billing']);
    const path = '/meshes/default/dataplanes/kong-01';
    mesh.controlPlane.faults.next({ method: 'PUT', path, status: 409, times: 3 });
    // What the user writes after the plan was made.
    mesh.gateway([{ port: 33_001, tags: { 'kuma.io/service': 'x' } }], 'renamed');

    const { failures, writes } = await daemon.target.expand(plan, AbortSignal.timeout(5_000));

    expect(failures).toEqual([]);
    expect(writes).toBe(1);
    expect(portsOf()).toEqual([33_001, first, first + 1]);
    expect(
      (mesh.controlPlane.get('Dataplane', 'kong-01') as any).networking.gateway.tags,
    ).toMatchObject({ 'kuma.io/service': 'renamed' });
  });

  it('loses nobody’s edits among parallel daemons', async () => {
    const daemons = [driver(), driver(), driver()];

    await Promise.all(daemons.map((daemon) => daemon.pass(['orders', 'billing'])));

    expect(portsOf()).toEqual([first, first + 1]);
  });

  it('gives up on endless conflicts with a finding', async () => {
    mesh.controlPlane.faults.next({ method: 'PUT', status: 409, times: Infinity });

    const { failures, switched } = await driver().pass(['orders']);

    expect(failures).toMatchObject([
      { code: 'DATAPLANE_CONFLICT', severity: 'error', entity: 'dataplane kong-01' },
    ]);
    expect(switched).toBeUndefined();
  });

  it('takes another port where a process listens already', async () => {
    const squatter = createServer().listen(first, '127.0.0.1');
    await once(squatter, 'listening');
    const daemon = driver();

    const refused = await daemon.pass(['orders']);
    const next = await daemon.pass(['orders']);
    squatter.close();

    expect(codesOf(refused)).toEqual(['DATAPLANE_PORT_TAKEN']);
    expect(refused.writes).toBe(0);
    expect(refused.switched).toBeUndefined();
    expect(next.switched).toEqual({ orders: at(1) });
  });

  it('notices a process that took the place of an outbound it had removed', async () => {
    const daemon = driver({ outbounds: { grace: '0s' } });
    await daemon.pass(['orders']);
    await daemon.pass([]);
    daemon.nowMs += 1;
    const squatter = createServer();
    await eventually(
      async () => {
        squatter.listen(first, '127.0.0.1');
        return await once(squatter, 'listening').catch(() => undefined);
      },
      (listening) => listening !== undefined,
    );

    const refused = await daemon.pass(['orders']);
    squatter.close();

    expect(codesOf(refused)).toEqual(['DATAPLANE_PORT_TAKEN']);
  });

  it("keeps off Envoy's admin port", async () => {
    mesh.controlPlane.put({
      type: 'Dataplane',
      mesh: 'default',
      name: 'kong-01',
      networking: {
        address: '127.0.0.5',
        admin: { port: first },
        gateway: { tags: { 'kuma.io/service': 'kong' } },
      },
    });
    const daemon = driver();

    const refused = await daemon.pass(['orders']);
    const next = await daemon.pass(['orders']);

    expect(codesOf(refused)).toEqual(['DATAPLANE_PORT_TAKEN']);
    expect(next.switched).toEqual({ orders: at(1) });
  });

  it('holds up a pass for a silent outbound once, then goes on without it', async () => {
    mesh.controlPlane.put({
      type: 'MeshExternalService',
      mesh: 'default',
      name: 'payments',
      spec: { match: { port: 443 } },
    });
    const daemon = driver({ outbounds: { waitFor: '200ms' } });
    const observation = await daemon.observe();
    const payments = observation.services.find(({ name }) => name === 'payments')!;
    const orders = observation.services.find(
      ({ name, kind }) => name === 'orders' && kind === 'MeshService',
    )!;
    const needs = [payments, orders].map((service) => ({ service, port: service.ports[0]! }));
    // It goes between the look and the write: the reference leads nowhere.
    mesh.controlPlane.delete('MeshExternalService', 'payments');
    const signal = AbortSignal.timeout(10_000);

    const plan = daemon.target.plan(observation.gateways, needs, daemon.nowMs);
    const late = await daemon.target.expand(plan, signal);
    const { gateways } = await daemon.observe();
    const second = daemon.target.plan(gateways, needs, daemon.nowMs);
    const report = await daemon.target.expand(second, signal);

    expect(late.failures).toMatchObject([{ code: 'DATAPLANE_LISTENER_LATE', severity: 'error' }]);
    expect(second.failures).toMatchObject([{ code: 'DATAPLANE_LISTENER_MISSING' }]);
    expect(second.gateway.outbounds).toMatchObject([{ target: { name: 'orders' } }]);
    expect(report.failures).toEqual([]);
  });

  it('comes back to a silent outbound when it listens after all', async () => {
    const spec = { match: { port: 443 } };
    const payments = { type: 'MeshExternalService', mesh: 'default', name: 'payments', spec };
    mesh.controlPlane.put(payments);
    const daemon = driver({ outbounds: { waitFor: '200ms' } });
    const observation = await daemon.observe();
    const service = observation.services.find(({ name }) => name === 'payments')!;
    const needs = [{ service, port: service.ports[0]! }];
    mesh.controlPlane.delete('MeshExternalService', 'payments');
    await daemon.target.expand(
      daemon.target.plan(observation.gateways, needs, daemon.nowMs),
      AbortSignal.timeout(10_000),
    );
    mesh.controlPlane.put(payments);

    const passed = await eventually(
      () => daemon.pass(['payments']),
      ({ switched }) => switched?.['payments'] !== undefined,
    );

    expect(codesOf(passed)).toEqual([]);
    expect(passed.switched).toEqual({ payments: at(0) });
  });

  it('removes a Dataplane’s outbound only of its own, though the user edits meanwhile', async () => {
    const daemon = driver({ outbounds: { grace: '0s' } });
    await daemon.pass(['orders']);
    const plan = await daemon.plan([]);
    const mine = outbounds()[0];
    mesh.gateway([mine, { port: first + 5, tags: { 'kuma.io/service': 'x' } }]);

    await daemon.target.contract(plan, AbortSignal.timeout(5_000));

    expect(portsOf()).toEqual([first + 5]);
  });
});

test('every address that is switched to leads to its service, round after round', async () => {
  mesh.gateway([]);
  mesh.sidecar();
  const names = ['orders', 'billing', 'cart'];
  for (const name of names) await mesh.service(name);
  const daemon = driver();
  const wrong: string[] = [];

  for (let round = 0; round < 24; round++) {
    const wanted = names.filter((_, index) => ((round * 5 + 3) >> index) & 1);
    daemon.nowMs += 40_000;
    const { switched = {} } = await eventually(
      () => daemon.pass(wanted),
      (passed) => passed.switched !== undefined,
    );
    for (const [name, address] of Object.entries(switched)) {
      const reply = await ask(Number(address?.split(':')[1]));
      if (reply.body.service !== name) wrong.push(`${name} in round ${round}`);
    }
  }

  expect(wrong).toEqual([]);
});

describe('stopped half-way', () => {
  const steps: [string, Stop][] = [
    ['before expand', 'expand'],
    ['before the switch', 'switch'],
    ['before contract', 'contract'],
  ];

  beforeEach(async () => {
    mesh.gateway([]);
    await mesh.service('orders');
    await mesh.service('billing');
  });

  it.each(steps)('%s and started again: the same end', async (_name, stopBefore) => {
    mesh.sidecar();
    await driver().pass(['orders']);
    const stopped = driver({ outbounds: { grace: '0s' } });
    await stopped.pass(['billing'], stopBefore);

    const again = driver({ outbounds: { grace: '0s' } });
    const { switched } = await again.pass(['billing']);

    expect(switched).toEqual({ billing: at(1) });
    expect(portsOf()).toEqual([first + 1]);
  });

  it('after the write, before the sidecar listens: the next one waits for it', async () => {
    mesh.sidecar({ listenMs: 300 });
    const stopped = driver();
    const plan = await stopped.plan(['orders']);
    const aborting = new AbortController();
    const expanding = stopped.target.expand(plan, aborting.signal);
    await eventually(portsOf, (all) => all.length === 1);
    aborting.abort(new Error('stopped'));
    await expect(expanding).rejects.toThrow();

    const { switched, writes } = await driver().pass(['orders']);

    expect(writes).toBe(0);
    expect(switched).toEqual({ orders: at(0) });
    expect((await ask(first)).body.service).toBe('orders');
  });

  it('between the gateways: the next one completes the other', async () => {
    const remote = (name: string) =>
      mesh.controlPlane.put({
        type: 'Dataplane',
        mesh: 'default',
        name,
        networking: { address: '192.0.2.7', gateway: { tags: { 'kuma.io/service': 'kong' } } },
      });
    remote('kong-02');
    mesh.sidecar();
    mesh.controlPlane.connectProxy({ name: 'kong-02', mode: 'api' });
    const both = { dataplane: ['kong-01', 'kong-02'] };
    const path = '/meshes/default/dataplanes/kong-02';
    mesh.controlPlane.faults.next({ method: 'PUT', path, status: 500 });

    const half = await driver(both).pass(['orders']);
    const { switched, writes } = await driver(both).pass(['orders']);

    expect(codesOf(half)).toEqual(['DATAPLANE_WRITE_FAILED']);
    expect(half.writes).toBe(1);
    expect(writes).toBe(1);
    expect(switched).toEqual({ orders: at(0) });
    expect(portsOf('kong-02')).toEqual([first]);
  });
});

describe('several gateways', () => {
  const both = { dataplane: ['kong-01', 'kong-02'] };

  beforeEach(async () => {
    mesh.gateway([]);
    mesh.sidecar();
    mesh.controlPlane.put({
      type: 'Dataplane',
      mesh: 'default',
      name: 'kong-02',
      networking: { address: '192.0.2.7', gateway: { tags: { 'kuma.io/service': 'kong' } } },
    });
    await mesh.service('orders');
    await mesh.service('billing');
  });

  it('get one port map, by name or by their service', async () => {
    mesh.controlPlane.connectProxy({ name: 'kong-02', mode: 'api' });

    await driver(both).pass(['orders']);
    const { switched } = await driver({ dataplane: null, service: 'kong' }).pass([
      'orders',
      'billing',
    ]);

    expect(switched).toEqual({ orders: at(0), billing: at(1) });
    expect(portsOf()).toEqual([first, first + 1]);
    expect(portsOf('kong-02')).toEqual([first, first + 1]);
  });

  it('that are all not connected keep Kong as it is', async () => {
    const remote = { address: '192.0.2.6', gateway: { tags: { 'kuma.io/service': 'kong' } } };
    const names = ['kong-02', 'kong-03'];
    mesh.controlPlane.put({
      type: 'Dataplane',
      mesh: 'default',
      name: 'kong-03',
      networking: remote,
    });
    const daemon = driver({ dataplane: names, outbounds: { waitFor: '50ms' } });

    const passed = await daemon.pass(['orders']);

    expect(codesOf(passed)).toEqual(['DATAPLANE_OFFLINE', 'DATAPLANE_OFFLINE']);
    expect(passed.switched).toBeUndefined();
  });

  it('go on without one that is not connected, and say so once', async () => {
    const daemon = driver({ ...both, outbounds: { waitFor: '200ms' } });

    const passed = await daemon.pass(['orders']);

    expect(passed.failures).toMatchObject([
      { code: 'DATAPLANE_PEER_OFFLINE', severity: 'warning', entity: 'dataplane kong-02' },
    ]);
    expect(passed.switched).toEqual({ orders: at(0) });
    expect(portsOf('kong-02')).toEqual([first]);
  });
});

test('a sidecar that is not connected keeps Kong as it is', async () => {
  mesh.gateway([]);
  await mesh.service('orders');

  const { failures, switched } = await driver({ outbounds: { waitFor: '100ms' } }).pass(['orders']);

  expect(failures).toMatchObject([{ code: 'DATAPLANE_OFFLINE', severity: 'error' }]);
  expect(switched).toBeUndefined();
});

test('a MeshMultiZoneService is reached by its labels', async () => {
  mesh.gateway([]);
  mesh.sidecar();
  await mesh.service('orders');
  mesh.controlPlane.put({
    type: 'MeshMultiZoneService',
    mesh: 'default',
    name: 'shop',
    spec: {
      selector: { meshService: { matchLabels: { 'kuma.io/display-name': 'orders' } } },
      ports: [{ port: 8080, appProtocol: 'http' }],
    },
  });

  const { switched, failures } = await driver().pass(['shop']);

  expect(failures).toEqual([]);
  expect(switched).toEqual({ shop: at(0) });
  expect((await ask(first)).body.service).toBe('orders');
});

test('a legacy service is reached by its tag', async () => {
  await mesh.stop();
  mesh = await Mesh.start({ meshServices: 'Disabled' });
  mesh.gateway([]);
  mesh.sidecar();
  await mesh.service('orders');

  const { switched } = await driver().pass(['orders']);

  expect(switched).toEqual({ orders: at(0) });
  expect(outbounds()).toMatchObject([{ port: first, tags: { 'kuma.io/service': 'orders' } }]);
  expect((await ask(first)).body.service).toBe('orders');
});

test('1,000 outbounds are one write', async () => {
  mesh.controlPlane.put({
    type: 'Dataplane',
    mesh: 'default',
    name: 'kong-01',
    networking: { address: '192.0.2.7', gateway: { tags: { 'kuma.io/service': 'kong' } } },
  });
  mesh.controlPlane.connectProxy({ name: 'kong-01', mode: 'api' });
  const names = mesh.controlPlane.seed({ services: 1_000 });
  const daemon = driver({ outbounds: { ports: '40000-40999' } });

  const { writes, failures, switched } = await daemon.pass(names);
  const again = await daemon.pass(names);

  expect(failures).toEqual([]);
  expect([writes, again.writes, puts()]).toEqual([1, 0, 1]);
  expect(new Set(Object.values(switched ?? {})).size).toBe(1_000);
});

describe('a refused write', () => {
  beforeEach(async () => {
    mesh.gateway([]);
    mesh.sidecar();
    await mesh.service('orders');
  });

  it.each([
    [400, 'DATAPLANE_REFUSED'],
    [401, 'DATAPLANE_WRITE_UNAUTHORISED'],
    [403, 'DATAPLANE_WRITE_FORBIDDEN'],
    [405, 'DATAPLANE_WRITE_ELSEWHERE'],
    [503, 'DATAPLANE_WRITE_FAILED'],
  ])('with %d leaves Kong and the Dataplane as they are', async (status, code) => {
    mesh.controlPlane.faults.next({
      method: 'PUT',
      status,
      body: { title: 'No', detail: 'Never' },
    });

    const { failures, switched } = await driver().pass(['orders']);

    expect(failures).toMatchObject([{ code, severity: 'error' }]);
    expect(switched).toBeUndefined();
    expect(portsOf()).toEqual([]);
  });

  it('names the fields that the control plane names', async () => {
    const body = {
      title: 'Could not process a resource',
      detail: 'Resource is not valid',
      invalid_parameters: [{ field: 'networking.address', reason: "address can't be empty" }],
    };
    mesh.controlPlane.faults.next({ method: 'PUT', status: 400, body });

    const { failures } = await driver().pass(['orders']);

    expect(failures[0]?.message).toBe(
      "The control plane refuses the Dataplane (400): networking.address: address can't be empty.",
    );
  });
});
