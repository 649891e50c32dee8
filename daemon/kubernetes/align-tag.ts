/**
 * What makes a gateway Pod get the wanted tag, and stay so: `kuma.io/ignore` on the Services that sort
 * before. Edits of the Dataplane itself only last until the next event on the Pod or its Services.
 */
import { serviceTag, tagCandidates, workloadTag, type TagCandidate } from './gateway-tag';
import { ignoreAnnotation, isIgnored } from './ignore';
import type { PodView, ServiceView } from './views';

/** Marks a Service that was ignored from here; its value is the tag that it made way for. */
export const ignoredForAnnotation = 'kong-meshd.io/ignored-for';

export type AlignStep =
  | { readonly op: 'ignore'; readonly service: ServiceView }
  | { readonly op: 'restore'; readonly service: ServiceView };

export type Alignment =
  | { readonly possible: true; readonly steps: readonly AlignStep[] }
  | {
      readonly possible: false;
      /** One clause, for a message. */
      readonly cause: string;
      /** Tags that the gateway can have. */
      readonly reachable: readonly string[];
    };

/**
 * The steps from the Services as they are to the wanted tag; none where all is well. What the user
 * has ignored stays ignored; what was ignored from here and need not be any more is restored.
 */
export function alignTag(
  pod: PodView,
  services: readonly ServiceView[],
  wanted: string,
): Alignment {
  const candidates = tagCandidates(pod, services, (service) => !isIgnoredByUser(service));
  const index = candidates.findIndex(({ tag }) => tag === wanted);
  const toWorkload = wanted === workloadTag(pod);
  if (index === -1 && !toWorkload) {
    return {
      possible: false,
      cause: whyNot(pod, services, candidates, wanted),
      reachable: [...candidates.map(({ tag }) => tag), workloadTag(pod)],
    };
  }
  const ahead = new Set(
    (index === -1 ? candidates : candidates.slice(0, index)).map(({ service }) => service),
  );
  const steps = services
    .filter(({ namespace }) => namespace === pod.namespace)
    .flatMap((service): readonly AlignStep[] => {
      const ignored = isIgnored(service.annotations[ignoreAnnotation]);
      if (ahead.has(service.name)) return ignored ? [] : [{ op: 'ignore', service }];
      return isOurs(service) ? [{ op: 'restore', service }] : [];
    })
    .sort((a, b) => (a.service.name < b.service.name ? -1 : 1));
  return { possible: true, steps };
}

/**
 * As a JSON merge patch. Both annotations come and go together, so that what the user writes by hand
 * is never taken away.
 */
export function annotationsFor(
  op: AlignStep['op'],
  wanted: string,
): Readonly<Record<string, string | null>> {
  return op === 'ignore'
    ? { [ignoreAnnotation]: 'true', [ignoredForAnnotation]: wanted }
    : { [ignoreAnnotation]: null, [ignoredForAnnotation]: null };
}

/** A value other than ours was written by the user since, mark or not. */
export function isOurs({ annotations }: ServiceView): boolean {
  return (
    annotations[ignoredForAnnotation] !== undefined && annotations[ignoreAnnotation] === 'true'
  );
}

function isIgnoredByUser(service: ServiceView): boolean {
  return isIgnored(service.annotations[ignoreAnnotation]) && !isOurs(service);
}

function whyNot(
  pod: PodView,
  services: readonly ServiceView[],
  candidates: readonly TagCandidate[],
  wanted: string,
): string {
  const named = services.find(
    (service) =>
      service.namespace === pod.namespace &&
      wanted.startsWith(`${service.name}_${service.namespace}_svc_`),
  );
  if (!named) return `no Service of namespace ${pod.namespace} makes the tag ${wanted}`;
  const candidate = candidates.find(({ service }) => service === named.name);
  if (candidate)
    return `of the Service ${named.name} only its first TCP port ${candidate.port} counts`;
  if (isIgnoredByUser(named)) return `the Service ${named.name} is ignored by its annotation`;
  const port = named.ports.find((one) => serviceTag(named, one.port) === wanted);
  if (port && port.protocol !== 'TCP') return `port ${port.port} of ${named.name} is not TCP`;
  return `the Service ${named.name} does not lead to the Pod`;
}
