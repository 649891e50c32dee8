import type { ControlPlaneFacts } from '../../../catalog/control-plane';
import type { Failure } from '../../../catalog/error';
import type { Gateway, GatewayDataplane, Outbound } from '../../../catalog/gateway';
import type { PortLedger } from '../../../catalog/port-ledger';
import type { MeshService } from '../../../catalog/service';
import type { HostPort, OutboundNeed } from '../../translate/translation';

/** One thing that would change on a gateway's Dataplane, in words and as data. */
export interface DataplaneChange {
  readonly dataplane: string;
  readonly op: 'create' | 'add-outbound' | 'remove-outbound' | 'set-service' | 'set-label';
  /** `outbound 127.0.0.1:30000 to MeshService orders:8080`, `kuma.io/service kong`. */
  readonly what: string;
  readonly before?: string;
  readonly after?: string;
}

/** All that a plan holds for one Dataplane. */
export interface DataplaneStep {
  readonly dataplane: string;
  /** The gateway's address in the mesh: tells whether its sidecar is on this host. */
  readonly address: string;
  /** It does not exist and is to be created. */
  readonly create: boolean;
  /** Of a control plane of 3.x: no gateway block is made, and none is kept that it would refuse. */
  readonly plain?: boolean;
  readonly add: readonly Outbound[];
  readonly remove: readonly Outbound[];
  /** On these the sidecar must be seen listening, besides the added ones. */
  readonly await: readonly Outbound[];
  /** The `kuma.io/service` to set; `before` is undefined where it has none. */
  readonly service?: { readonly before: string | undefined; readonly after: string };
  /** The `kuma.io/workload` label to set. */
  readonly workload?: { readonly before: string | undefined; readonly after: string };
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
  /** The same as data, by Dataplane. */
  readonly steps?: readonly DataplaneStep[];
  /**
   * Outbounds are there of which nobody saw yet that the sidecar listens on them: expand must run
   * although nothing is added. So it is after a pass or a daemon that was stopped half-way.
   */
  readonly awaiting?: boolean;
  /** What the ports are given to with this plan: to be kept over restarts. */
  readonly ledger?: PortLedger;
  /** Some needs have no port: it is tried again after a while. */
  readonly unplaced?: boolean;
  /** Ports wait for gateways to be seen connected: expand looks. */
  readonly confirming?: boolean;
  /** Time alone will change this plan (a grace time runs): equal inputs are no reason to skip it. */
  readonly unsettled?: boolean;
}

/** What else a plan goes by: where ports are still led to, and what they were given to. */
export interface PlanAround {
  /**
   * Places that something still leads to without a need that says so: Kong services and targets,
   * links that do not resolve now. Such a place is neither removed nor given to another service.
   */
  readonly inUse?: readonly HostPort[];
  /** Of the control plane that owns the Dataplanes. */
  readonly controlPlane?: ControlPlaneFacts | undefined;
  /** Kong has a say and was not read yet: what it leads to is not known. */
  readonly kongUnread?: boolean;
  /** Every service of the observation: an outbound that could lead to several counts for none. */
  readonly services?: readonly MeshService[];
  /** What ports were given to, as far back as the snapshot tells. */
  readonly ledger?: PortLedger | undefined;
  /** Ports that the snapshot of the daemon before led to: what is there has listened, however late it is now. */
  readonly published?: ReadonlyMap<number, string>;
  /** Where Kong leads for a service, though no ledger says so. */
  readonly remembered?: readonly RememberedPlace[];
}

export interface RememberedPlace {
  /** As `portOwner`. */
  readonly owner: string;
  readonly place: HostPort;
}

export interface PhaseReport {
  readonly writes: number;
  readonly failures: readonly Failure[];
  /**
   * Its errors are listeners of a connected sidecar that were waited for in vain. They are known by
   * now: a plan made anew leaves them out, and all else may go on with it.
   */
  readonly onlySilent?: boolean;
  /** Nothing was written, and a plan made anew avoids what stood in the way: a port that was taken. */
  readonly replan?: boolean;
}

/** The gateway's own Dataplanes: the only target with an expand and a contract phase of its own. */
export interface DataplaneTarget {
  readonly name: string;
  /** Computes, writes nothing. `nowMs` is the monotonic clock that grace times are counted by. */
  plan(
    observed: readonly GatewayDataplane[],
    needs: readonly OutboundNeed[],
    nowMs: number,
    around?: PlanAround,
  ): DataplanePlan;
  /** Adds what is missing and ends when the sidecar listens on it, or with failures. Bounded. */
  expand(plan: DataplanePlan, signal: AbortSignal): Promise<PhaseReport>;
  /** Removes what nothing points at any more. */
  contract(plan: DataplanePlan, signal: AbortSignal): Promise<PhaseReport>;
}
