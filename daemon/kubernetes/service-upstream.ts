/**
 * Whether Kong's ingress controller sends to the Service or past it to its Pods. It takes the Service
 * as one upstream where the Service says so, or where the parameters behind its class do.
 */
import type { Failure } from '../../catalog/error';
import { kubernetesErrors } from './errors';
import { followExternalName } from './external-name';
import type { IngressClassParametersView, IngressClassView, ServiceView } from './views';

export const kongController = 'ingress-controllers.konghq.com/kong';
export const serviceUpstreamAnnotation = 'ingress.kubernetes.io/service-upstream';

/** More than this many would bury the other findings; one sentence stands for the rest. */
const shownServices = 20;

/** The classes of Kong whose Services are Pod IPs to the controller, unless annotated. */
export function classesToPodIps(
  classes: readonly IngressClassView[],
  parameters: readonly IngressClassParametersView[],
): readonly string[] {
  return classes
    .filter(({ controller }) => controller === kongController)
    .filter((ingressClass) => !sendsToServices(ingressClass, parameters))
    .map(({ name }) => name)
    .sort();
}

/** One finding per Service of the mesh whose Pods the controller would dial. */
export function checkServiceUpstream(
  services: readonly ServiceView[],
  classes: readonly IngressClassView[],
  parameters: readonly IngressClassParametersView[],
): readonly Failure[] {
  const affected = classesToPodIps(classes, parameters);
  if (affected.length === 0) return [];
  const bypassed = services
    .filter(({ annotations, externalName }) => externalName === undefined && !isTrue(annotations))
    .map(({ name, namespace }) => `Service ${namespace}/${name}`)
    .sort();
  const ingressClass = affected.join(', ');
  const shown = bypassed
    .slice(0, shownServices)
    .map((entity) => kubernetesErrors.failure('K8S_POD_IPS', { ingressClass }, { entity }));
  const more = bypassed.length - shown.length;
  if (more === 0) return shown;
  return [...shown, kubernetesErrors.failure('K8S_POD_IPS_MORE', { count: more })];
}

/**
 * The two ways that Kong Mesh's page on delegated gateways recommends undo each other: of a Service that it
 * takes as one upstream the controller hands on the Service's own DNS name, also where that is only an
 * alias for a name of the mesh, and Kong's DNS client follows no CNAME.
 */
export function checkExternalNames(
  services: readonly ServiceView[],
  classes: readonly IngressClassView[],
  parameters: readonly IngressClassParametersView[],
  clusterDomain: string,
): readonly Failure[] {
  const ofKong = classes.filter(({ controller }) => controller === kongController);
  const byClass = ofKong.some((ingressClass) => sendsToServices(ingressClass, parameters));
  return services
    .filter(({ annotations }) => ofKong.length > 0 && (byClass || isTrue(annotations)))
    .flatMap(({ name, namespace, externalName }) => {
      if (externalName === undefined) return [];
      const { type } = followExternalName(externalName, clusterDomain, new Set());
      if (type !== 'mesh') return [];
      const details = { externalName, reference: `${name}.${namespace}` };
      const entity = `Service ${namespace}/${name}`;
      return [kubernetesErrors.failure('K8S_EXTERNAL_NAME_UPSTREAM', details, { entity })];
    });
}

function sendsToServices(
  { parameters: reference }: IngressClassView,
  parameters: readonly IngressClassParametersView[],
): boolean {
  // The controller's own manifest ships its class without parameters: the common bad case.
  if (reference?.kind !== 'IngressClassParameters') return false;
  return parameters.some(
    ({ name, namespace, serviceUpstream }) =>
      serviceUpstream && name === reference.name && namespace === reference.namespace,
  );
}

function isTrue(annotations: Readonly<Record<string, string>>): boolean {
  return annotations[serviceUpstreamAnnotation] === 'true';
}
