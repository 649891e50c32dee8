import { runPass } from '../../../../daemon/reconcile/pass';
import { sealObservation } from '../../../../daemon/sources/resources/assemble';
import { meshService } from '../../../catalog/build';
import { codes, failure, hostOf, never, openScene } from '../support/scene';

describe('a config-time service that goes missing', () => {
  it('keeps its last address, and follows when it is back elsewhere', async () => {
    const scene = openScene({
      services: [meshService('orders'), meshService('payments', { vips: ['241.0.0.2'] })],
    });
    const payments = (vip: string) => meshService('payments', { vips: [vip] });

    await scene.pass();
    const hosts = [hostOf(scene, 'payments')];
    scene.mesh = { ...scene.mesh, services: [meshService('orders')] };
    const missing = await scene.pass();
    hosts.push(hostOf(scene, 'payments'));
    scene.mesh = { ...scene.mesh, services: [meshService('orders'), payments('241.0.0.3')] };
    await scene.pass();
    hosts.push(hostOf(scene, 'payments'));

    expect(hosts).toEqual(['241.0.0.2:8080', '241.0.0.2:8080', '241.0.0.3:8080']);
    expect(missing.failures).toMatchObject([
      { code: 'LINK_UNKNOWN_SERVICE', entity: 'service payments' },
    ]);
  });

  it('keeps the outbound that it still leads to', async () => {
    const scene = openScene({ dataplane: true });
    await scene.pass();
    const [host, port] = hostOf(scene, 'payments')!.split(':');
    scene.mesh = { ...scene.mesh, services: [meshService('orders')] };

    await scene.pass();

    expect(scene.inUse).toContainEqual({ host, port: Number(port) });
  });

  it('points nowhere where it never had an address', async () => {
    const scene = openScene({ services: [meshService('orders')] });

    await scene.pass();

    expect(hostOf(scene, 'payments')).toMatch(/^payments\.mesh\.invalid:/);
  });
});

describe('what a pass remembers in the snapshot', () => {
  const pay = (zone: string, vip: string) =>
    meshService('payments', { zone, vips: [vip], hostnames: [] });
  const orders = meshService('orders');

  it('keeps a reference with its service over a restart, and refuses it when that one goes', async () => {
    const scene = openScene({ services: [orders, pay('a', '241.0.0.2')] });
    await scene.pass();
    scene.memory = {};
    scene.mesh = {
      ...scene.mesh,
      services: [orders, pay('a', '241.0.0.2'), pay('b', '241.0.0.3')],
    };
    const both = await scene.pass();
    const hosts = [hostOf(scene, 'payments')];
    scene.memory = {};
    scene.mesh = { ...scene.mesh, services: [orders, pay('b', '241.0.0.3')] };

    const gone = await scene.pass();

    expect(codes(both)).toEqual([]);
    expect([...hosts, hostOf(scene, 'payments')]).toEqual([
      '241.0.0.2:8080',
      expect.stringMatching(/^payments\.mesh\.invalid:/),
    ]);
    expect(codes(gone)).toEqual(['LINK_SERVICE_GONE']);
  });

  it('keeps it through a mistake that keeps the link out of the file', async () => {
    const scene = openScene({ services: [orders, pay('a', '241.0.0.2')] });
    const text = scene.kongText;
    await scene.pass();
    scene.kongText = text.replace('host: payments.internal', 'host: [1]');
    await scene.pass();
    scene.kongText = text;
    scene.mesh = {
      ...scene.mesh,
      services: [orders, pay('a', '241.0.0.2'), pay('b', '241.0.0.3')],
    };

    expect(codes(await scene.pass())).toEqual([]);
  });

  it('is not replaced by what an old state file says, and Kong is not led by it', async () => {
    const scene = openScene({ services: [orders, pay('a', '241.0.0.2')] });
    await scene.pass();
    const before = JSON.stringify([scene.snapshot.held, scene.kong.state]);
    const failed = failure('KUMA_UNREACHABLE');
    const old = sealObservation({
      mesh: 'default',
      services: [orders, pay('a', '241.0.0.9')],
      gateways: scene.mesh.gateways,
      failures: [],
    });
    const source = {
      name: 'stored',
      observe: () => Promise.resolve({ ...old, stale: { sinceMs: 0, failure: failed } }),
    };

    const context = { ...scene.context, source };
    const report = await runPass(context, {}, { dryRun: false, confirmDeletes: false }, never);

    expect(codes(report)).toContain('SNAPSHOT_NEWER');
    expect(JSON.stringify([scene.snapshot.held, scene.kong.state])).toBe(before);
  });
});
