/** What a control plane's version changes for a gateway: decided here, and nowhere else. Pure. */

/** What a control plane said of itself. */
export interface ControlPlaneFacts {
  /** As `GET /` says it: `2.14.3`, `3.0.0`, `0.0.0-preview.vc8f2a`. */
  readonly version: string;
  /** Whether it serves the kinds that were removed with the tags: `external-services`. */
  readonly legacyKinds: boolean;
}

/** Unlike each other in how a gateway is made, named and reached. */
export interface ControlPlaneTraits {
  /** False: another version than those that were tested; it is taken for what it answers like. */
  readonly recognized: boolean;
  /**
   * `kuma.io/service` tags: the identity of a gateway, a target of outbounds, a name in policies. Without
   * them the identity comes from the label `kuma.io/workload`, and services are named by labels.
   */
  readonly serviceTags: boolean;
  /** A gateway is made with `networking.gateway`; otherwise it is a plain Dataplane. */
  readonly gatewayBlock: boolean;
  /** Two outbounds to one destination and port share a listener: only the last of them listens. */
  readonly sharedListeners: boolean;
  /** A policy for the whole mesh reaches a gateway without a block; on the way to 3.0 it did not. */
  readonly meshPoliciesReachPlain: boolean;
  /** Without a MeshPassthrough nothing passes, and without reachableBackends nothing is reachable by VIP. */
  readonly restrictsOutbound: boolean;
  /** Mesh services are always Exclusive, whatever the Mesh says or leaves out. */
  readonly alwaysExclusive: boolean;
}

const two: ControlPlaneTraits = {
  recognized: true,
  serviceTags: true,
  gatewayBlock: true,
  sharedListeners: false,
  meshPoliciesReachPlain: false,
  restrictsOutbound: false,
  alwaysExclusive: false,
};

const three: ControlPlaneTraits = {
  recognized: true,
  serviceTags: false,
  gatewayBlock: false,
  sharedListeners: true,
  meshPoliciesReachPlain: true,
  restrictsOutbound: true,
  alwaysExclusive: true,
};

/** The main branch before the release, as it was seen. */
const beforeRelease: ControlPlaneTraits = {
  ...three,
  meshPoliciesReachPlain: false,
  restrictsOutbound: false,
};

/** Without facts, as where the mesh is read from files or from Kubernetes, it counts as 2.x. */
export function traitsOf(facts: ControlPlaneFacts | undefined): ControlPlaneTraits {
  if (!facts) return two;
  const major = Number(/^v?(\d+)\./.exec(facts.version)?.[1]);
  if (major === 1 || major === 2) return two;
  if (major === 3) return /^v?3\.0\.0-/.test(facts.version) ? beforeRelease : three;
  if (facts.legacyKinds) return { ...two, recognized: false };
  // A build of the main branch has no number of its own.
  return { ...(major === 0 ? beforeRelease : three), recognized: false };
}
