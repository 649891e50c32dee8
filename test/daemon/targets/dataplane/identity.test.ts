import { createRename } from '../../../../daemon/targets/dataplane/rename';
import { Mesh } from '../../../sandbox/sidecar/harness';
import { codesOf, Driver, type DriverOptions } from './driver';

let mesh: Mesh;

beforeEach(async () => {
  mesh = await Mesh.start({ mtls: true });
});

afterEach(() => mesh.stop());

function driver(parts: Partial<DriverOptions> = {}): Driver {
  return new Driver({ url: mesh.controlPlane.url, service: 'kong', ...parts });
}

function allow(...names: readonly string[]): void {
  for (const name of names) {
    mesh.controlPlane.put({
      type: 'MeshTrafficPermission',
      mesh: 'default',
      name: `allow-${name}`,
      spec: {
        targetRef: { kind: 'Mesh' },
        from: [{ targetRef: { kind: 'MeshService', name }, default: { action: 'Allow' } }],
      },
    });
  }
}

const stored = () => mesh.controlPlane.get('Dataplane', 'kong-01') as any;
const tagOf = () => stored().networking.gateway.tags['kuma.io/service'];
const puts = () => mesh.controlPlane.requests.count('PUT');

describe('drift of kuma.io/service', () => {
  it('is repaired in one pass and counted', async () => {
    allow('kong');
    mesh.gateway([], 'edited');

    const { plan, writes, failures } = await driver().pass([]);
    const again = await driver().pass([]);

    expect(plan.expanding).toMatchObject([
      { op: 'set-service', before: 'edited', after: 'kong', dataplane: 'kong-01' },
    ]);
    expect(writes).toBe(1);
    expect(codesOf({ failures })).toEqual(['DATAPLANE_RENAMED']);
    expect(tagOf()).toBe('kong');
    expect(again.writes).toBe(0);
  });

  it('is repaired where no tag is set, without a word on permissions', async () => {
    mesh.controlPlane.put({
      type: 'Dataplane',
      mesh: 'default',
      name: 'kong-01',
      networking: { address: '127.0.0.5', gateway: {} },
    });

    const { failures } = await driver().pass([]);

    expect(failures).toEqual([]);
    expect(tagOf()).toBe('kong');
  });

  it('stays where no permission allows the name it should have', async () => {
    allow('edited');
    mesh.gateway([], 'edited');
    const before = puts();

    const { failures } = await driver().pass([]);

    expect(failures).toMatchObject([{ code: 'DATAPLANE_RENAME_DENIED', severity: 'error' }]);
    expect(failures[0]?.remedy).toContain('allow-edited');
    expect(puts()).toBe(before);
  });

  it('is repaired where the permissions may not be read: nothing is proven', async () => {
    allow('edited');
    mesh.gateway([], 'edited');
    const path = '/meshes/default/meshtrafficpermissions';
    mesh.controlPlane.faults.next({ path, status: 403, times: Infinity });

    await driver().pass([]);

    expect(tagOf()).toBe('kong');
  });

  it('is only reported with align: observe', async () => {
    mesh.gateway([], 'edited');

    const { failures, writes } = await driver({ config: { align: 'observe' } }).pass([]);

    expect(codesOf({ failures })).toEqual(['DATAPLANE_SERVICE_DIFFERS']);
    expect(writes).toBe(0);
    expect(tagOf()).toBe('edited');
  });
});

describe.each(['3.x', '3.0'] as const)('a gateway under a control plane of %s', (flavour) => {
  beforeEach(async () => {
    await mesh.stop();
    mesh = await Mesh.start({ flavour, mtls: true });
  });

  const plain = (labels: Record<string, string>): void => {
    const networking = { address: '127.0.0.5' };
    mesh.controlPlane.put({
      type: 'Dataplane',
      mesh: 'default',
      name: 'kong-01',
      labels,
      networking,
    });
  };

  it('is not given a kuma.io/service', async () => {
    plain({ 'kuma.io/workload': 'kong' });

    const { failures } = await driver().pass([]);

    expect(failures).toEqual([]);
    expect(puts()).toBe(0);
  });

  it('gets the workload of the configuration, and keeps its other labels', async () => {
    plain({ app: 'edge' });
    const daemon = driver({ config: { workload: 'kong' } });

    const { failures } = await daemon.pass([]);
    const again = await daemon.pass([]);

    expect(failures).toEqual([]);
    expect(stored().labels).toMatchObject({ 'kuma.io/workload': 'kong', app: 'edge' });
    expect(again.writes).toBe(0);
  });

  it('without a workload anywhere is a finding', async () => {
    plain({});

    const { failures } = await driver().pass([]);

    expect(failures).toMatchObject([{ code: 'DATAPLANE_NO_WORKLOAD' }]);
  });

  it('is created without a gateway block, and with an identity', async () => {
    const create = { address: '127.0.0.5' };

    const { failures } = await driver({ config: { create } }).pass([]);

    expect(failures).toEqual([]);
    expect(stored().networking).toEqual({ address: '127.0.0.5', outbound: [] });
    expect(stored().labels['kuma.io/workload']).toBe('kong');
  });

  it.each([
    ['its workload', { config: { workload: 'kong' } }],
    ['its labels', { options: { labels: { app: 'edge' } } }],
  ])('is found by %s', async (_, how) => {
    plain({ 'kuma.io/workload': 'kong', app: 'edge' });
    const backend = { 'kuma.io/workload': 'kong', app: 'edge' };
    const networking = { address: '127.0.0.6', inbound: [{ port: 8080 }] };
    const other = {
      type: 'Dataplane',
      mesh: 'default',
      name: 'other',
      labels: backend,
      networking,
    };
    mesh.controlPlane.put(other);

    const { gateways } = await driver({ dataplane: null, ...how }).observe();

    expect(gateways.map(({ name }) => name)).toEqual(['kong-01']);
  });
});

