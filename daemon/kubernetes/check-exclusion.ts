/** What must hold of a gateway on Kuma 3.x: clients reach Kong, and the mesh does not. */
import type { Failure } from '../../catalog/error';
import { kubernetesErrors } from './errors';
import { ignoreAnnotation, ignoreEffect } from './ignore';
import { isExcluded, usualPorts } from './interception';
import { selects, type PodView, type ServiceView } from './views';

export function checkExclusion(pod: PodView): readonly Failure[] {
  const { namespace, workload, gateway, interception } = pod;
  const entity = `Pod ${namespace}/${pod.name}`;
  if (interception.older) {
    // The sidecar of a 2.x gateway redirects nothing that comes in: it works until it is recreated.
    const details = { namespace, workload };
    return [kubernetesErrors.failure('K8S_GATEWAY_POD_OLDER', details, { entity })];
  }
  const wanted = pod.listens ?? usualPorts;
  const open = wanted.filter((port) => !isExcluded(interception, port));
  // Where nothing says on which ports Kong listens, one of the usual ones is enough of a sign.
  const missing = pod.listens || open.length === wanted.length ? open : [];
  const details = { ports: missing.join(', '), wanted: wanted.join(',') };
  const mark = { value: gateway, namespace, workload };
  return [
    ...(missing.length === 0
      ? []
      : [kubernetesErrors.failure('K8S_GATEWAY_NOT_EXCLUDED', details, { entity })]),
    ...(gateway === undefined
      ? []
      : [kubernetesErrors.failure('K8S_GATEWAY_MARK_LEFT', mark, { entity })]),
  ];
}

/** An ignore value that leaves the MeshService behind is named by a finding of its own. */
export function checkOwnServices(
  pods: readonly PodView[],
  services: readonly ServiceView[],
): readonly Failure[] {
  return services
    .filter(({ annotations }) => ignoreEffect(annotations[ignoreAnnotation]) === 'not-ignored')
    .filter((service) => pods.some((pod) => isOf(service, pod)))
    .map(({ namespace, name }) =>
      kubernetesErrors.failure(
        'K8S_GATEWAY_SERVICE_IN_MESH',
        { namespace, name },
        { entity: `Service ${namespace}/${name}` },
      ),
    );
}

function isOf({ namespace, selector }: ServiceView, pod: PodView): boolean {
  return namespace === pod.namespace && selects(selector, pod.labels);
}
