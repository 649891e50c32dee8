/** Which collections of a cluster a source reads. */
import type { Collection } from '../../kubernetes-client/list-resources';
import type { KindName, WatchedKind } from './watched-kinds';

export interface Scope {
  readonly mesh: string;
  /** Undefined: all of them. */
  readonly namespaces?: readonly string[] | undefined;
  readonly gatewayNamespace: string;
}

export function collectionsOf<K extends KindName>(
  { resource, scope, name }: WatchedKind<K>,
  { mesh, namespaces, gatewayNamespace }: Scope,
): readonly Collection[] {
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
