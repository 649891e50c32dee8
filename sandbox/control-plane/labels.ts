import type { Flavour } from './flavour';
import type { Kind } from './kinds';
import type { Labels, StoredResource } from './resource';

/** Where the control plane stands: what it adds to the labels and the KRI of what it stores. */
export interface Place {
  readonly mode: 'zone' | 'global';
  readonly zone: string;
}

const COMPUTED = [
  'kuma.io/env',
  'kuma.io/mesh',
  'kuma.io/origin',
  'kuma.io/proxy-type',
  'kuma.io/zone',
];

/**
 * The labels of a stored resource: the writer's own, and the computed ones over them. A delegated gateway's
 * proxy type is `sidecar` too (recorded); a global control plane adds the mesh and nothing else.
 */
export function labelsFor(
  kind: Kind,
  mesh: string,
  { name, own }: { readonly name: string; readonly own: Labels },
  place: Place & { readonly flavour: Flavour },
): Labels {
  const kept = Object.entries(own).filter(([key]) => !COMPUTED.includes(key));
  const added = place.flavour.tags
    ? computed(kind, mesh, place)
    : { 'kuma.io/display-name': name, ...computedIn3(kind, mesh, place) };
  return Object.fromEntries(
    [...kept, ...Object.entries(added)].sort(([a], [b]) => (a < b ? -1 : 1)),
  );
}

/** The display name, and no proxy type (recorded); a MeshMultiZoneService is of no zone. */
function computedIn3(kind: Kind, mesh: string, place: Place): Labels {
  if (kind.type === 'Mesh') return { 'kuma.io/origin': 'zone' };
  const rest = Object.fromEntries(
    Object.entries(computed(kind, mesh, place)).filter(([key]) => key !== 'kuma.io/proxy-type'),
  );
  return kind.labels === 'mesh' && place.mode === 'zone'
    ? { ...rest, 'kuma.io/origin': 'zone' }
    : rest;
}

function computed(kind: Kind, mesh: string, { mode, zone }: Place): Labels {
  if (kind.labels === 'none') return {};
  const ofMesh: Labels = kind.scope === 'mesh' ? { 'kuma.io/mesh': mesh } : {};
  if (mode === 'global' || kind.labels === 'mesh') return ofMesh;
  return {
    'kuma.io/env': 'universal',
    ...ofMesh,
    'kuma.io/origin': 'zone',
    ...(kind.type === 'Dataplane' ? { 'kuma.io/proxy-type': 'sidecar' } : {}),
    'kuma.io/zone': zone,
  };
}

/**
 * The Kuma resource identifier, `kri_<kind>_<mesh>_<zone>_<namespace>_<name>_`; undefined for kinds without
 * one. A HostnameGenerator shows no zone in it (recorded).
 */
export function kriOf(kind: Kind, resource: StoredResource): string | undefined {
  if (kind.short === undefined) return undefined;
  const zone = kind.scope === 'mesh' ? (resource.labels['kuma.io/zone'] ?? '') : '';
  // On Kubernetes names end with the namespace: `kri_dp_default_default_kong_<pod>_` (recorded).
  const namespace = resource.labels['k8s.kuma.io/namespace'] ?? '';
  const suffix = `.${namespace}`;
  const own =
    namespace !== '' && resource.name.endsWith(suffix)
      ? resource.name.slice(0, -suffix.length)
      : resource.name;
  return `kri_${kind.short}_${resource.mesh ?? ''}_${zone}_${namespace}_${own}_`;
}
