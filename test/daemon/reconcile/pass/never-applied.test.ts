import { sortEntities, type Entity } from '../../../../daemon/kong/model';
import { runPass } from '../../../../daemon/reconcile/pass';
import { codes, kongText, namesAtKong, never, openScene, type Scene } from '../support/scene';

describe('what was never applied', () => {
  const theirs: Entity = {
    type: 'services',
    key: 'theirs',
    id: '00000000-0000-4000-8000-000000000001',
    fields: { name: 'theirs', host: 'theirs.internal' },
    references: {},
    owner: 'user',
    secrets: [],
  };
  const beside = (scene: Scene, ...more: readonly Entity[]): void => {
    const { state } = scene.kong;
    scene.kong.state = { ...state, entities: sortEntities([...state.entities, ...more]) };
  };

  it('stays on first contact, in every later pass and after any time', async () => {
    const scene = openScene();
    beside(scene, theirs);

    const first = await scene.pass();
    for (let pass = 0; pass < 15; pass++) {
      scene.tick(600_000);
      await scene.pass();
    }
    scene.memory = {};
    const restarted = await scene.pass();

    expect([first.outcome, restarted.outcome]).toEqual(['held', 'held']);
    expect(codes(restarted)).toEqual(['DELETIONS_NEVER_APPLIED']);
    expect(first.kong?.held).toMatchObject([{ op: 'delete', previous: { key: 'theirs' } }]);
    expect(restarted.kong?.holds[0]?.id).toBe(first.kong?.holds[0]?.id);
    expect(namesAtKong(scene)).toEqual(expect.arrayContaining(['theirs', 'orders', 'crm']));
  });

  it('does not keep the outbounds of what was ours', async () => {
    const scene = openScene({ dataplane: true });
    beside(scene, theirs);
    await scene.pass();
    const before = scene.mesh.gateways[0]?.outbounds.length;
    scene.kongText = kongText.replace(/ {2}- name: payments\n(?: {4}.*\n)*/, '');

    const report = await scene.pass();

    expect(report.outcome).toBe('held');
    expect([before, scene.mesh.gateways[0]?.outbounds.length]).toEqual([2, 1]);
  });

  it('goes on the word of the user', async () => {
    const scene = openScene();
    beside(scene, theirs);
    await scene.pass();

    const confirmed = await scene.pass({ confirmDeletes: true });

    expect(confirmed.outcome).toBe('applied');
    expect(namesAtKong(scene)).not.toContain('theirs');
  });

  it('goes where the configuration says that everything else is to go', async () => {
    const scene = openScene();
    beside(scene, theirs);
    const { context } = scene;
    const settings = { ...context.settings, prune: 'all' as const };

    await runPass({ ...context, settings }, {}, { dryRun: false, confirmDeletes: false }, never);

    expect(namesAtKong(scene)).not.toContain('theirs');
  });

  it('is not what the files named once, also after a restart', async () => {
    const scene = openScene();
    await scene.pass();
    scene.memory = {};
    scene.kongText = kongText.replace(/ {2}- name: crm\n(?: {4}.*\n)*/, '');

    const report = await scene.pass();

    expect(report.outcome).toBe('applied');
    expect(namesAtKong(scene)).not.toContain('crm');
  });

  it('is everything where no record says otherwise', async () => {
    const scene = openScene({ without: ['applied'] });
    await scene.pass();
    scene.memory = {};
    scene.kongText = kongText.replace(/ {2}- name: crm\n(?: {4}.*\n)*/, '');

    const report = await scene.pass();

    expect(codes(report)).toEqual(['DELETIONS_NEVER_APPLIED']);
    expect(namesAtKong(scene)).toContain('crm');
  });

  it('becomes ours when the files name it, and may go when they do not any more', async () => {
    const scene = openScene();
    beside(scene, theirs);
    await scene.pass();
    scene.kongText = `${kongText}  - { name: theirs, host: theirs.internal, id: ${theirs.id} }\n`;
    const named = await scene.pass();
    scene.kongText = kongText;

    await scene.pass();

    expect(codes(named)).toEqual([]);
    expect(namesAtKong(scene)).not.toContain('theirs');
  });
});
