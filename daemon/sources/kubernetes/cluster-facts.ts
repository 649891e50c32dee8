/** All that was read of a cluster at one moment. */
import type { Failure } from '../../../catalog/error';
import type { RouteMatch } from '../../kubernetes/route-matches';
import type { KindName, ViewOf } from './watched-kinds';

export interface ClusterFacts {
  readonly views: { readonly [K in KindName]: readonly ViewOf<K>[] };
  /** Kinds that the cluster does not have. */
  readonly absent: ReadonlySet<KindName>;
  /** Kinds that are there but could not be read. */
  readonly unread: ReadonlySet<KindName>;
  /** Objects that were left out, and kinds that the role may not read. */
  readonly failures: readonly Failure[];
  /** Where the gateway runs. */
  readonly gatewayNamespace: string;
  /** The namespaces that are read; undefined: all. */
  readonly namespaces: readonly string[] | undefined;
  /** By the view of a route: the requests that meet its rules. Only a look without a watch reads them. */
  readonly matches?: ReadonlyMap<unknown, readonly RouteMatch[]>;
}
