import type { Failure } from '../../../catalog/error';
import type { Gateway, GatewayDataplane } from '../../../catalog/gateway';
import type { OutboundNeed } from '../../translate/translation';

/** One thing that would change on a gateway's Dataplane, in words and as data. */
export interface DataplaneChange {
  readonly dataplane: string;
  readonly op: 'create' | 'add-outbound' | 'remove-outbound' | 'set-service' | 'set-label';
  /** `outbound 127.0.0.1:30000 to MeshService orders:8080`, `kuma.io/service kong`. */
  readonly what: string;
  readonly before?: string;
  readonly after?: string;
}

/** What the gateways' Dataplanes need, worked out before anything is written. */
export interface DataplanePlan {
  /** The gateway as it will be once expand is done: the addresses that translate may use. */
  readonly gateway: Gateway;
  /** For the expand phase: what is added. */
  readonly expanding: readonly DataplaneChange[];
  /** For the contract phase: what nothing needs any more and whose grace time is over. */
  readonly contracting: readonly DataplaneChange[];
  /** What stands in the way; an error here stops the pass before Kong is touched. */
  readonly failures: readonly Failure[];
}

export interface PhaseReport {
  readonly writes: number;
  readonly failures: readonly Failure[];
}

/** The gateway's own Dataplanes: the only target with an expand and a contract phase of its own. */
export interface DataplaneTarget {
  readonly name: string;
  /** Computes, writes nothing. `nowMs` is the monotonic clock that grace times are counted by. */
  plan(
    observed: readonly GatewayDataplane[],
    needs: readonly OutboundNeed[],
    nowMs: number,
  ): DataplanePlan;
  /** Adds what is missing and ends when the sidecar listens on it, or with failures. Bounded. */
  expand(plan: DataplanePlan, signal: AbortSignal): Promise<PhaseReport>;
  /** Removes what nothing points at any more. */
  contract(plan: DataplanePlan, signal: AbortSignal): Promise<PhaseReport>;
}
