import { codes, kongText, looks, openScene } from '../support/scene';

describe('a refused entity', () => {
  it('is left out, the rest is live, and it is not tried again before an input changes', async () => {
    const scene = openScene();
    scene.kong.refused.add('route crm');

    const first = await scene.pass();
    scene.journal.length = 0;
    const second = await scene.pass();
    const quiet = [...scene.journal];
    scene.kong.refused.clear();
    scene.kongText = kongText.replace('/crm', '/sales');
    const third = await scene.pass();

    expect([first, second, third].map(({ outcome }) => outcome)).toEqual([
      'partial',
      'unchanged',
      'applied',
    ]);
    expect(first.failures).toMatchObject([{ code: 'KONG_ENTITY_REFUSED', entity: 'route crm' }]);
    expect(codes(second)).toEqual(['KONG_ENTITY_REFUSED']);
    expect(quiet).toEqual(looks);
    expect(codes(third)).toEqual([]);
    expect(scene.kong.state.entities.map(({ key }) => key)).toContain('crm');
  });
});

describe('a refused entity that Kong takes by now', () => {
  it('is tried again after a time, without any change of the inputs', async () => {
    const scene = openScene();
    scene.kong.refused.add('route crm');
    await scene.pass();
    scene.kong.refused.clear();

    const soon = await scene.pass();
    scene.tick(30_000);
    const later = await scene.pass();

    expect([soon.outcome, later.outcome]).toEqual(['unchanged', 'applied']);
    expect(codes(later)).toEqual([]);
    expect(scene.kong.state.entities.map(({ key }) => key)).toContain('crm');
  });
});
