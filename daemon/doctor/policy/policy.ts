/** Mesh policies as the rules read them; parsed once where they are gathered. */
import type { JsonObject } from '../../kong/model';

export interface TargetRef {
  readonly kind: string;
  readonly name?: string;
  readonly namespace?: string;
  readonly sectionName?: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly tags: Readonly<Record<string, string>>;
  /** `Sidecar`, `Gateway`; empty: both. */
  readonly proxyTypes: readonly string[];
}

export interface Clause {
  readonly targetRef: TargetRef;
  readonly default: JsonObject;
}

export interface Policy {
  /** The display name: what its author called it. */
  readonly name: string;
  readonly targetRef: TargetRef;
  readonly to: readonly Clause[];
  readonly from: readonly Clause[];
  readonly rules: readonly JsonObject[];
  /** Of policies without a direction, such as MeshPassthrough. */
  readonly default: JsonObject;
}

/** `MeshHTTPRoute`: which requests to a destination go where. */
export interface HttpRoute extends Pick<Policy, 'name' | 'targetRef'> {
  readonly to: readonly { readonly targetRef: TargetRef; readonly rules: readonly JsonObject[] }[];
}

/** `TrafficPermission`, until 2.14: tags of clients and of servers, `*` for any value. */
export interface LegacyPermission {
  readonly name: string;
  readonly sources: readonly Readonly<Record<string, string>>[];
  readonly destinations: readonly Readonly<Record<string, string>>[];
}

/** A Dataplane as policies select it. */
export interface PolicySubject {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly gateway: boolean;
  /** False: policies with `to` for the whole mesh do not reach it. */
  readonly reachedByMesh?: boolean;
  /** Of each inbound, or of the gateway. */
  readonly tagSets: readonly Readonly<Record<string, string>>[];
}
