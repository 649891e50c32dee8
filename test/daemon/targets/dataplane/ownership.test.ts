import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { parse, stringify } from 'yaml';

import { ask, eventually, Mesh } from '../../../sandbox/sidecar/harness';
import { codesOf, Driver, freeRange, type DriverOptions } from './driver';

let mesh: Mesh;
let first: number;
let ports: string;

beforeEach(async () => {
  mesh = await Mesh.start({ deregistrationMs: 300 });
  ({ first, ports } = await freeRange(4));
  await mesh.service('orders');
});

afterEach(() => mesh.stop());

function driver({ config, ...rest }: Partial<DriverOptions> = {}): Driver {
  return new Driver({
    url: mesh.controlPlane.url,
    config: { outbounds: { ports, waitFor: '3s' }, ...config },
    ...rest,
  });
}

const spec = {
  networking: {
    address: '127.0.0.5',
    gateway: { type: 'DELEGATED', tags: { 'kuma.io/service': 'kong' } },
    outbound: [],
  },
};

const stored = () => mesh.controlPlane.get('Dataplane', 'kong-01') as any;
const portsOf = () => (stored()?.networking.outbound ?? []).map(({ port }: any) => port);
const puts = () => mesh.controlPlane.requests.count('PUT');

describe('a Dataplane that belongs to a file although the API is configured', () => {
  it('is found out when a reconnect undoes what was written, and then left alone', async () => {
    const sidecar = mesh.sidecar({ mode: 'file', spec });
    const daemon = driver();
    await daemon.pass(['orders']);
    await sidecar.restart();
    await eventually(portsOf, (all) => all.length === 0 && stored() !== undefined);
    await eventually(
      () => daemon.observe(),
      ({ gateways }) => gateways.length === 1,
    );
    const before = puts();

    const found = await daemon.pass(['orders']);
    const later = await daemon.pass(['orders']);

    expect(found.failures).toMatchObject([
      {
        code: 'DATAPLANE_FILE_OWNED',
        severity: 'error',
        remedy: expect.stringContaining('gateway.owner'),
      },
    ]);
    expect(codesOf(later)).toEqual(['DATAPLANE_FILE_OWNED']);
    expect(puts()).toBe(before);
  });

  it('is found out before the first write where the proxy says so', async () => {
    mesh.gateway([]);
    mesh.sidecar();
    const subscriptions = [{ id: '1', connectTime: '2026-11-23T09:20:30Z' }];
    const metadata = { 'dataplane.resource': '{"type":"Dataplane"}' };
    mesh.controlPlane.faults.next({
      path: '/meshes/default/dataplanes/kong-01/_overview',
      status: 200,
      body: { dataplaneInsight: { subscriptions, metadata } },
    });
    const before = puts();

    const { failures } = await driver().pass(['orders']);

    expect(codesOf({ failures })).toEqual(['DATAPLANE_FILE_OWNED']);
    expect(puts()).toBe(before);
  });

  it('is not what somebody’s edit looks like: that is repaired', async () => {
    mesh.gateway([]);
    mesh.sidecar();
    const daemon = driver();
    await daemon.pass(['orders']);
    mesh.gateway([]);

    const { failures, switched } = await daemon.pass(['orders']);

    expect(failures).toEqual([]);
    expect(switched).toEqual({ orders: `127.0.0.1:${first}` });
    expect(portsOf()).toEqual([first]);
  });
});

describe('a Dataplane that belongs to the API', () => {
  const signal = AbortSignal.timeout(20_000);

  it('is not taken for undone where it was applied anew, and its proxy had connected long before', async () => {
    mesh.gateway([]);
    mesh.sidecar();
    const daemon = driver();
    await daemon.pass(['orders']);
    mesh.gateway([]);
    mesh.controlPlane.faults.next({
      path: '/meshes/default/dataplanes/kong-01/_overview',
      status: 200,
      body: {
        dataplaneInsight: { subscriptions: [{ id: '9', connectTime: '2026-11-23T09:20:30Z' }] },
      },
    });

    const { failures } = await daemon.pass(['orders']);

    expect(failures).toEqual([]);
    expect(portsOf()).toEqual([first]);
  });

  it('is not taken for undone where the plan is older than the write and the stream is new', async () => {
    mesh.gateway([]);
    const sidecar = mesh.sidecar();
    const daemon = driver();
    const old = await daemon.plan(['orders']);
    await daemon.pass(['orders']);
    sidecar.cut();

    const late = await daemon.target.expand(old, signal);
    const next = await daemon.pass(['orders']);

    expect(late.failures).toEqual([]);
    expect(codesOf(next)).toEqual([]);
    expect(portsOf()).toEqual([first]);
  });

  it('is not taken for undone where the answer to a removal was lost', async () => {
    mesh.gateway([]);
    const sidecar = mesh.sidecar();
    const daemon = driver();
    await daemon.pass(['orders']);
    await daemon.plan([]);
    daemon.nowMs += 600_000;
    const removal = await daemon.plan([]);
    const cutOff = new AbortController();
    const stop = mesh.controlPlane.onChange(({ type }) => {
      // Stored by now, and the answer has not gone out yet.
      if (type === 'Dataplane') cutOff.abort();
    });
    await daemon.target.contract(removal, cutOff.signal).catch(() => undefined);
    stop();
    // It has let go of the port before it is cut off: that is not what this is about.
    await sidecar.whenSettled();
    const taken = portsOf();
    sidecar.cut();
    daemon.nowMs += 600_000;

    const again = await daemon.pass(['orders']);

    expect(taken).toEqual([]);
    expect(codesOf(again)).toEqual([]);
  });
});

