/**
 * Which `kuma.io/service` a gateway Pod gets. The control plane gives a delegated gateway the tags of
 * its first would-be inbound: of the Services that select the Pod, sorted by name, the first TCP port
 * that leads to a port of the Pod. With Kong's usual names that is the Admin API's: kong-admin sorts
 * before kong-proxy. Source: Kuma 2.14 on a real API server, and its source.
 */
import { ignoreAnnotation, isIgnored } from './ignore';
import { selects, type PodView, type ServicePortView, type ServiceView } from './views';

/** A Service that could give the gateway its tag, were it the first. */
export interface TagCandidate {
  readonly service: string;
  readonly port: number;
  readonly tag: string;
}

export interface TagPrediction {
  readonly tag: string;
  /** The Service it comes from, or undefined where it is made of the workload's name. */
  readonly from?: TagCandidate;
  /** All Services that count, the one that decides first. */
  readonly candidates: readonly TagCandidate[];
}

export function predictTag(pod: PodView, services: readonly ServiceView[]): TagPrediction {
  const candidates = tagCandidates(pod, services);
  const [from] = candidates;
  return from ? { tag: from.tag, from, candidates } : { tag: workloadTag(pod), candidates };
}

/**
 * In the order in which the control plane looks at them.
 * @param counts which Services count at all; by default those that are not ignored.
 */
export function tagCandidates(
  pod: PodView,
  services: readonly ServiceView[],
  counts: (service: ServiceView) => boolean = (service) =>
    !isIgnored(service.annotations[ignoreAnnotation]),
): readonly TagCandidate[] {
  return services
    .filter((service) => service.namespace === pod.namespace && service.externalName === undefined)
    .filter((service) => selects(service.selector, pod.labels) && counts(service))
    .sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0))
    .flatMap((service) => {
      const port = service.ports.find((candidate) => leadsToPod(candidate, pod));
      if (!port) return [];
      return [{ service: service.name, port: port.port, tag: serviceTag(service, port.port) }];
    });
}

/** `<service>_<namespace>_svc_<port>`, by the Service port. */
export function serviceTag(
  { name, namespace }: { readonly name: string; readonly namespace: string },
  port: number,
): string {
  return `${name}_${namespace}_svc_${port}`;
}

/** `<workload>_<namespace>_svc`: what a Pod gets that no Service leads to. */
export function workloadTag({ workload, namespace }: PodView): string {
  return `${workload}_${namespace}_svc`;
}

/** A port by number need not be declared by any container; one by name must be. */
function leadsToPod({ protocol, targetPort }: ServicePortView, pod: PodView): boolean {
  if (protocol !== 'TCP') return false;
  if (typeof targetPort !== 'string') return true;
  return pod.containers.some(({ ports }) =>
    ports.some((port) => port.name === targetPort && port.protocol === protocol),
  );
}
