/** What a control plane of 3.x makes by itself: Workloads of labels, and a MeshTrust of each MeshIdentity. */
import { trustDomainOf } from './identity';
import type { Json, StoredResource } from './resource';
import type { ResourceChange } from './store';
import type { World } from './views';

const WORKLOAD = 'kuma.io/workload';

/** Follows the store while the flavour is one without tags. Returns the way to bring everything up to date. */
export function generateFor3(world: World): () => void {
  const { store } = world;
  const workload = (mesh: string, name: string): void => {
    const members = world.index.workloads(mesh).get(name);
    const existing = store.get('Workload', mesh, name);
    if (members && !existing) {
      const labels = {
        'kuma.io/env': 'universal',
        'kuma.io/managed-by': 'workload-generator',
        'kuma.io/mesh': mesh,
        'kuma.io/zone': world.place.zone,
      };
      store.write({ type: 'Workload', mesh, name, labels, fields: { spec: {} } });
    } else if (!members && existing) store.delete('Workload', mesh, name);
  };
  const trust = (identity: StoredResource): void => {
    const { mesh = '', name } = identity;
    const spec = {
      trustDomain: trustDomainOf(identity, world),
      caBundles: [{ type: 'Pem', pem: { value: '(dropped)' } }],
    };
    store.write({ type: 'MeshTrust', mesh, name, labels: {}, fields: { spec } });
  };
  const follow = ({ type, mesh, name, previous, current }: ResourceChange): void => {
    if (world.flavour.tags) return;
    if (type === 'Dataplane') {
      const named = [previous, current].flatMap((one) => one?.labels[WORKLOAD] ?? []);
      for (const one of new Set(named)) workload(mesh, one);
    }
    if (type === 'MeshIdentity' && current) trust(current);
    if (type === 'MeshIdentity' && !current) store.delete('MeshTrust', mesh, name);
  };
  store.onChange(follow);
  return () => {
    if (world.flavour.tags) return;
    for (const mesh of store.meshes()) {
      for (const name of world.index.workloads(mesh).keys()) workload(mesh, name);
      for (const one of store.collection('MeshIdentity', mesh).values()) trust(one);
    }
  };
}

/** `status` of a Workload: a proxy without inbounds is connected, and never healthy. */
export function workloadStatus({ mesh = '', name }: StoredResource, world: World): Json {
  const members = [...(world.index.workloads(mesh).get(name) ?? [])];
  const healthy = members.filter((one) => {
    const networking = world.store.get('Dataplane', mesh, one)?.fields['networking'] as Json;
    return ((networking['inbound'] as unknown[] | undefined) ?? []).length > 0;
  });
  const connected = members.filter((one) => world.proxies.insightOf(mesh, one)?.online);
  return {
    dataplaneProxies: {
      connected: connected.length,
      healthy: healthy.length,
      total: members.length,
    },
  };
}
