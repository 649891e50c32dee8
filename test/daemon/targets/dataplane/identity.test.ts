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
