import { observe, type ObserveMemory } from '../../../daemon/reconcile/observe';
import { observeOptions } from '../../../daemon/reconcile/pass';
import { dataplane, meshService } from '../../catalog/build';
import { codes, kongText, never, openScene, outage, type Scene } from './support/scene';

const request = { dryRun: false, confirmDeletes: false };

function look(scene: Scene, memory: ObserveMemory) {
  return observe(observeOptions(scene.context, request), memory, never);
}

function names({ user }: Awaited<ReturnType<typeof look>>): readonly string[] {
  return user.entities.filter(({ type }) => type === 'services').map(({ key }) => key);
}

it('tells a look that brought nothing new from one that did', async () => {
  const scene = openScene();
  const memory: ObserveMemory = {};

  const looks = [await look(scene, memory), await look(scene, memory)];
  scene.kongText += '  - { name: more, host: more.internal }\n';
  looks.push(await look(scene, memory), await look(scene, memory));
  scene.mesh = { ...scene.mesh, services: [meshService('other')] };
  looks.push(await look(scene, memory), await look(scene, memory));

  expect(looks.map(({ unchanged }) => unchanged)).toEqual([false, true, false, true, false, true]);
});

it.each([
  ['half-written', kongText.slice(0, kongText.indexOf('[/payments'))],
  ['broken', `${kongText}  - name: [\n`],
])('keeps the last whole configuration while the file is %s', async (_, text) => {
  const scene = openScene();
  const memory: ObserveMemory = {};
  const before = await look(scene, memory);

  scene.kongText = text;
  const during = await look(scene, memory);
  const still = await look(scene, memory);
  scene.kongText = kongText.replace('name: crm', 'name: sales');
  const after = await look(scene, memory);

  expect(during.user).toBe(before.user);
  expect(during.failures).toContainEqual(
    expect.objectContaining({
      severity: 'error',
      place: expect.objectContaining({ file: 'kong.yml' }) as object,
    }),
  );
  expect(still).toMatchObject({ unchanged: true, failures: during.failures });
  expect(codes(after)).toEqual([]);
  expect(names(after)).toContain('sales');
});

it('keeps it while the file is gone, and says so', async () => {
  const scene = openScene();
  const memory: ObserveMemory = {};
  const before = await look(scene, memory);

  scene.failing.set('read files', 'before');
  const during = await look(scene, memory);
  scene.failing.clear();
  const after = await look(scene, memory);

  expect(during.user).toBe(before.user);
  expect(during.unchanged).toBe(true);
  expect([codes(during), codes(after)]).toEqual([['OUTAGE'], []]);
});

it.each([
  [
    'half-written',
    (scene: Scene) => void (scene.kongText = kongText.slice(0, kongText.indexOf('ders]'))),
  ],
  ['missing', (scene: Scene) => void scene.failing.set('read files', 'before')],
])('rejects on a %s file where none was whole before', async (_, spoil) => {
  const scene = openScene();
  spoil(scene);

  await expect(look(scene, {})).rejects.toThrow();
});

it('keeps the gateways that it knew while their Dataplane is away for a moment', async () => {
  const scene = openScene();
  const memory: ObserveMemory = {};
  const before = await look(scene, memory);

  scene.mesh = { ...scene.mesh, gateways: [] };
  const during = await look(scene, memory);
  const still = await look(scene, memory);
  scene.mesh = { ...scene.mesh, gateways: [dataplane({ service: 'other' })] };
  const after = await look(scene, memory);

  expect(during.gateways).toBe(before.gateways);
  expect([codes(during), codes(still), codes(after)]).toEqual([
    ['GATEWAY_NOT_SEEN'],
    ['GATEWAY_NOT_SEEN'],
    [],
  ]);
  expect(still.unchanged).toBe(true);
  expect(after).toMatchObject({ unchanged: false, gateways: [{ service: 'other' }] });
});

it('goes on without a gateway that was never seen', async () => {
  const scene = openScene();
  scene.mesh = { ...scene.mesh, gateways: [] };

  const inputs = await look(scene, {});

  expect(inputs).toMatchObject({ gateways: [], failures: [] });
});

it('holds back a mesh that is suddenly empty until that has lasted, then believes it', async () => {
  const scene = openScene();
  const memory: ObserveMemory = {};
  await look(scene, memory);
  scene.mesh = { ...scene.mesh, services: [] };

  const first = await look(scene, memory);
  scene.tick(59_000);
  const second = await look(scene, memory);
  scene.tick(1_000);
  const third = await look(scene, memory);

  expect([first, second, third].map(({ observation }) => observation.services.length)).toEqual([
    2, 2, 0,
  ]);
  expect([codes(first), codes(second), codes(third)]).toEqual([
    ['OBSERVATION_HELD_BACK'],
    ['OBSERVATION_HELD_BACK'],
    [],
  ]);
  expect([first, second, third].map(({ unchanged }) => unchanged)).toEqual([true, true, false]);
});

it('counts the doubt anew once the mesh was whole in between', async () => {
  const scene = openScene();
  const memory: ObserveMemory = {};
  const whole = scene.mesh;
  const empty = { ...whole, services: [] };
  await look(scene, memory);

  scene.mesh = empty;
  await look(scene, memory);
  scene.tick(50_000);
  scene.mesh = whole;
  await look(scene, memory);
  scene.mesh = empty;
  scene.tick(50_000);
  const again = await look(scene, memory);

  expect(codes(again)).toEqual(['OBSERVATION_HELD_BACK']);
});

it('says that what it saw is stale, with the cause and its remedy', async () => {
  const scene = openScene();
  const stale = { sinceMs: 0, failure: outage('kuma').toFailure() };
  const { source } = scene.context;
  const observing = {
    ...source,
    observe: async (signal: AbortSignal) => ({ ...(await source.observe(signal)), stale }),
  };

  const inputs = await observe(
    observeOptions({ ...scene.context, source: observing }, request),
    {},
    never,
  );

  expect(inputs.failures).toMatchObject([
    { code: 'OBSERVATION_STALE', message: expect.stringContaining('OUTAGE.') as string },
  ]);
  expect(inputs.failures[0]?.remedy).toBe('Wait.');
});

it('needs no Kong configuration where only the snapshot is kept', async () => {
  const scene = openScene({ without: ['kongFiles'] });

  const inputs = await look(scene, {});

  expect(inputs).toMatchObject({ parsed: undefined, user: { entities: [] }, failures: [] });
});
