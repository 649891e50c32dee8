/** Policies: 3.0 selects by labels alone, and on 2.x one for the whole mesh does not reach a plain Dataplane. */
import type { PolicyFacts } from '../facts';
import { selectsProxy } from '../policy/select';
import type { Policy, PolicySubject } from '../policy/policy';
import type { FactsView } from '../view';
import { blocker, type Blocker } from './blocker';

const removedTargets = new Set(['MeshSubset', 'MeshService', 'MeshServiceSubset']);

/** Kinds with `to` that the gateway's own sidecar obeys. */
const outboundKinds = {
  timeouts: 'MeshTimeout',
  retries: 'MeshRetry',
  healthChecks: 'MeshHealthCheck',
  circuitBreakers: 'MeshCircuitBreaker',
  loadBalancing: 'MeshLoadBalancingStrategy',
} as const satisfies Partial<Record<keyof PolicyFacts, string>>;

const outboundLists = Object.keys(outboundKinds) as readonly (keyof typeof outboundKinds)[];

export function policyBlockers(view: FactsView): readonly Blocker[] {
  const { policies, settings } = view.facts;
  const lists = ['permissions', 'passthroughs', ...outboundLists] as const;
  const all = lists.flatMap((list): readonly Policy[] => policies[list] ?? []);
  const unreached = outboundLists.flatMap((list) =>
    notReaching(policies[list] ?? [], view).map((policy) => ({
      type: outboundKinds[list],
      policy,
    })),
  );
  return [
    ...blocker(
      'policies',
      'mesh-policy',
      unreached.map(({ type, policy }) => `${type} ${policy.name}`),
      {
        what: 'policies with targetRef Mesh, which do not reach a plain Dataplane while 2.x runs',
        fix: 'Apply these twins, which select the gateway by its label.',
        apply: unreached.map(({ type, policy }) => twin(type, policy, settings.mesh, view)),
      },
    ),
    ...blocker('policies', 'policy-by-tags', namesOf(all.filter(isByTags)), {
      kind: 'ends',
      what: 'policies that select Dataplanes by tags',
      fix: 'Select by targetRef: { kind: Dataplane, labels: … }.',
    }),
    ...blocker('policies', 'policy-by-name', namesOf(all.filter(isByName)), {
      kind: 'ends',
      what: 'policies that select one Dataplane by name, and all of them in 3.0',
      fix: 'Select by a label of that Dataplane in place of its name.',
    }),
  ];
}

function isByTags({ targetRef }: Policy): boolean {
  return removedTargets.has(targetRef.kind);
}

function isByName({ targetRef: { kind, name } }: Policy): boolean {
  return kind === 'Dataplane' && name !== undefined;
}

/** Those that reach the gateway now, and that none with the same content replaces. */
function notReaching(policies: readonly Policy[], view: FactsView): readonly Policy[] {
  const now = view.gatewaySubject;
  const later = plainSubject(view);
  if (!now || !later) return [];
  return policies.filter(
    (policy) =>
      policy.targetRef.kind === 'Mesh' &&
      policy.to.length > 0 &&
      selectsProxy(policy.targetRef, { ...now, gateway: true }) &&
      !policies.some(
        (other) =>
          other.targetRef.kind === 'Dataplane' &&
          selectsProxy(other.targetRef, later) &&
          JSON.stringify(other.to) === JSON.stringify(policy.to),
      ),
  );
}

function plainSubject({ gateways: [gateway], facts }: FactsView): PolicySubject | undefined {
  if (!gateway) return undefined;
  const labels = { ...gateway.labels, ...workloadOf(facts.settings.workload) };
  return { name: gateway.name, labels, gateway: false, tagSets: [] };
}

function workloadOf(workload: string | undefined): Readonly<Record<string, string>> {
  return workload === undefined ? {} : { 'kuma.io/workload': workload };
}

function twin(type: string, policy: Policy, mesh: string, view: FactsView): object {
  const workload =
    view.gateways[0]?.labels['kuma.io/workload'] ?? view.facts.settings.workload ?? '<workload>';
  return {
    type,
    mesh,
    name: `${policy.name.slice(0, 56)}-kong`,
    spec: {
      targetRef: { kind: 'Dataplane', labels: { 'kuma.io/workload': workload } },
      to: policy.to.map(({ targetRef, default: conf }) => ({
        targetRef: withoutEmpty(targetRef),
        default: conf,
      })),
    },
  };
}

function withoutEmpty({ kind, name, namespace, sectionName, labels }: Policy['targetRef']): object {
  return {
    kind,
    ...(name === undefined ? {} : { name }),
    ...(namespace === undefined ? {} : { namespace }),
    ...(sectionName === undefined ? {} : { sectionName }),
    ...(Object.keys(labels).length > 0 ? { labels } : {}),
  };
}

function namesOf(ones: readonly { readonly name: string }[]): readonly string[] {
  return ones.map(({ name }) => name);
}
