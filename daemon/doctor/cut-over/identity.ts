/** Labels, tokens and certificates: without a workload a proxy of 3.x gets no configuration at all. */
import type { FactsView } from '../view';
import { blocker, type Blocker } from './blocker';

const workloadLabel = 'kuma.io/workload';

export function identityBlockers(view: FactsView): readonly Blocker[] {
  const { facts, gateways } = view;
  const { settings } = facts;
  const universal = settings.environment === 'universal';
  const unlabelled = gateways.filter(({ labels }) => labels[workloadLabel] === undefined);
  const { workload } = settings;
  const backends = backendsWithoutWorkload(view);
  return [
    ...blocker('identity', 'gateway-workload', universal ? namesOf(unlabelled) : [], {
      owner: workload === undefined || settings.owner === 'file' ? 'operator' : 'kong-meshd',
      what: 'gateways without the label kuma.io/workload',
      fix:
        workload === undefined
          ? 'Set gateway.workload in kong-meshd.yaml: it becomes the identity of the gateway.'
          : settings.owner === 'file'
            ? `Write labels: { kuma.io/workload: ${workload} } into the Dataplane file and restart kuma-dp.`
            : `kong-meshd migrate --to 3 sets it to ${workload}.`,
    }),
    ...blocker('identity', 'backend-workload', universal ? backends : [], {
      what: 'Dataplanes behind the links without the label kuma.io/workload',
      fix: 'Label each with the name of its workload; a MeshService of 3.x selects by it, and without it a proxy has no identity.',
    }),
    ...blocker('identity', 'token', universal ? namesOf(gateways) : [], {
      kind: 'note',
      what: 'gateways whose token cannot be seen from here: 3.0 takes only one bound to the workload, when kuma-dp starts next',
      fix: gateways
        .map(({ name, labels }) => {
          const to = labels[workloadLabel] ?? workload ?? '<workload>';
          return `kongctl create mesh dataplane-token --mesh ${settings.mesh} --name ${name} --workload ${to}`;
        })
        .join('; '),
    }),
  ];
}

export function backendsWithoutWorkload(view: FactsView): readonly string[] {
  return view.called
    .flatMap((called) => view.endpointsOf(called))
    .filter(({ proxy }) => proxy.labels[workloadLabel] === undefined)
    .map(({ proxy }) => proxy.name);
}

function namesOf(ones: readonly { readonly name: string }[]): readonly string[] {
  return ones.map(({ name }) => name);
}
