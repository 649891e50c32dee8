import { meshService, outboundTo } from '../../../catalog/build';
import { codes, failure, hostOf, kongText, openScene, reads } from '../support/scene';

describe('a phase that fails', () => {
  it.each([
    ['reports an error', 'reported'],
    ['rejects', 'rejected'],
  ])('keeps Kong and the snapshot as they are where expand %s, and tries again', async (_, how) => {
    const scene = openScene({ dataplane: true });
    await scene.pass();
    const before = { kong: scene.kong.state, snapshot: scene.snapshot.held };
    scene.mesh = { ...scene.mesh, services: [...scene.mesh.services, meshService('more')] };
    scene.kongText += `  - { name: more, host: x, tags: ['mesh:more'] }\n`;
    if (how === 'rejected') scene.failing.set('dataplane.expand', 'before');
    else scene.expandFailures = [failure('NOT_LISTENING')];

    const failed = await scene.pass();
    const again = await scene.pass();
    const during = { kong: scene.kong.state, snapshot: scene.snapshot.held };
    scene.failing.clear();
    scene.expandFailures = [];
    const mended = await scene.pass();

    expect([failed, again, mended].map(({ outcome }) => outcome)).toEqual([
      'failed',
      'failed',
      'applied',
    ]);
    expect(codes(failed)).toEqual([how === 'rejected' ? 'OUTAGE' : 'NOT_LISTENING']);
    expect(during).toEqual(before);
    expect(hostOf(scene, 'more')).toMatch(/^127\.0\.0\.1:/);
    expect(codes(mended)).toEqual([]);
  });

  it('runs expand where nothing is added but a listener is still waited for', async () => {
    const scene = openScene({ dataplane: true });
    await scene.pass();
    scene.memory = {};
    scene.dataplanePlan = { awaiting: true };
    scene.journal.length = 0;

    await scene.pass();

    expect(scene.journal.slice(0, 5)).toEqual([
      ...reads,
      'kong.read',
      'dataplane.expand',
      'snapshot.apply',
    ]);
  });

  it('goes on where expand only warns', async () => {
    const scene = openScene({ dataplane: true });
    scene.expandFailures = [failure('SLOW', undefined, 'warning')];

    const report = await scene.pass();

    expect(codes(report)).toContain('SLOW');
    expect(scene.journal).toContain('kong.apply');
  });

  it('goes on without a listener that expand waited for in vain: all others are switched', async () => {
    const scene = openScene({ dataplane: true });
    scene.silent.add('orders');

    const late = await scene.pass();
    const journal = [...scene.journal];
    const outbounds = scene.mesh.gateways[0]?.outbounds ?? [];
    const next = await scene.pass();

    expect(codes(late)).toEqual(expect.arrayContaining(['LISTENER_LATE', 'LINK_NO_ADDRESS']));
    expect(late.outcome).toBe('applied');
    expect(journal.filter((call) => call === 'dataplane.expand')).toHaveLength(1);
    expect(hostOf(scene, 'payments')).toMatch(/^127\.0\.0\.1:/);
    expect(outbounds).toHaveLength(2);
    expect(JSON.stringify(scene.snapshot.held?.services)).toContain('payments');
    expect(codes(next)).not.toContain('LISTENER_LATE');
  });

  it('is not even begun where the plan of the Dataplane has an error', async () => {
    const scene = openScene({ dataplane: true });
    scene.dataplaneFailures = [failure('PORTS_EXHAUSTED')];

    const blocked = await scene.pass();
    const journal = [...scene.journal];
    scene.dataplaneFailures = [];
    const mended = await scene.pass();

    expect(blocked.outcome).toBe('failed');
    expect(codes(blocked)).toContain('PORTS_EXHAUSTED');
    expect(journal).toEqual([...reads, 'kong.read']);
    expect(mended.outcome).toBe('applied');
  });

  it.each([
    [
      'Kong fails',
      (scene: ReturnType<typeof openScene>) => scene.failing.set('kong.apply', 'before'),
    ],
    [
      'Kong refuses an entity',
      (scene: ReturnType<typeof openScene>) => scene.kong.refused.add('route crm'),
    ],
    [
      'deletions are held back',
      (scene: ReturnType<typeof openScene>) => void (scene.kongText = "_format_version: '3.0'\n"),
    ],
  ])('takes nothing away from the mesh side where %s', async (_, spoil) => {
    const scene = openScene({ dataplane: true });
    await scene.pass();
    const [was] = scene.mesh.gateways;
    scene.mesh = {
      ...scene.mesh,
      gateways: [{ ...was!, outbounds: [...was!.outbounds, outboundTo('old', 30_900)] }],
    };
    scene.kongText = scene.kongText.replace('/payments', '/pay');
    scene.journal.length = 0;
    spoil(scene);

    await scene.pass();

    expect(scene.journal).not.toContain('dataplane.contract');
  });

  it('reports a source that fails, and touches nothing', async () => {
    const scene = openScene();
    scene.failing.set('observe', 'before');

    const report = await scene.pass();

    expect(report).toMatchObject({ outcome: 'failed', services: 0, kong: null, snapshot: null });
    expect(codes(report)).toEqual(['OUTAGE']);
    expect(scene.journal.filter((call) => !reads.includes(call))).toEqual([]);
  });

  it('is forgotten once it is over', async () => {
    const scene = openScene();
    await scene.pass();

    const outcomes: string[] = [];
    for (const call of ['observe', 'read files'] as const) {
      scene.failing.set(call, 'before');
      const during = await scene.pass();
      scene.failing.clear();
      const after = await scene.pass();
      outcomes.push(`${call}: ${codes(during).join()} → ${codes(after).join()}`);
    }

    expect(outcomes).toEqual(['observe: OUTAGE → ', 'read files: OUTAGE → ']);
  });

  it('names a defect as one, without its stack', async () => {
    const scene = openScene();
    scene.onCall = (call) => {
      if (call === 'kong.canonicalise') throw new TypeError('x is not a function');
    };

    const report = await scene.pass();

    expect(report.failures).toMatchObject([
      { code: 'PASS_FAILED', message: expect.not.stringContaining('\n') as string },
    ]);
  });
});

describe('what Kong took, where its answer is lost', () => {
  it('is read before the next plan', async () => {
    const scene = openScene();
    await scene.pass();
    const first = scene.kong.state;
    scene.failing.set('kong.apply', 'lost');
    scene.kongText = kongText.replace('/crm', '/sales');
    const lost = await scene.pass();

    scene.failing.clear();
    scene.kongText = kongText;
    const back = await scene.pass();

    expect([lost.outcome, back.outcome]).toEqual(['failed', 'applied']);
    expect(scene.kong.state).toEqual(first);
  });
});
