import { createCatalog } from '../../../../catalog/catalog';
import { toSnapshot } from '../../../../catalog/snapshot';
import { dataplane, gateway, outboundTo } from '../../../catalog/build';
import { codes, hostOf, openScene, reads, type Call } from '../support/scene';

describe('the order of a pass', () => {
  it('is snapshot before Kong', async () => {
    const scene = openScene();

    const report = await scene.pass();

    expect(scene.journal).toEqual([
      ...reads,
      'snapshot.apply',
      'kong.canonicalise',
      'kong.read',
      'kong.apply',
    ]);
    expect(report).toMatchObject({
      outcome: 'applied',
      services: 2,
      kong: { target: 'kong-memory', writes: 1, plan: { summary: { deleting: 0 } } },
      snapshot: { file: '/snapshot.json', written: true },
      failures: [],
    });
  });

  it('is expand, switch, contract, and one pass is enough for all three', async () => {
    const scene = openScene({ dataplane: true });
    scene.mesh = {
      ...scene.mesh,
      gateways: [dataplane({ outbounds: [outboundTo('old', 30_900)] })],
    };

    const report = await scene.pass();

    expect(scene.journal).toEqual([
      ...reads,
      'kong.read',
      'dataplane.expand',
      'snapshot.apply',
      'kong.canonicalise',
      'kong.apply',
      'dataplane.contract',
    ]);
    expect(report.outcome).toBe('applied');
    expect(report.dataplane.expanded).toHaveLength(2);
    expect(hostOf(scene, 'payments')).toMatch(/^127\.0\.0\.1:3\d{4}$/);
    const ports = scene.mesh.gateways[0]?.outbounds.map(({ port }) => port);
    expect(ports).toHaveLength(2);
    expect(ports).not.toContain(30_900);
  });

  it('uses the address that an outbound gets in the same pass, in Kong and in the snapshot', async () => {
    const scene = openScene({ dataplane: true });

    await scene.pass();

    const outbounds = scene.mesh.gateways[0]?.outbounds ?? [];
    const { services } = scene.mesh;
    const catalog = createCatalog('default', services, gateway({ outbounds }));
    expect(scene.snapshot.held).toMatchObject(toSnapshot(catalog));
    const port = outbounds.find(
      ({ target }) => target.type === 'backendRef' && target.name === 'payments',
    )?.port;
    expect(hostOf(scene, 'payments')).toBe(`127.0.0.1:${String(port)}`);
  });

  it.each([
    ['Kong', ['kong'], ['snapshot.apply']],
    ['a snapshot', ['snapshot'], ['kong.read', 'kong.canonicalise', 'kong.apply']],
    ['either', ['kong', 'snapshot'], []],
  ] as const)('does without %s where none is configured', async (_, without, calls) => {
    const scene = openScene({ without });

    const report = await scene.pass();

    expect(scene.journal).toEqual([...reads, ...calls]);
    expect([report.kong === null, report.snapshot === null]).toEqual([
      without.some((target) => target === 'kong'),
      without.some((target) => target === 'snapshot'),
    ]);
  });
});

describe('a dry run', () => {
  it.each([
    ['with nothing there yet', false],
    ['with changes to show', true],
  ])('writes nothing anywhere, %s', async (_, applied) => {
    const scene = openScene({ dataplane: true });
    if (applied) await scene.pass();
    const before = JSON.stringify([scene.kong, scene.snapshot, scene.mesh]);
    scene.kongText += `  - { name: more, host: x, tags: ['mesh:orders'] }\n`;
    scene.journal.length = 0;
    scene.memory = {};

    const report = await scene.pass({ dryRun: true });

    expect(JSON.stringify([scene.kong, scene.snapshot, scene.mesh])).toBe(before);
    expect(scene.journal).toEqual([...reads, 'kong.read', 'kong.canonicalise']);
    const added = report.kong?.plan.changes.map((change) =>
      change.op === 'create' ? change.next.key : change.op,
    );
    expect(added).toContain('more');
    expect(report.dataplane.expanded).toHaveLength(applied ? 0 : 2);
  });
});

describe('an abort', () => {
  const calls: readonly Call[] = [
    'observe',
    'kong.read',
    'dataplane.expand',
    'snapshot.apply',
    'kong.canonicalise',
    'kong.apply',
    'dataplane.contract',
  ];

  it.each(calls)('at %s ends the pass there, and the next one completes it', async (at) => {
    const scene = openScene({ dataplane: true });
    const old = outboundTo('old', 30_900);
    scene.mesh = { ...scene.mesh, gateways: [dataplane({ outbounds: [old] })] };
    const controller = new AbortController();
    scene.onCall = (call) => {
      if (call === at) controller.abort(new Error('stopped by SIGTERM'));
    };

    const stopped = await scene.pass({}, controller.signal);
    const journal = [...scene.journal];
    scene.onCall = () => undefined;
    const next = await scene.pass();

    expect(stopped.outcome).toBe('failed');
    expect(codes(stopped)).toEqual(['PASS_INTERRUPTED']);
    expect(stopped.failures[0]?.message).toContain('stopped by SIGTERM');
    const before = calls.slice(0, calls.indexOf(at));
    expect(journal.filter((call) => call !== 'read files')).toEqual(before);
    expect(next.outcome).not.toBe('failed');
    expect(codes(next)).toEqual([]);
    expect(scene.mesh.gateways[0]?.outbounds.map(({ port }) => port)).not.toContain(30_900);
    const outbounds = scene.mesh.gateways[0]?.outbounds ?? [];
    const catalog = createCatalog('default', scene.mesh.services, gateway({ outbounds }));
    expect(scene.snapshot.held).toMatchObject(toSnapshot(catalog));
    expect(hostOf(scene, 'payments')).toMatch(/^127\.0\.0\.1:/);
  });
});
