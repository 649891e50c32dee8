/** Kong's trouble stays Kong's: the mesh side and the snapshot go on, and nobody calls it well. */
import { besideKong } from '../../../daemon/reconcile/beside-kong';
import { systemClock } from '../../../daemon/reconcile/clock';
import { runPass } from '../../../daemon/reconcile/pass';
import { meshService } from '../../catalog/build';
import { until } from '../../support/until';
import { codes, kongText, never, openScene, type Scene } from './support/scene';

const names = (scene: Scene) => scene.snapshot.held?.services.map(({ name }) => name).sort();

/** A pass as the daemon runs it: the mesh is looked at every few milliseconds beside Kong. */
function daemonPass(scene: Scene): ReturnType<typeof runPass> {
  const context = { ...scene.context, clock: { ...systemClock } };
  const request = { dryRun: false, confirmDeletes: false, meshEveryMs: 5 };
  return runPass(context, scene.memory, request, never);
}

function gate(): { readonly opened: Promise<void>; readonly open: () => void } {
  let open = (): void => undefined;
  const opened = new Promise<void>((resolve) => (open = resolve));
  return { opened, open: () => open() };
}

describe.each(['kong.canonicalise', 'kong.read', 'kong.apply', 'kong.probe'] as const)(
  'while %s hangs',
  (call) => {
    it('writes the snapshot before it, and each further change of the mesh beside it', async () => {
      const scene = openScene({ probesLightly: true });
      if (call === 'kong.probe') {
        await daemonPass(scene);
        scene.mesh = { ...scene.mesh, services: [meshService('first')] };
      }
      const { opened, open } = gate();
      scene.hanging.set(call, opened);

      const passing = daemonPass(scene);
      await until(() => expect(scene.journal).toContain(call));
      const before = names(scene);
      scene.mesh = { ...scene.mesh, services: [meshService('orders'), meshService('later')] };
      await until(() => expect(names(scene)).toEqual(['later', 'orders']));
      open();
      await passing;

      expect(before).toEqual(call === 'kong.probe' ? ['first'] : ['orders', 'payments']);
    });
  },
);

it('takes a change of the mesh while a Kong that is in step does not say so', async () => {
  const scene = openScene({ probesLightly: true });
  await daemonPass(scene);
  await daemonPass(scene);
  const { opened, open } = gate();
  scene.hanging.set('kong.probe', opened);
  scene.journal.length = 0;

  const passing = daemonPass(scene);
  await until(() => expect(scene.journal).toContain('kong.probe'));
  scene.mesh = { ...scene.mesh, services: [meshService('orders'), meshService('later')] };
  await until(() => expect(names(scene)).toEqual(['later', 'orders']));
  open();
  await passing;
  const next = await daemonPass(scene);

  expect(next.services).toBe(2);
  expect(names(scene)).toEqual(['later', 'orders']);
});

it('removes nothing by a decision that the mesh has moved on from, and goes all through again', async () => {
  const scene = openScene({ dataplane: true });
  await scene.pass();
  scene.journal.length = 0;
  scene.mesh = { ...scene.mesh, services: [meshService('orders')] };
  scene.kongText = kongText.replace("tags: ['mesh:payments']", 'tags: []');
  const { opened, open } = gate();
  scene.hanging.set('kong.apply', opened);

  const passing = daemonPass(scene);
  await until(() => expect(scene.journal).toContain('kong.apply'));
  scene.kongText = kongText;
  scene.mesh = { ...scene.mesh, services: [meshService('orders'), meshService('payments')] };
  await until(() => expect(names(scene)).toEqual(['orders', 'payments']));
  scene.hanging.clear();
  open();
  const report = await passing;
  const removed = scene.journal.includes('dataplane.contract');
  scene.journal.length = 0;
  const next = await scene.pass();

  expect(removed).toBe(false);
  expect(report.dataplane.contracted).toEqual([]);
  expect(scene.journal).toContain('kong.apply');
  expect(next.outcome).toBe('applied');
});

it('does not look at the mesh beside Kong where one pass is all there is', async () => {
  const scene = openScene();
  const { opened, open } = gate();
  scene.hanging.set('kong.apply', opened);

  const passing = scene.pass();
  await until(() => expect(scene.journal).toContain('kong.apply'));
  await new Promise((resolve) => setTimeout(resolve, 30));
  open();
  await passing;

  expect(scene.journal.filter((call) => call === 'observe')).toHaveLength(1);
});

