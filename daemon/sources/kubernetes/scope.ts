/** Which collections of a cluster a source reads. */
import type { Collection } from '../../kubernetes-client/list-resources';
import type { KindName, WatchedKind } from './watched-kinds';

export interface Scope {
  readonly mesh: string;
  /** Undefined: all of them. */
  readonly namespaces?: readonly string[] | undefined;
  readonly gatewayNamespace: string;
}

/** @param version the one that the cluster serves the kind in. */
export function collectionsOf<K extends KindName>(
  { resource: { group, plural }, scope, name }: WatchedKind<K>,
  version: string,
  { mesh, namespaces, gatewayNamespace }: Scope,
): readonly Collection[] {
  const resource = { group, version, plural };
  switch (scope) {
    case 'gateway':
      return [{ resource, namespace: gatewayNamespace }];
    case 'cluster':
      return [
        name === 'meshes' ? { resource, fieldSelector: `metadata.name=${mesh}` } : { resource },
      ];
    case 'services': {
      if (!namespaces) return [{ resource }];
      const all = new Set([...namespaces, gatewayNamespace]);
      return [...all].sort().map((namespace) => ({ resource, namespace }));
    }
  }
}
