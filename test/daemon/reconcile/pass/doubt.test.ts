import { meshService } from '../../../catalog/build';
import { codes, hostOf, kongText, namesAtKong, openScene, type Scene } from '../support/scene';

describe('doubt', () => {
  it('holds back most deletions, reports them, and lets them through once confirmed', async () => {
    const scene = openScene();
    await scene.pass();
    const full = scene.kong.state;
    scene.kongText = "_format_version: '3.0'\nservices:\n  - { name: new, host: new.internal }\n";

    const held = await scene.pass();
    const during = scene.kong.state.entities;
    const confirmed = await scene.pass({ confirmDeletes: true });

    expect(held.outcome).toBe('held');
    expect(codes(held)).toEqual(['DELETIONS_HELD_BACK']);
    expect(during).toEqual(expect.arrayContaining([...full.entities]));
    expect(during.map(({ key }) => key)).toContain('new');
    expect(confirmed.outcome).toBe('applied');
    expect(scene.kong.state.entities.map(({ key }) => key)).toEqual(['new']);
  });

  describe('about a service whose address the mesh gives away meanwhile', () => {
    const payments = meshService('payments', { vips: ['241.0.0.2'] });
    const file = "_format_version: '3.0'\nservices:\n  - { name: new, host: new.internal }\n";

    it('keeps it from leading to another one', async () => {
      const scene = openScene({ services: [meshService('orders'), payments] });
      await scene.pass();
      const before = hostOf(scene, 'payments');
      scene.kongText = file;
      const held = await scene.pass();
      const meanwhile = hostOf(scene, 'payments');
      const users = meshService('users', { vips: ['241.0.0.2'] });
      scene.mesh = { ...scene.mesh, services: [meshService('orders'), users] };

      const given = await scene.pass();
      const again = await scene.pass();

      expect([before, meanwhile]).toEqual(['241.0.0.2:8080', '241.0.0.2:8080']);
      expect(codes(held)).toEqual(['DELETIONS_HELD_BACK']);
      expect(given.failures).toContainEqual(
        expect.objectContaining({
          code: 'KEPT_SERVICE_CLOSED',
          entity: 'service payments',
          message: expect.stringContaining('241.0.0.2:8080 to users') as string,
        }),
      );
      expect(hostOf(scene, 'payments')).toMatch(/^payments\.mesh\.invalid:/);
      expect(again.kong?.writes).toBe(0);
    });

    it('leaves it as it is while the address is its own, and while nobody has it', async () => {
      const scene = openScene({ services: [meshService('orders'), payments] });
      await scene.pass();
      scene.kongText = file;
      await scene.pass();
      scene.mesh = { ...scene.mesh, services: [meshService('orders'), meshService('users')] };

      const report = await scene.pass();

      expect(codes(report)).toEqual(['DELETIONS_HELD_BACK']);
      expect(hostOf(scene, 'payments')).toBe('241.0.0.2:8080');
    });
  });

  it.each([
    ['an empty file', '', 'unchanged', 'KONG_FILE_SHAPE'],
    ['a file without entities', "_format_version: '3.0'\n", 'held', 'DELETIONS_HELD_BACK'],
  ])('keeps %s from deleting anything', async (_, text, outcome, code) => {
    const scene = openScene();
    await scene.pass();
    const full = scene.kong.state;
    scene.kongText = text;

    const report = await scene.pass();

    expect(report.outcome).toBe(outcome);
    expect(codes(report)).toContain(code);
    expect(scene.kong.state).toEqual(full);
  });

  it('keeps the snapshot where the mesh is empty at the start, and says so until it is confirmed', async () => {
    const scene = openScene();
    await scene.pass();
    const good = scene.snapshot.held;
    scene.memory = {};
    scene.mesh = { ...scene.mesh, services: [] };

    const kong = scene.kong.state;
    const held = await scene.pass();
    const still = await scene.pass();
    const kept = scene.snapshot.held;
    const untouched = scene.kong.state;
    const confirmed = await scene.pass({ confirmDeletes: true });

    expect([held.outcome, still.outcome]).toEqual(['held', 'held']);
    expect([codes(held), codes(still)]).toEqual([
      expect.arrayContaining(['SNAPSHOT_EMPTY']),
      expect.arrayContaining(['SNAPSHOT_EMPTY']),
    ]);
    expect(kept).toBe(good);
    expect(untouched).toBe(kong);
    expect(codes(confirmed)).not.toContain('SNAPSHOT_EMPTY');
    expect(scene.snapshot.held?.services).toEqual([]);
  });

  it('keeps the snapshot however long the mesh is empty, until it is confirmed', async () => {
    const scene = openScene();
    await scene.pass();
    scene.mesh = { ...scene.mesh, services: [] };

    const held = await scene.pass();
    scene.tick(60_000);
    const lasting = await scene.pass();
    scene.tick(600_000);
    await scene.pass();
    const kept = scene.snapshot.held?.services.length;
    await scene.pass({ confirmDeletes: true });

    expect(codes(held)).toEqual(['OBSERVATION_HELD_BACK']);
    expect(codes(lasting)).toContain('SNAPSHOT_EMPTY');
    expect(kept).toBe(2);
    expect(scene.snapshot.held?.services).toEqual([]);
  });

  it('lets changes of the file through once the empty mesh has lasted', async () => {
    const scene = openScene();
    await scene.pass();
    scene.memory = {};
    scene.mesh = { ...scene.mesh, services: [] };
    await scene.pass();
    scene.kongText = `${kongText}  - { name: added, host: added.internal }\n`;

    const held = await scene.pass();
    const early = namesAtKong(scene);
    scene.tick(60_000);
    await scene.pass();

    expect(held.outcome).toBe('held');
    expect(early).not.toContain('added');
    expect(namesAtKong(scene)).toContain('added');
  });
});

describe('held deletions', () => {
  const other = (count: number): string =>
    [
      "_format_version: '3.0'",
      'services:',
      ...Array.from({ length: count }, (_, n) => `  - { name: n${String(n)}, host: n.internal }`),
    ].join('\n');

  it.each([
    ['the next pass', () => undefined],
    ['a restart', (scene: Scene) => (scene.memory = {})],
  ])('stay held in %s, though what was created has changed the share', async (_name, happens) => {
    const scene = openScene();
    await scene.pass();
    scene.kongText = other(20);
    const first = await scene.pass();
    happens(scene);

    const second = await scene.pass();
    const third = await scene.pass();

    expect([first, second, third].map(({ outcome }) => outcome)).toEqual(['held', 'held', 'held']);
    expect(namesAtKong(scene)).toEqual(expect.arrayContaining(['n0', 'crm']));
  });

  it('go again when the input changes back', async () => {
    const scene = openScene();
    await scene.pass();
    scene.kongText = other(20);
    await scene.pass();
    scene.kongText = kongText;

    const back = await scene.pass({ confirmDeletes: true });

    expect(codes(back)).toEqual([]);
    expect(scene.record?.held.size).toBe(0);
    expect(namesAtKong(scene)).not.toContain('n0');
  });
});