it('gives back what Kong came to, also where the look at the mesh fails beside it', async () => {
  let looks = 0;
  const { result, moved } = await besideKong(
    () => new Promise<string>((resolve) => setTimeout(() => resolve('done'), 50)),
    {
      clock: systemClock,
      everyMs: 5,
      keep: () => {
        looks += 1;
        return Promise.reject(new Error('the mesh is away'));
      },
    },
    never,
  );

  expect([result, moved]).toEqual(['done', true]);
  expect(looks).toBeGreaterThan(1);
});

it('ends the look at the mesh with the work, however that ends', async () => {
  let under: AbortSignal | undefined;
  const keep = (signal: AbortSignal): Promise<boolean> => {
    under = signal;
    return new Promise((resolve) => signal.addEventListener('abort', () => resolve(false)));
  };

  const work = besideKong(
    async () => {
      await until(() => expect(under).toBeDefined());
      throw new Error('refused');
    },
    { clock: systemClock, everyMs: 1, keep },
    never,
  );

  await expect(work).rejects.toThrow('refused');
  expect(under?.aborted).toBe(true);
});

describe('a Kong that does not say whether it still holds what was applied', () => {
  it.each([true, undefined])(
    'is a failed pass (light: %s), in which nothing else is said to be gone',
    async (probesLightly) => {
      const scene = openScene(probesLightly ? { probesLightly } : {});
      scene.kong.refused.add('route crm');
      await scene.pass();
      scene.failing.set('kong.probe', 'before').set('kong.canonicalise', 'before');
      scene.tick(10_000);

      const silent = await scene.pass();
      const still = await scene.pass();

      expect([silent.outcome, still.outcome]).toEqual(['failed', 'failed']);
      expect(codes(silent)).toEqual(['KONG_ENTITY_REFUSED', 'OUTAGE']);
      expect(codes(still)).toEqual(['KONG_ENTITY_REFUSED', 'OUTAGE']);
    },
  );

  it('is given up after a bounded time, with a reason', async () => {
    const scene = openScene({ probesLightly: true });
    await scene.pass();
    scene.hanging.set('kong.probe', new Promise(() => undefined));
    jest.useFakeTimers({ advanceTimers: true });

    const passing = scene.pass();
    await jest.advanceTimersByTimeAsync(5_001);
    const report = await passing;
    jest.useRealTimers();

    expect(report.outcome).toBe('failed');
    expect(codes(report)).toEqual(['KONG_SILENT']);
  });
});

describe('a hold that lasts', () => {
  it('is looked at lightly while nothing can change it, and gone through again after a time', async () => {
    const scene = openScene();
    await scene.pass();
    scene.kongText = "_format_version: '3.0'\n";
    const begun = await scene.pass();
    scene.journal.length = 0;

    const during = await scene.pass();
    const quiet = [...scene.journal];
    scene.tick(10_000);
    await scene.pass();

    expect([begun.outcome, during.outcome]).toEqual(['held', 'held']);
    expect(codes(during)).toEqual(codes(begun));
    expect(quiet).toEqual(['observe', 'read files', 'snapshot.probe']);
    expect(scene.journal).toContain('kong.canonicalise');
  });
});

describe('a port that somebody else holds', () => {
  it('is got past in the same pass', async () => {
    const scene = openScene({ dataplane: true });
    scene.portsTaken = 3;

    const report = await scene.pass();

    expect(report.outcome).toBe('applied');
    expect(codes(report)).toEqual([]);
    expect(scene.journal.filter((call) => call === 'dataplane.expand')).toHaveLength(4);
  });

  it('is reported where all that were tried are taken, and Kong is not touched', async () => {
    const scene = openScene({ dataplane: true });
    scene.portsTaken = Infinity;

    const report = await scene.pass();

    expect(report.outcome).toBe('failed');
    expect(codes(report)).toEqual(['PORT_TAKEN']);
    expect(scene.kong.writes).toBe(0);
  });
});

describe.each([
  ['kong.canonicalise', 'reading'],
  ['kong.read', 'reading'],
  ['kong.apply', 'writing'],
] as const)('where %s never ends although every request does', (call, step) => {
  it('ends the pass with the reason, and the next one goes on', async () => {
    const scene = openScene();
    const settings = { ...scene.context.settings, kongLimits: { readMs: 20, writeMs: 20 } };
    Object.assign(scene, { context: { ...scene.context, settings } });
    scene.hanging.set(call, new Promise(() => undefined));

    const slow = await scene.pass();
    scene.hanging.clear();
    const next = await scene.pass();

    expect(slow.outcome).toBe('failed');
    expect(slow.failures).toMatchObject([
      { code: 'KONG_TOO_SLOW', message: expect.stringContaining(step) },
    ]);
    expect(names(scene)).toEqual(['orders', 'payments']);
    expect(next.outcome).toBe('applied');
  });
});
