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
export function labelsFor(kind: Kind, mesh: string, own: Labels, place: Place): Labels {
  const kept = Object.entries(own).filter(([key]) => !COMPUTED.includes(key));
  return Object.fromEntries(
    [...kept, ...Object.entries(computed(kind, mesh, place))].sort(([a], [b]) => (a < b ? -1 : 1)),
  );
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
  return `kri_${kind.short}_${resource.mesh ?? ''}_${zone}__${resource.name}_`;
}
