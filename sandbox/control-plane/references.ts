import { includesAll } from './resource';
import type { BackendRef, StoredResource } from './resource';
import type { World } from './views';

interface Port {
  readonly port: number;
  readonly name?: string;
  readonly appProtocol?: string | undefined;
}

/** A reference and what it leads to. */
export interface ResolvedRef {
  readonly resource: StoredResource;
  readonly port: number;
  readonly portName?: string;
  readonly protocol: string;
}

/**
 * What a `backendRef` leads to; undefined where it leads nowhere: an unknown name or labels, or a port that
 * the service does not have. A MeshMultiZoneService is found by labels only: by name upstream makes no
 * listener (observed on 2.14.3, cause unknown). From 3.x on a name finds every kind, and labels win over it.
 */
export function resolveBackendRef(
  ref: BackendRef,
  mesh: string,
  world: World,
): ResolvedRef | undefined {
  const resource = findResource(ref, mesh, world);
  if (!resource) return undefined;
  const spec = resource.fields['spec'] as {
    ports?: readonly Port[];
    match?: { port: number; protocol?: string };
  };
  const ports = spec.match
    ? [{ port: spec.match.port, appProtocol: spec.match.protocol }]
    : spec.ports;
  // The one port of a MeshExternalService need not be named.
  const wanted = ref.port ?? spec.match?.port;
  const port: Port | undefined = ports?.find((one) => one.port === wanted);
  if (!port) return undefined;
  const found = { resource, port: port.port, protocol: port.appProtocol ?? 'tcp' };
  return port.name === undefined ? found : { ...found, portName: port.name };
}

/** The oldest of any zone with this display name, as the release binds a name. */
function oldestNamed(all: readonly StoredResource[], name: string): StoredResource | undefined {
  return all
    .filter((one) => (one.labels['kuma.io/display-name'] ?? one.name) === name)
    .sort((a, b) => (a.creationTime < b.creationTime ? -1 : 1))[0];
}

function findResource(
  { kind, name, labels }: BackendRef,
  mesh: string,
  { store, flavour }: World,
): StoredResource | undefined {
  if (name !== undefined && (flavour.tags || !labels)) {
    if (flavour.namesAreLabels)
      return oldestNamed(store.collection(kind, mesh).page(0, Infinity), name);
    return kind === 'MeshMultiZoneService' && flavour.tags
      ? undefined
      : store.get(kind, mesh, name);
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
