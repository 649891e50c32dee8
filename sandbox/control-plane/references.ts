import { kindByType } from './kinds';
import { kriOf } from './labels';
import { includesAll, networkingOf } from './resource';
import type { BackendRef, Json, StoredResource } from './resource';
import type { World } from './views';

/** A reference and what it leads to. */
export interface ResolvedRef {
  readonly resource: StoredResource;
  readonly port: number;
  readonly protocol: string;
}

/**
 * What a `backendRef` leads to; undefined where it leads nowhere: an unknown name or labels, or a port that
 * the service does not have. A MeshMultiZoneService is found by labels only: by name upstream makes no
 * listener (observed on 2.14.3, cause unknown).
 */
export function resolveBackendRef(
  ref: BackendRef,
  mesh: string,
  world: World,
): ResolvedRef | undefined {
  const resource = findResource(ref, mesh, world);
  if (!resource) return undefined;
  const spec = resource.fields['spec'] as {
    ports?: readonly { port: number; appProtocol?: string }[];
    match?: { port: number; protocol?: string };
  };
  const ports = spec.match
    ? [{ port: spec.match.port, appProtocol: spec.match.protocol }]
    : spec.ports;
  const port = ports?.find((one) => one.port === ref.port);
  return port && { resource, port: port.port, protocol: port.appProtocol ?? 'tcp' };
}

/** `_layout` of a Dataplane: the references among its outbounds that lead somewhere, each once. */
export function layoutOf(dataplane: StoredResource, world: World): Json {
  const outbounds = new Map<string, Json>();
  for (const { backendRef } of networkingOf(dataplane).outbound ?? []) {
    const found = backendRef && resolveBackendRef(backendRef, dataplane.mesh ?? '', world);
    if (!found) continue;
    const { resource, port, protocol } = found;
    const kri = `${kriOf(kindByType(resource.type), resource) ?? ''}${port}`;
    outbounds.set(kri, { kri, port, protocol, proxyResourceName: kri });
  }
  return {
    inbounds: [],
    kri: kriOf(kindByType('Dataplane'), dataplane),
    labels: dataplane.labels,
    listeners: [],
    outbounds: [...outbounds.values()],
  };
}

function findResource(
  { kind, name, labels }: BackendRef,
  mesh: string,
  { store }: World,
): StoredResource | undefined {
  if (name !== undefined) {
    return kind === 'MeshMultiZoneService' ? undefined : store.get(kind, mesh, name);
  }
  if (!labels) return undefined;
  const collection = store.collection(kind, mesh);
  const displayName = labels['kuma.io/display-name'];
  const candidate = displayName === undefined ? undefined : collection.get(displayName);
  // A resource's own name counts as its display name.
  const matches = (one: StoredResource): boolean =>
    includesAll({ 'kuma.io/display-name': one.name, ...one.labels }, labels);
  if (candidate && matches(candidate)) return candidate;
  return collection.page(0, Infinity).find(matches);
}
