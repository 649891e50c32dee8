/** Targets of an upstream that are linked to mesh services, through every way to Kong. */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import type { MeshService } from '../../../catalog/service';
import { parseKongConfig } from '../../../daemon/kong/parse';
import { runPass } from '../../../daemon/reconcile/pass';
import { createDblessTarget } from '../../../daemon/targets/kong-dbless/dbless-target';
import { createFileTarget } from '../../../daemon/targets/kong-file/file-target';
import type { KongTarget } from '../../../daemon/targets/target';
import { startAdmin } from '../../../sandbox/gateway/admin/start-admin';
import { meshService, vipOf } from '../../catalog/build';
import { startKong } from '../targets/kong-admin/start-kong';
import { codes, never, openScene, type Scene } from './support/scene';

const kongText = `_format_version: '3.0'
upstreams:
  - name: canary
    targets:
      - { target: 'stable:80', weight: 90, tags: ['mesh:orders', team-a] }
      - { target: 'new:80', weight: 10, tags: ['mesh:orders-v2'] }
services:
  - { name: shop, host: canary, routes: [{ name: shop, paths: [/shop] }] }
`;
const orders = meshService('orders');
const v2 = meshService('orders-v2');
const stable = `${vipOf('orders')}:8080`;
const canary = `${vipOf('orders-v2')}:8080`;

interface Place {
  readonly kong: KongTarget;
  /** Address → weight, as Kong or the file has them. */
  weights(): Promise<Readonly<Record<string, number>>>;
  stop(): Promise<unknown>;
}

const places: Readonly<Record<string, () => Promise<Place>>> = {
  'a Kong with a database': async () => {
    const kong = await startKong();
    return {
      kong: kong.target(),
      weights: async () =>
        weightsOf((await kong.call('GET', '/upstreams/canary/targets/all')).data),
      stop: () => kong.stop(),
    };
  },
  'a DB-less Kong': async () => {
    const admin = await startAdmin({ mode: 'dbless' });
    const kong = createDblessTarget({ url: admin.url, settleMs: 100 });
    return {
      kong,
      weights: async () => {
        const response = await fetch(`${admin.url}/upstreams/canary/targets/all`);
        return weightsOf(((await response.json()) as { data: RawTarget[] }).data);
      },
      stop: () => admin.stop(),
    };
  },
  'a file': async () => {
    const folder = await mkdtemp(join(tmpdir(), 'target-links-'));
    const path = join(folder, 'out.yml');
    return {
      kong: createFileTarget({ path, env: {} }),
      weights: async () => {
        const files = [{ path, text: await readFile(path, 'utf8') }];
        const { state } = parseKongConfig(files, { env: {} });
        return weightsOf(
          state.entities
            .filter(({ type }) => type === 'targets')
            .map(({ fields }) => fields as never),
        );
      },
      stop: () => rm(folder, { recursive: true, force: true }),
    };
  },
};

interface RawTarget {
  readonly target: string;
  readonly weight?: number;
}

function weightsOf(targets: readonly RawTarget[]): Record<string, number> {
  return Object.fromEntries(targets.map(({ target, weight = 100 }) => [target, weight]));
}

describe.each(Object.keys(places))('targets that are linked, on %s', (name) => {
  let place: Place;
  let scene: Scene;
  beforeEach(async () => {
    place = await places[name]!();
    scene = openScene({ kongText, services: [orders, v2] });
  });
  afterEach(() => place.stop());

  const pass = () =>
    runPass(
      { ...scene.context, kong: place.kong },
      scene.memory,
      { dryRun: false, confirmDeletes: false },
      never,
    );
  const meshIs = (...services: readonly MeshService[]) => {
    scene.mesh = { ...scene.mesh, services };
  };

  it('get the addresses of the mesh and keep their weights, and nothing is left to do', async () => {
    const first = await pass();
    const second = await pass();

    expect(codes(first)).toEqual([]);
    expect(await place.weights()).toEqual({ [stable]: 90, [canary]: 10 });
    expect(second.kong?.writes).toBe(0);
  });

  it('follow a mesh service that moves, by an update', async () => {
    await pass();
    meshIs(orders, meshService('orders-v2', { vips: ['241.9.9.9'] }));

    const report = await pass();

    expect(await place.weights()).toEqual({ [stable]: 90, '241.9.9.9:8080': 10 });
    expect(report.kong?.plan.summary).toEqual({ creating: 0, updating: 1, deleting: 0 });
    expect((await pass()).kong?.writes).toBe(0);
  });

  it.each<[string, readonly MeshService[], RegExp, string]>([
    ['is gone', [orders], /^orders-v2-[0-9a-f]{8}\.mesh\.invalid:80$/, 'LINK_UNKNOWN_SERVICE'],
    [
      'has no healthy endpoint',
      [orders, meshService('orders-v2', { availability: 'unavailable' })],
      new RegExp(`^${canary}$`),
      'LINK_TARGET_DOWN',
    ],
  ])('have weight 0 while the service %s, and theirs again after', async (_, mesh, at, code) => {
    await pass();
    meshIs(...mesh);
    const without = await pass();
    const during = Object.entries(await place.weights()).filter(([target]) => target !== stable);
    meshIs(orders, v2);
    const back = await pass();

    expect(codes(without)).toEqual([code]);
    expect(during).toEqual([[expect.stringMatching(at), 0]]);
    expect(codes(back)).toEqual([]);
    expect(await place.weights()).toEqual({ [stable]: 90, [canary]: 10 });
  });
});