describe('a change of the workload', () => {
  const trust = 'spiffe://default.zone-a.mesh.local/workload';
  const signal = AbortSignal.timeout(10_000);

  beforeEach(async () => {
    await mesh.stop();
    mesh = await Mesh.start({ flavour: '3.0', mtls: true });
    const labels = { 'kuma.io/workload': 'kong', app: 'edge' };
    const networking = { address: '127.0.0.5' };
    const head = { type: 'Dataplane', mesh: 'default', name: 'kong-01' };
    mesh.controlPlane.put({ ...head, labels, networking });
  });

  function permit(...workloads: readonly string[]): void {
    const allow = workloads.map((one) => ({
      spiffeID: { type: 'Exact', value: `${trust}/${one}` },
    }));
    mesh.controlPlane.put({
      type: 'MeshTrafficPermission',
      mesh: 'default',
      name: 'by-id',
      spec: { targetRef: { kind: 'Mesh' }, rules: [{ default: { allow } }] },
    });
  }

  const labelsOf = () => stored().labels;
  const daemon = () => driver({ config: { workload: 'edge' } });
  function change(options: object = { workload: 'edge' }) {
    const controlPlane = {
      url: mesh.controlPlane.url,
      timeoutMs: 5_000,
      insecureSkipVerify: false,
    };
    return createRename({ controlPlane, mesh: 'default', dataplanes: ['kong-01'], ...options });
  }

  it('waits while nothing allows the new SPIFFE ID', async () => {
    permit('kong');

    const { failures, writes } = await daemon().pass([]);

    expect(failures).toMatchObject([{ code: 'DATAPLANE_WORKLOAD_DENIED', severity: 'error' }]);
    expect(failures[0]?.remedy).toContain(`Allow ${trust}/edge beside ${trust}/kong first`);
    expect(writes).toBe(0);
    expect(labelsOf()).toMatchObject({ 'kuma.io/workload': 'kong' });
  });

  it('is made once both are allowed, and names the token and the certificate', async () => {
    permit('kong', 'edge');

    const { failures } = await daemon().pass([]);
    const again = await daemon().pass([]);

    expect(codesOf({ failures })).toEqual(['DATAPLANE_WORKLOAD_CHANGED']);
    expect(failures[0]?.remedy).toContain('a token for name kong-01 and workload edge');
    expect(labelsOf()).toMatchObject({ 'kuma.io/workload': 'edge', app: 'edge' });
    expect(again.writes).toBe(0);
  });

  it('is made where permissions allow the whole trust domain', async () => {
    mesh.controlPlane.put({
      type: 'MeshTrafficPermission',
      mesh: 'default',
      name: 'by-prefix',
      spec: { rules: [{ default: { allow: [{ spiffeID: { type: 'Prefix', value: trust } }] } }] },
    });

    await daemon().pass([]);

    expect(labelsOf()).toMatchObject({ 'kuma.io/workload': 'edge' });
  });

  it('goes by stages: permission, token, label, certificate', async () => {
    permit('kong');
    const blocked = await change().apply(signal);
    permit('kong', 'edge');
    const { plans, writes, failures } = await change().apply(signal);
    const [after] = await change().plan(signal);

    expect(blocked).toMatchObject({
      plans: [{ key: 'kuma.io/workload', from: 'kong', to: 'edge', ready: false }],
      writes: 0,
      failures: [{ code: 'DATAPLANE_RENAME_BLOCKED' }],
    });
    expect(failures).toEqual([]);
    expect(writes).toBe(1);
    expect(plans[0]?.stages.map(({ stage, status }) => [stage, status])).toEqual([
      ['permission', 'done'],
      ['token', 'check'],
      ['label', 'due'],
      ['certificate', 'check'],
    ]);
    expect(JSON.stringify(plans)).toContain(`Destinations see ${trust}/kong until`);
    expect(after?.stages.find(({ stage }) => stage === 'label')).toMatchObject({ status: 'done' });
  });

  it('leaves the tag of a gateway without one alone', async () => {
    permit('kong', 'edge');

    const { plans } = await change({ service: 'edge', workload: 'edge' }).apply(signal);

    expect(plans.map(({ key }) => key)).toEqual(['kuma.io/workload']);
  });
});

