/** Annotating Services is the API server's affair: nothing waits for it but the end of the pass. */
import { runPass } from '../../../../daemon/reconcile/pass';
import type { UpstreamReport } from '../../../../daemon/targets/kubernetes-align/upstream-target';
import { until } from '../../../support/until';
import { never, openScene, type Scene } from '../support/scene';

const request = { dryRun: false, confirmDeletes: false };

function passWith(scene: Scene, apply: () => Promise<UpstreamReport>) {
  const context = { ...scene.context, upstream: { name: 'kubernetes-upstream', apply } };
  return runPass(context, scene.memory, request, never);
}

it('writes the snapshot while Services are annotated, and ends when they are', async () => {
  const scene = openScene();
  let open = (_report: UpstreamReport): void => undefined;
  const annotating = new Promise<UpstreamReport>((resolve) => (open = resolve));
  let ended = false;

  const passing = passWith(scene, () => annotating).finally(() => (ended = true));
  await until(() => expect(scene.snapshot.held?.services).toHaveLength(2));

  expect(ended).toBe(false);
  open({ writes: 3, failures: [] });
  expect((await passing).outcome).toBe('applied');
});

it('says what could not be annotated, in a pass that has nothing else to do too', async () => {
  const scene = openScene();
  const failure = {
    ...{ code: 'K8S_UPSTREAM_FAILED', severity: 'warning' as const },
    ...{ message: 'It failed.', remedy: 'Look.' },
  };
  const apply = () => Promise.resolve({ writes: 0, failures: [failure] });

  for (let round = 0; round < 2; round += 1) {
    const { failures } = await passWith(scene, apply);
    expect(failures.filter(({ code }) => code === failure.code)).toHaveLength(1);
  }
});

it('is no pass without changes where something was annotated', async () => {
  const scene = openScene();
  await passWith(scene, () => Promise.resolve({ writes: 0, failures: [] }));

  const { outcome } = await passWith(scene, () => Promise.resolve({ writes: 1, failures: [] }));

  expect(outcome).toBe('applied');
});

it('reports a failed pass, with nothing left under way, where annotating is aborted', async () => {
  const report = await passWith(openScene(), () => Promise.reject(new Error('aborted')));

  expect(report.outcome).toBe('failed');
});