it('takes over a target that decK has written with an id of its own', async () => {
  const kong = await startKong();
  const scene = openScene({ kongText, services: [orders, v2] });
  const tags = ['kong-meshd'];
  const { id: upstream } = await kong.call('POST', '/upstreams', { name: 'canary', tags });
  const path = `/upstreams/${upstream}/targets`;
  const written = await kong.call('POST', path, { target: 'stable:80', weight: 90, tags });
  const request = { dryRun: false, confirmDeletes: false };
  const context = { ...scene.context, kong: kong.target() };

  const report = await runPass(context, scene.memory, request, never);

  const { data } = await kong.call('GET', `${path}/all`);
  await kong.stop();
  expect(codes(report)).toEqual([]);
  expect(data).toHaveLength(2);
  expect(data).toContainEqual(expect.objectContaining({ id: written.id, target: stable }));
});

describe('targets and the outbounds that they lead to', () => {
  const targetsOf = (scene: Scene) =>
    scene.kong.state.entities
      .filter(({ type }) => type === 'targets')
      .map(({ fields: { target, weight } }) => [target, weight]);

  it('are switched to an outbound after it is there, and keep it from others', async () => {
    const scene = openScene({ kongText, services: [orders, v2], dataplane: true });
    await scene.pass();
    const order = scene.journal.filter((call) => /expand|apply/.test(call));
    await scene.pass();

    expect(order.indexOf('dataplane.expand')).toBeLessThan(order.indexOf('kong.apply'));
    expect(targetsOf(scene)).toEqual([
      ['127.0.0.1:30000', 10],
      ['127.0.0.1:30001', 90],
    ]);
    expect(scene.inUse).toEqual(
      expect.arrayContaining([
        { host: '127.0.0.1', port: 30_000 },
        { host: '127.0.0.1', port: 30_001 },
      ]),
    );
  });

  it('are closed until the sidecar listens', async () => {
    const scene = openScene({ kongText, services: [orders, v2], dataplane: true });
    scene.silent.add('orders-v2');

    const report = await scene.pass();

    expect(codes(report)).toContain('LINK_NO_ADDRESS');
    expect(targetsOf(scene)).toEqual([
      [expect.stringMatching(/\.mesh\.invalid:80$/), 0],
      ['127.0.0.1:30001', 90],
    ]);
  });
});

it('closes a target that stays although the mesh gave its address to another service', async () => {
  const scene = openScene({ kongText, services: [orders, v2] });
  await scene.pass();
  scene.kongText = "_format_version: '3.0'\nservices:\n  - { name: new, host: new.internal }\n";
  const held = await scene.pass();
  scene.mesh = { ...scene.mesh, services: [orders, meshService('users', { vips: v2.vips })] };

  const given = await scene.pass();
  const again = await scene.pass();

  const kept = scene.kong.state.entities.filter(({ type }) => type === 'targets');
  expect(codes(held)).toEqual(['DELETIONS_HELD_BACK']);
  expect(codes(given)).toContain('KEPT_SERVICE_CLOSED');
  expect(kept.map(({ fields: { target, weight } }) => [target, weight])).toEqual([
    [expect.stringMatching(/\.mesh\.invalid:80$/), 0],
    [stable, 90],
  ]);
  expect(again.kong?.writes).toBe(0);
});
