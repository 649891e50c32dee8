/** Which of the routed Services Kong reaches past the mesh, and what would mend that. */
import type { Failure } from '../../catalog/error';
import { kubernetesErrors } from './errors';
import { followExternalName } from './external-name';
import { ignoreAnnotation } from './ignore';
import { limitFailures } from './limit-failures';
import type { BackendUse, Routing } from './routed-services';
import { serviceUpstreamAnnotation } from './service-upstream';
import { planUpstream, type UpstreamStep } from './upstream-steps';
import type { ServiceView } from './views';

export interface JudgeContext {
  readonly find: (key: string) => ServiceView | undefined;
  /** Whether the mesh has taken the Service in: only then can it be gone past. */
  readonly isMember: (service: ServiceView) => boolean;
  /** Whether it has Pods and none of them has a sidecar; absent where that is not known. */
  readonly lacksProxies?: (service: ServiceView) => boolean;
  /** The namespaces that are read; undefined: all. */
  readonly namespaces?: readonly string[] | undefined;
  readonly clusterDomain: string;
  /** Names this gateway in the annotations of Services. */
  readonly owner: string;
  /** Some kind of routes could not be read: a Service without a route may have one. */
  readonly incomplete: boolean;
}

export interface Judgement {
  readonly failures: readonly Failure[];
  /** What `gateway.serviceUpstream: enforce` would do. */
  readonly steps: readonly UpstreamStep[];
}

/** @param marked the Services that bear our mark, or all. */
export function judgeBackends(
  { uses, classes }: Routing,
  marked: Iterable<ServiceView>,
  context: JudgeContext,
): Judgement {
  const failures: Failure[] = [];
  const wanting = new Set<ServiceView>();
  const outside: string[] = [];
  const unproxied: string[] = [];
  for (const [key, places] of uses) {
    const service = context.find(key);
    if (!service) {
      const namespace = key.slice(0, key.indexOf('/'));
      // Of a namespace that is not read nothing is known.
      if (context.namespaces && !context.namespaces.includes(namespace)) continue;
      failures.push(finding('K8S_BACKEND_MISSING', key, places));
      continue;
    }
    const served = servedUses(service, places);
    if (served.length < places.length) {
      const wrong = places.filter((use) => !served.includes(use));
      failures.push(...wrongPorts(key, service, wrong));
    }
    if (served.length === 0) continue;
    if (isOutside(service, context)) outside.push(key);
    else if (context.lacksProxies?.(service) === true) unproxied.push(key);
    const bypassed = judge(key, service, served, context);
    if (bypassed) failures.push(bypassed);
    if (isEnforceable(service) && served.some(goesPast) && context.isMember(service)) {
      wanting.add(service);
    }
  }
  const unclear = classes.unclear.length > 0;
  return {
    failures: limitFailures([
      ...failures,
      ...namedTogether('K8S_BACKENDS_OUTSIDE', outside),
      ...namedTogether('K8S_BACKENDS_WITHOUT_SIDECAR', unproxied),
    ]),
    steps: unclear ? [] : planUpstream(marked, wanting, context),
  };
}

function judge(
  key: string,
  service: ServiceView,
  uses: readonly BackendUse[],
  { clusterDomain, isMember }: JudgeContext,
): Failure | undefined {
  const annotated = service.annotations[serviceUpstreamAnnotation] === 'true';
  const { name, namespace, externalName } = service;
  if (externalName !== undefined) {
    const upstream = uses.filter(({ toService }) => toService || annotated);
    const { type } = followExternalName(externalName, clusterDomain, new Set());
    if (type !== 'mesh' || upstream.length === 0) return undefined;
    const details = { externalName, reference: `${name}.${namespace}` };
    return finding('K8S_EXTERNAL_NAME_UPSTREAM', key, upstream, details);
  }
  if (!isMember(service)) return undefined;
  if (service.clusterIps.length === 0) {
    return finding('K8S_HEADLESS_BACKEND', key, uses, { reference: `${name}.${namespace}` });
  }
  const past = annotated ? [] : uses.filter(goesPast);
  if (past.length === 0) return undefined;
  const details = { name, namespace, annotation: serviceUpstreamAnnotation };
  return finding('K8S_POD_IPS', key, past, details);
}

/** Whoever wants a Service outside of the mesh can say so by the annotation `kuma.io/ignore`. */
function isOutside(service: ServiceView, { isMember }: JudgeContext): boolean {
  if (service.externalName !== undefined || isMember(service)) return false;
  return service.annotations[ignoreAnnotation] === undefined;
}

const namedTogetherAtMost = 5;

/** One for all: a cluster may have thousands that are meant to be so. */
function namedTogether(
  code: 'K8S_BACKENDS_OUTSIDE' | 'K8S_BACKENDS_WITHOUT_SIDECAR',
  keys: readonly string[],
): readonly Failure[] {
  if (keys.length === 0) return [];
  const [...sorted] = keys;
  sorted.sort();
  const rest = keys.length - namedTogetherAtMost;
  const names = `${sorted.slice(0, namedTogetherAtMost).join(', ')}${rest > 0 ? ` and ${rest} more` : ''}`;
  return [kubernetesErrors.failure(code, { names })];
}

/** Most Services have all the ports that routes ask for. */
function servedUses(service: ServiceView, uses: readonly BackendUse[]): readonly BackendUse[] {
  return uses.every((use) => hasPort(service, use))
    ? uses
    : uses.filter((use) => hasPort(service, use));
}

function goesPast({ toService }: BackendUse): boolean {
  return !toService;
}

function hasPort({ ports, externalName }: ServiceView, { port }: BackendUse): boolean {
  if (port === undefined || externalName !== undefined) return true;
  return ports.some((one) =>
    typeof port === 'number' ? one.port === port : one.name === port || one.targetPort === port,
  );
}

/** Kong gets no addresses for a port that the Service does not have. */
function wrongPorts(
  key: string,
  service: ServiceView,
  uses: readonly BackendUse[],
): readonly Failure[] {
  const ports = service.ports.map(({ port }) => port).join(', ') || 'it has none';
  return [...new Set(uses.map(({ port }) => port))].map((port) => {
    const of = uses.filter((use) => use.port === port);
    return finding('K8S_BACKEND_PORT', key, of, { port, ports });
  });
}

function isEnforceable({ externalName, clusterIps }: ServiceView): boolean {
  return externalName === undefined && clusterIps.length > 0;
}

function finding(
  code: Parameters<typeof kubernetesErrors.failure>[0],
  service: string,
  uses: readonly BackendUse[],
  details: Readonly<Record<string, string | number | undefined>> = {},
): Failure {
  const places = placesOf(uses);
  return kubernetesErrors.failure(code, { places, ...details }, { entity: `Service ${service}` });
}

const shownPlaces = 3;

function placesOf(uses: readonly BackendUse[]): string {
  const shown = uses.slice(0, shownPlaces).map(({ place }) => place);
  const more = uses.length - shown.length;
  return [...shown, ...(more > 0 ? [`${more} more`] : [])].join('; ');
}