describe('a Dataplane that is not there', () => {
  const create = { create: { address: '127.0.0.5' } };

  it('is created with its outbounds, and its proxy started after', async () => {
    const daemon = driver({
      service: 'kong',
      config: { ...create, outbounds: { ports, waitFor: '100ms' } },
    });

    const made = await daemon.pass(['orders']);
    mesh.sidecar();
    const passed = await eventually(
      () => daemon.pass(['orders']),
      ({ switched }) => switched !== undefined,
    );

    expect(codesOf(made)).toEqual(['DATAPLANE_OFFLINE']);
    expect(made.plan.expanding.map(({ op }) => op)).toEqual(['create', 'add-outbound']);
    expect(passed.writes).toBe(0);
    expect((await ask(first)).body.service).toBe('orders');
    expect(stored().networking.gateway.tags).toMatchObject({ 'kuma.io/service': 'kong' });
  });

  it('is not created without its address', async () => {
    const passed = await driver({ service: 'kong' }).pass(['orders']);

    expect(codesOf(passed)).toEqual(['DATAPLANE_MISSING']);
    expect(stored()).toBeUndefined();
  });

  it('is not created while its proxy registers again', async () => {
    const sidecar = mesh.sidecar({ mode: 'file', spec, reconnectMs: 1_000 });
    const daemon = driver({ service: 'kong', config: create });
    await daemon.pass([]);
    sidecar.cut();
    await eventually(stored, (dataplane) => dataplane === undefined);
    daemon.nowMs += 19_000;
    const before = puts();

    const passed = await daemon.pass([]);

    expect(codesOf(passed)).toEqual(['DATAPLANE_ABSENT']);
    expect(puts()).toBe(before);
    await eventually(stored, (dataplane) => dataplane !== undefined);
  });

  it('is created anew when it stays away', async () => {
    mesh.gateway([]);
    const daemon = driver({ service: 'kong', config: create });
    await daemon.pass([]);
    mesh.controlPlane.delete('Dataplane', 'kong-01');
    daemon.nowMs += 20_000;

    const { writes } = await daemon.pass([]);

    expect(writes).toBe(1);
    expect(stored()).toMatchObject({ networking: { address: '127.0.0.5' } });
  });

  it('is not written when it goes between the look and the write', async () => {
    mesh.gateway([]);
    const daemon = driver();
    const plan = await daemon.plan(['orders']);
    mesh.controlPlane.delete('Dataplane', 'kong-01');

    const { failures } = await daemon.target.expand(plan, AbortSignal.timeout(5_000));

    expect(codesOf({ failures })).toEqual(['DATAPLANE_CHANGED']);
    expect(stored()).toBeUndefined();
  });
});

