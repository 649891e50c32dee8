/** What a replica does on standby, when it begins to lead, and when it has ceased to. */
import { byLeader } from '../../../daemon/reconcile/by-leader';
import { runPass } from '../../../daemon/reconcile/pass';
import { meshService } from '../../catalog/build';
import { never, openScene, type Scene } from './support/scene';

const request = { dryRun: false, confirmDeletes: false };
let scene: Scene;
let term: AbortController | undefined;
let pass: () => ReturnType<typeof runPass>;

beforeEach(() => {
  scene = openScene({
    services: [meshService('orders'), meshService('payments')],
    dataplane: true,
  });
  term = undefined;
  const contextOf = byLeader(scene.context, { term: () => term?.signal });
  pass = () => {
    const { memory } = scene;
    return runPass(contextOf(memory), memory, request, never);
  };
});

const touched = (target: string): boolean =>
  scene.journal.some((call) => call.startsWith(`${target}.`));

it('keeps its snapshot on standby, and asks nothing of what is shared', async () => {
  const report = await pass();

  expect(report.outcome).toBe('applied');
  expect(scene.snapshot.writes).toBe(1);
  expect(touched('kong')).toBe(false);
  expect(touched('dataplane')).toBe(false);
});

it('brings everything about as soon as it leads, though nothing else has changed', async () => {
  await pass();
  term = new AbortController();

  const report = await pass();

  expect(report.outcome).toBe('applied');
  expect(scene.kong.writes).toBe(1);
});

it('reads Kong anew in each term: another may have written meanwhile', async () => {
  term = new AbortController();
  await pass();
  await pass();
  term = new AbortController();
  scene.journal.length = 0;

  await pass();

  expect(scene.journal).toContain('kong.read');
});

it('writes nothing once the term is over, and says why', async () => {
  const over = new Error('the term is over');
  term = new AbortController();
  scene.onCall = (call) => {
    if (call === 'kong.read') term?.abort(over);
  };

  const report = await pass();

  expect(report.outcome).toBe('failed');
  expect(scene.kong.writes).toBe(0);
  expect(JSON.stringify(report.failures)).toContain('the term is over');
});