it('changes tag and workload of a gateway of 2.14, whose identity is the tag', async () => {
  allow('kong', 'edge');
  mesh.gateway([]);
  const controlPlane = { url: mesh.controlPlane.url, timeoutMs: 5_000, insecureSkipVerify: false };
  const wanted = { dataplanes: ['kong-01'], service: 'edge', workload: 'edge' };

  const { plans, writes, failures } = await createRename({
    ...{ controlPlane, mesh: 'default' },
    ...wanted,
  }).apply(AbortSignal.timeout(10_000));

  expect(failures).toEqual([]);
  expect(writes).toBe(2);
  expect(plans.map(({ key }) => key)).toEqual(['kuma.io/service', 'kuma.io/workload']);
  expect(plans[1]?.stages[0]?.what).toContain('no identity yet');
  expect(tagOf()).toBe('edge');
  expect(stored().labels).toMatchObject({ 'kuma.io/workload': 'edge' });
});

it('drops an empty gateway block, with which 3.x takes no second write', async () => {
  await mesh.stop();
  mesh = await Mesh.start({ flavour: '3.x' });
  const networking = { address: '127.0.0.5', gateway: {} };
  mesh.controlPlane.put({ type: 'Dataplane', mesh: 'default', name: 'kong-01', networking });

  const { failures } = await driver({ config: { workload: 'kong' } }).pass([]);

  expect(failures).toEqual([]);
  expect(stored().networking.gateway).toBeUndefined();
});

it('has no tag to rename on a gateway in the form of 3.x', async () => {
  await mesh.stop();
  mesh = await Mesh.start({ flavour: '3.0' });
  const networking = { address: '127.0.0.5' };
  mesh.controlPlane.put({ type: 'Dataplane', mesh: 'default', name: 'kong-01', networking });
  const controlPlane = {
    url: mesh.controlPlane.url,
    timeoutMs: 5_000,
    insecureSkipVerify: false,
  };
  const options = { controlPlane, mesh: 'default', dataplanes: ['kong-01'], service: 'edge' };

  const renaming = createRename(options).apply(AbortSignal.timeout(10_000));

  await expect(renaming).rejects.toMatchObject({ code: 'DATAPLANE_RENAME_PLAIN' });
  expect(puts()).toBe(0);
});

it('puts no tag back on a gateway of 2.14 that was given the form of 3.x', async () => {
  const networking = { address: '127.0.0.5' };
  mesh.controlPlane.put({ type: 'Dataplane', mesh: 'default', name: 'kong-01', networking });

  const { failures } = await driver().pass([]);

  expect(failures).toEqual([]);
  expect(stored().networking).toEqual(networking);
});

describe('a staged rename', () => {
  const signal = AbortSignal.timeout(10_000);

  function rename(service = 'edge') {
    const controlPlane = {
      url: mesh.controlPlane.url,
      timeoutMs: 5_000,
      insecureSkipVerify: false,
    };
    return createRename({ controlPlane, mesh: 'default', dataplanes: ['kong-01'], service });
  }

  it('changes nothing while a permission would deny the new name', async () => {
    allow('kong');
    mesh.gateway([]);

    const { plans, writes, failures } = await rename().apply(signal);

    expect(plans).toMatchObject([{ from: 'kong', to: 'edge', ready: false }]);
    expect(writes).toBe(0);
    expect(failures).toMatchObject([
      {
        code: 'DATAPLANE_RENAME_BLOCKED',
        remedy: 'Allow both names in allow-kong until the rename is over.',
      },
    ]);
    expect(tagOf()).toBe('kong');
  });

  it('changes the tag once both names are allowed, and says what is left', async () => {
    allow('kong', 'edge');
    mesh.gateway([]);

    const { plans, writes, failures } = await rename().apply(signal);
    const [after] = await rename().plan(signal);

    expect(failures).toEqual([]);
    expect(writes).toBe(1);
    expect(plans[0]?.stages.map(({ stage, status }) => [stage, status])).toEqual([
      ['permission', 'done'],
      ['token', 'check'],
      ['tag', 'due'],
      ['connections', 'check'],
    ]);
    expect(tagOf()).toBe('edge');
    expect(after?.stages.find(({ stage }) => stage === 'tag')).toMatchObject({ status: 'done' });
  });

  it.each([
    ['an invalid name', 'not valid', 'DATAPLANE_TAG_INVALID'],
    ['a missing Dataplane', 'edge', 'DATAPLANE_MISSING'],
  ])('of %s is an error', async (_name, service, code) => {
    await expect(rename(service).plan(signal)).rejects.toMatchObject({ code });
  });
});