describe('a Dataplane that belongs to its file', () => {
  let folder: string;
  let file: string;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'owner-'));
    file = join(folder, 'kong.yaml');
    const resource = { type: 'Dataplane', mesh: 'default', name: 'kong-01', ...spec };
    await writeFile(file, `# mine\n${stringify(resource)}`);
  });

  afterEach(() => rm(folder, { recursive: true, force: true }));

  const config = (command?: readonly string[], waitFor = '3s') => ({
    owner: 'file',
    file: { path: file, ...(command ? { command } : {}) },
    outbounds: { ports, waitFor, grace: '0s' },
  });

  it('is written into the file; a restart is due, and Kong waits for it', async () => {
    const sidecar = mesh.sidecar({ mode: 'file', spec });
    const daemon = driver({ config: config() });
    const before = puts();

    const due = await daemon.pass(['orders']);
    const still = await daemon.pass(['orders']);
    await sidecar.restart(parse(await readFile(file, 'utf8')));
    const passed = await eventually(
      () => daemon.pass(['orders']),
      ({ switched }) => switched?.['orders'] !== undefined,
    );

    expect(codesOf(due)).toEqual(['DATAPLANE_RESTART_DUE']);
    expect(due.writes).toBe(1);
    expect(codesOf(still)).toEqual(['DATAPLANE_RESTART_DUE']);
    expect(still.writes).toBe(0);
    expect(passed.switched).toEqual({ orders: `127.0.0.1:${first}` });
    expect(await readFile(file, 'utf8')).toContain('# mine');
    expect(puts()).toBe(before);
  });

  it('is restarted by the command, once for the same content', async () => {
    const sidecar = mesh.sidecar({ mode: 'file', spec });
    const ran = join(folder, 'ran');
    const command = [
      process.execPath,
      '-e',
      `require('fs').appendFileSync(${JSON.stringify(ran)}, 'x')`,
    ];
    const daemon = driver({ config: config(command) });
    const restarting = eventually(
      () => readFile(ran, 'utf8').catch(() => ''),
      (text) => text === 'x',
    ).then(async () => sidecar.restart(parse(await readFile(file, 'utf8'))));

    const passed = await daemon.pass(['orders']);
    await restarting;
    const again = await daemon.pass(['orders']);

    expect(codesOf(passed)).toEqual([]);
    expect(passed.switched).toEqual({ orders: `127.0.0.1:${first}` });
    expect(again.failures).toEqual([]);
    expect(await readFile(ran, 'utf8')).toBe('x');
  });

  it.each([
    [
      'that fails',
      [process.execPath, '-e', 'console.log("secret"); process.exit(3)'],
      'it ended with 3',
    ],
    ['that is not there', ['/nonexistent/restart-kuma'], 'ENOENT'],
  ])('reports a command %s, without what it printed', async (_name, command, cause) => {
    mesh.sidecar({ mode: 'file', spec });

    const { failures } = await driver({ config: config(command) }).pass(['orders']);

    expect(codesOf({ failures })).toEqual(['DATAPLANE_COMMAND_FAILED']);
    expect(failures[0]?.message).toContain(cause);
    expect(JSON.stringify(failures)).not.toContain('secret');
  });

  it('gets its outbounds before kuma-dp is started for the first time', async () => {
    const due = await driver({ config: config() }).pass(['orders']);

    expect(codesOf(due)).toEqual(['DATAPLANE_RESTART_DUE']);
    expect(parse(await readFile(file, 'utf8')).networking.outbound).toMatchObject([
      { port: first },
    ]);
  });

  it('keeps ports that are in the file and not live yet, after a restart of the daemon too', async () => {
    mesh.sidecar({ mode: 'file', spec });
    await mesh.service('billing');
    await driver({ config: config() }).pass(['orders']);

    const daemon = driver({ config: config() });
    await daemon.pass(['billing', 'orders']);
    await daemon.pass(['billing', 'orders']);

    expect(parse(await readFile(file, 'utf8')).networking.outbound).toMatchObject([
      { port: first, backendRef: { name: 'orders' } },
      { port: first + 1, backendRef: { name: 'billing' } },
    ]);
  });

  it('loses what nothing needs, in the file alone', async () => {
    const outbound = [
      { port: first, backendRef: { kind: 'MeshService', name: 'orders', port: 8080 } },
    ];
    const full = { ...spec, networking: { ...spec.networking, outbound } };
    const resource = { type: 'Dataplane', mesh: 'default', name: 'kong-01', ...full };
    await writeFile(file, stringify(resource));
    const sidecar = mesh.sidecar({ mode: 'file', spec: full });
    await sidecar.whenSettled();
    const daemon = driver({ config: config() });

    const passed = await daemon.pass([]);
    const again = await daemon.pass([]);

    expect(passed.writes).toBe(1);
    expect(again.plan.contracting).toEqual([]);
    expect(parse(await readFile(file, 'utf8')).networking.outbound).toEqual([]);
    expect(portsOf()).toEqual([first]);
  });

  it('must be told which file', async () => {
    mesh.sidecar({ mode: 'file', spec });

    const passed = await driver({ config: { owner: 'file', outbounds: { ports } } }).pass([
      'orders',
    ]);

    expect(codesOf(passed)).toEqual(['DATAPLANE_FILE_UNSET']);
  });
});
