import { MeshdError } from '../../../../catalog/error';
import { meshService } from '../../../catalog/build';
import { codes, failure, looks, openScene } from '../support/scene';

describe('a pass with nothing new', () => {
  it('makes no call beyond looking', async () => {
    const scene = openScene({ dataplane: true });
    await scene.pass();
    // The Dataplane is seen with its new outbounds once.
    await scene.pass();
    scene.journal.length = 0;

    const reports = [await scene.pass(), await scene.pass()];

    expect(scene.journal).toEqual([...looks, ...looks]);
    expect(reports.map(({ outcome }) => outcome)).toEqual(['unchanged', 'unchanged']);
    expect(reports[0]?.kong).toMatchObject({ writes: 0, plan: { changes: [] } });
    expect(reports[0]?.services).toBe(2);
  });

  it('is worked through all the same where time alone will change the plan of the Dataplane', async () => {
    const scene = openScene({ dataplane: true });
    scene.dataplanePlan = { unsettled: true };
    await scene.pass();
    await scene.pass();
    const change = { dataplane: 'kong-01', op: 'remove-outbound', what: 'outbound' } as const;
    scene.dataplanePlan = { contracting: [change] };
    scene.journal.length = 0;

    const report = await scene.pass();

    const calls = ['snapshot.apply', 'kong.canonicalise', 'dataplane.contract'];
    expect(scene.journal).toEqual([...looks, ...calls]);
    expect(report.kong?.writes).toBe(0);
  });

  it('repeats the findings that last, and no others', async () => {
    const scene = openScene({ services: [meshService('payments')] });
    const { source } = scene.context;
    const outages = new MeshdError(failure('GONE')).toFailure();
    let stale = true;
    const context = {
      ...scene.context,
      source: {
        ...source,
        observe: async (signal: AbortSignal) => ({
          ...(await source.observe(signal)),
          ...(stale ? { stale: { sinceMs: 0, failure: outages } } : {}),
        }),
      },
    };
    Object.assign(scene, { context });

    const first = await scene.pass();
    stale = false;
    const second = await scene.pass();

    expect(codes(first)).toEqual(['OBSERVATION_STALE', 'LINK_UNKNOWN_SERVICE']);
    expect(second.outcome).toBe('unchanged');
    expect(codes(second)).toEqual(['LINK_UNKNOWN_SERVICE']);
  });

  it('asks the targets after a time whether they still hold it, and no more', async () => {
    const scene = openScene();
    await scene.pass();
    scene.journal.length = 0;

    scene.tick(9_999);
    await scene.pass();
    const early = [...scene.journal];
    scene.tick(1);
    const report = await scene.pass();

    expect(early).toEqual(looks);
    expect(scene.journal).toEqual([...looks, ...looks, 'kong.probe']);
    expect(report.outcome).toBe('unchanged');
  });

  it('mends Kong after somebody else changed it, when it is time to look', async () => {
    const scene = openScene();
    await scene.pass();
    const good = scene.kong.state;

    scene.kong.state = { ...good, entities: [] };
    const unnoticed = await scene.pass();
    scene.tick(10_000);
    const mended = await scene.pass();

    expect([unnoticed.outcome, mended.outcome]).toEqual(['unchanged', 'applied']);
    expect(scene.kong.state).toEqual(good);
  });

  it('mends at once what costs next to nothing to look at', async () => {
    const scene = openScene({ probesLightly: true });
    await scene.pass();
    const good = { kong: scene.kong.state, snapshot: scene.snapshot.held };

    scene.kong.state = { ...scene.kong.state, entities: [] };
    const first = await scene.pass();
    scene.snapshot.held = undefined;
    const second = await scene.pass();

    expect([first.outcome, second.outcome]).toEqual(['applied', 'applied']);
    expect({ kong: scene.kong.state, snapshot: scene.snapshot.held }).toEqual(good);
  });

  it('reads Kong again where asking failed: it may have restarted in between', async () => {
    const scene = openScene();
    await scene.pass();
    const good = scene.kong.state;

    scene.failing.set('kong.probe', 'before').set('kong.read', 'before');
    scene.tick(10_000);
    const down = await scene.pass();
    scene.failing.clear();
    scene.kong.state = { ...good, entities: [] };
    const back = await scene.pass();

    expect([down.outcome, back.outcome]).toEqual(['failed', 'applied']);
    expect(scene.kong.state).toEqual(good);
  });

  it('still notices drift while deletions are held back', async () => {
    const scene = openScene();
    await scene.pass();
    scene.kongText = "_format_version: '3.0'\n";
    await scene.pass();
    const { entities } = scene.kong.state;

    scene.kong.state = { ...scene.kong.state, entities: entities.slice(1) };
    scene.tick(10_000);
    scene.journal.length = 0;
    await scene.pass();

    expect(scene.journal).toContain('kong.read');
  });
});
