import type { Failure } from '../../catalog/error';
import type { ControlPlaneFacts } from '../../catalog/control-plane';
import type { GatewayDataplane } from '../../catalog/gateway';
import type { MeshService } from '../../catalog/service';
import type { RouteMatch } from '../kubernetes/route-matches';
import type { UpstreamStep } from '../kubernetes/upstream-steps';

/** Everything a source saw in one look at the mesh. */
export interface Observation {
  readonly mesh: string;
  readonly services: readonly MeshService[];
  /** The Dataplanes that stand for the configured gateways; empty where none is there (yet). */
  readonly gateways: readonly GatewayDataplane[];
  /** What was odd about single resources, which were left out: the rest is complete. */
  readonly failures: readonly Failure[];
  /** Of the control plane that was asked; absent where none was. */
  readonly controlPlane?: ControlPlaneFacts;
  /** Annotations of Services that would keep Kong's routes within the mesh, where any are missing. */
  readonly upstream?: readonly UpstreamStep[];
  /** What a look without a watch tells of the cluster beside it. */
  readonly cluster?: ClusterLinks;
  /**
   * Equal for equal content. A source that knows that nothing changed returns the very same
   * observation object, so that a pass can stop at once.
   */
  readonly revision: string;
  /** Present where this is the last good look, because the newest one failed. */
  readonly stale?: Stale;
}

/** Where the routes of a cluster lead, and what its Services select. */
export interface ClusterLinks {
  readonly routed: readonly {
    readonly namespace: string;
    readonly name: string;
    readonly port: number;
  }[];
  /** One of each rule of the routes that are the gateway's. */
  readonly routes: readonly ClusterRoute[];
  /** Labels of Pods by `namespace/name` of the Service. */
  readonly selectors: ReadonlyMap<string, Readonly<Record<string, string>>>;
}

/** One rule of a route, with a request that meets it and the Services that it may lead to. */
export interface ClusterRoute {
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
  readonly match: RouteMatch;
  readonly backends: readonly {
    readonly namespace: string;
    readonly name: string;
    readonly port?: number | string;
  }[];
}

/** Why an observation is not fresh. */
export interface Stale {
  /** When it was last confirmed, in milliseconds since the epoch. */
  readonly sinceMs: number;
  readonly failure: Failure;
}

/** Where mesh services come from. */
export interface Source {
  /** For logs and metrics: `kuma`, `file`, `merged(kuma, file)`. */
  readonly name: string;
  /**
   * Resolves to the complete observation, or rejects. Never partial: a stale catalog is better than
   * a wrong one. Bounded in time by the source itself; ends early with the signal's reason.
   */
  observe(signal: AbortSignal): Promise<Observation>;
  /**
   * Under a watch, what `cluster` of an observation would hold: worked out at each call, for those few
   * who ask.
   */
  cluster?(): ClusterLinks | undefined;
  /**
   * Calls back when the next `observe` may see something new; absent where only time can tell.
   * @returns a function that ends the watch and releases what it holds.
   */
  watch?(onChange: () => void): () => void;
}
