import { meshService } from '../../../catalog/build';
import { codes, hostOf, kongText, labelsOf, openScene } from '../support/scene';

describe('files that are still changing', () => {
  const half = kongText.slice(0, kongText.indexOf('  - name: crm'));
  const grown = `${half}  - name: new\n    host: new.internal\n    routes: [{ name: new, paths: [/new] }]\n`;

  it('keeps all of the last configuration until they have stood unchanged, then believes them', async () => {
    const scene = openScene();
    await scene.pass();
    const full = scene.kong.state;
    scene.kongText = grown;
    scene.settlesInMs = 5000;

    const first = await scene.pass();
    scene.settlesInMs = 1;
    const second = await scene.pass();
    // The very same finding, so that it is said once.
    expect(codes(first)).toEqual(['FILES_STILL_CHANGING']);
    expect(second.failures).toEqual(first.failures);
    expect(scene.kong.state).toEqual(full);

    scene.settlesInMs = 0;
    const third = await scene.pass();
    expect(codes(third)).toEqual([]);
    expect(labelsOf(scene)).toContain('service new');
    expect(labelsOf(scene)).not.toContain('service crm');
  });

  it('goes on with the mesh meanwhile', async () => {
    const scene = openScene();
    await scene.pass();
    scene.kongText = grown;
    scene.settlesInMs = 5000;
    scene.mesh = {
      ...scene.mesh,
      services: [meshService('orders'), meshService('payments', { vips: ['241.0.0.9'] })],
    };

    await scene.pass();

    expect(hostOf(scene, 'payments')).toBe('241.0.0.9:8080');
    expect(labelsOf(scene)).toContain('service crm');
  });

  it.each([
    ['a new route', half, kongText],
    ['another value', kongText, kongText.replace('crm.internal', 'crm.int')],
  ])('waits with %s, whose plugins or other half may follow', async (_, before, after) => {
    const scene = openScene({ kongText: before });
    await scene.pass();
    const known = scene.kong.state;
    scene.kongText = after;
    scene.settlesInMs = 5000;

    expect(codes(await scene.pass())).toEqual(['FILES_STILL_CHANGING']);
    expect(scene.kong.state).toEqual(known);

    scene.settlesInMs = 0;
    expect(codes(await scene.pass())).toEqual([]);
    expect(scene.kong.state).not.toEqual(known);
  });

  it('goes on at once where nothing is lost and the writer has finished', async () => {
    const scene = openScene({ kongText: half });
    await scene.pass();
    scene.kongText = kongText;
    scene.settlesInMs = 5000;
    scene.mayGrow = false;

    expect(codes(await scene.pass())).toEqual([]);
    expect(labelsOf(scene)).toContain('service crm');
  });

  it('goes on at once where they say the same as before', async () => {
    const scene = openScene();
    await scene.pass();
    scene.kongText = `# a comment\n${kongText}`;
    scene.settlesInMs = 5000;

    expect(codes(await scene.pass())).toEqual([]);
  });

  it('makes nothing on the first pass of a process, and does not take it for the last good ones', async () => {
    const scene = openScene({ kongText: half });
    scene.settlesInMs = 5000;
    const first = await scene.pass();
    expect([first.outcome, codes(first)]).toEqual(['held', ['CHANGES_WAIT_FOR_FILE']]);
    expect(labelsOf(scene)).toEqual([]);

    scene.kongText = kongText;
    scene.settlesInMs = 0;
    expect(codes(await scene.pass())).toEqual([]);
    expect(labelsOf(scene)).toContain('service crm');
  });

  it('changes nothing on the first pass of a process where Kong has what they lack', async () => {
    const scene = openScene();
    await scene.pass();
    const full = scene.kong.state;
    scene.memory = {};
    scene.kongText = grown;
    scene.settlesInMs = 5000;

    const first = await scene.pass();
    expect(first.outcome).toBe('held');
    expect(codes(first)).toEqual(['CHANGES_WAIT_FOR_FILE']);
    expect(scene.kong.state).toEqual(full);

    // The rest of the file arrives and stands: nothing was lost, and nothing waits any more.
    scene.kongText = kongText + grown.slice(half.length);
    scene.settlesInMs = 0;
    expect(codes(await scene.pass())).toEqual([]);
    expect(labelsOf(scene)).toEqual(expect.arrayContaining(['service crm', 'service new']));
  });

  it('deletes nothing because of a version that never came to rest', async () => {
    const scene = openScene();
    await scene.pass();
    scene.memory = {};
    scene.kongText = half;
    scene.settlesInMs = 5000;
    scene.mayGrow = false;
    await scene.pass();

    scene.kongText = grown;
    scene.mayGrow = true;
    await scene.pass();

    expect(labelsOf(scene)).toContain('service crm');
  });

  it('shows in a dry run what will be deleted', async () => {
    const scene = openScene();
    await scene.pass();
    scene.memory = {};
    scene.kongText = half;
    scene.settlesInMs = 5000;

    const report = await scene.pass({ dryRun: true });

    expect(report.kong?.plan.summary.deleting).toBe(2);
  });
});
