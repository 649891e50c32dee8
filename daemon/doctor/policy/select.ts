/** Which services and proxies a targetRef means. Source: Kuma's matchers and the documentation on targetRef, 2.6 to 3.0. */
import type { MeshService, MeshServicePort } from '../../../catalog/service';
import type { Policy, PolicySubject, TargetRef } from './policy';

/** Whether a top-level targetRef selects a Dataplane. Kinds that are not known select none. */
export function selectsProxy(ref: TargetRef, subject: PolicySubject): boolean {
  const type = subject.gateway ? 'Gateway' : 'Sidecar';
  if (ref.proxyTypes.length > 0 && !ref.proxyTypes.includes(type)) return false;
  switch (ref.kind) {
    case 'Mesh':
      return true;
    case 'MeshSubset':
      return subject.tagSets.some((set) => includes(set, ref.tags));
    case 'MeshService':
    case 'MeshServiceSubset':
      return subject.tagSets.some(
        (set) => set['kuma.io/service'] === ref.name && includes(set, ref.tags),
      );
    case 'Dataplane': {
      const { name, labels } = subject;
      const called = [name, labels['kuma.io/display-name']];
      return (ref.name === undefined || called.includes(ref.name)) && includes(labels, ref.labels);
    }
    default:
      return false;
  }
}

/** Whether the targetRef of a `to` item means a port of a mesh service. */
export function selectsDestination(
  ref: TargetRef,
  service: MeshService,
  port: MeshServicePort,
): boolean {
  switch (ref.kind) {
    case 'Mesh':
      return true;
    case 'MeshService':
      if (ref.name !== undefined && ref.name === port.tag && !service.selects) return true;
      return service.kind === 'MeshService' && isService(ref, service, port);
    case 'MeshMultiZoneService':
    case 'MeshExternalService':
      return service.kind === ref.kind && isService(ref, service, port);
    default:
      return false;
  }
}

function isService(ref: TargetRef, service: MeshService, port: MeshServicePort): boolean {
  const { name, namespace, labels, sectionName } = ref;
  if (name === undefined && Object.keys(labels).length === 0) return false;
  return (
    (name === undefined || name === service.name || name === service.resource) &&
    (namespace === undefined || namespace === service.namespace) &&
    includes(service.labels, labels) &&
    (sectionName === undefined || [port.name, String(port.port)].includes(sectionName))
  );
}

/**
 * Policies that select a Dataplane, in the order in which they are merged: the more specific kind of
 * target later, and of equals the one whose name comes first in the alphabet last.
 */
export function policiesOf(policies: readonly Policy[], subject: PolicySubject): readonly Policy[] {
  return policies
    .filter(({ targetRef }) => selectsProxy(targetRef, subject))
    .sort(
      (a, b) =>
        rank(a.targetRef) - rank(b.targetRef) || (a.name < b.name ? 1 : a.name > b.name ? -1 : 0),
    );
}

function rank({ kind, name, labels }: TargetRef): number {
  const kinds = ['Mesh', 'MeshSubset', 'Dataplane', 'MeshService', 'MeshServiceSubset'];
  const within = name !== undefined ? 2 : Object.keys(labels).length > 0 ? 1 : 0;
  return kinds.indexOf(kind) * 3 + (kind === 'Dataplane' ? within : 0);
}

/** Whether a set of tags or labels has all that are asked for; `*` asks for any value. */
export function includes(
  set: Readonly<Record<string, string>>,
  wanted: Readonly<Record<string, string>>,
): boolean {
  return Object.entries(wanted).every(([key, value]) =>
    value === '*' ? set[key] !== undefined : set[key] === value,
  );
}
