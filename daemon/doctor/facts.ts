/**
 * Everything the rules look at, gathered once. What could not be asked is absent here and named in
 * `unasked`: a rule never has to tell "not there" from "not known".
 */
import { traitsOf, type ControlPlaneTraits } from '../../catalog/control-plane';
import type { Catalog } from '../../catalog/catalog';
import type { Failure } from '../../catalog/error';
import type { GatewayDataplane } from '../../catalog/gateway';
import type { IdentityIssuer } from '../../catalog/spiffe-id';
import type { KongState } from '../kong/model';
import type { ResolvedLink } from '../translate/translation';
import type { HttpRoute, LegacyPermission, Policy } from './policy/policy';

export interface Facts {
  readonly settings: FactSettings;
  readonly unasked: readonly Unasked[];
  /** What observing the mesh, reading the Kong configuration and translating it found. */
  readonly failures: readonly Failure[];
  readonly catalog?: Catalog;
  /** The Dataplanes that stand for the configured gateways. */
  readonly gateways?: readonly GatewayDataplane[];
  readonly mesh?: MeshFacts;
  /** Every Dataplane of the mesh. */
  readonly proxies?: readonly ProxyFacts[];
  readonly policies: PolicyFacts;
  /** What the routes of a Kubernetes cluster lead to. */
  readonly cluster?: ClusterFacts;
  readonly kong?: KongFacts;
  readonly node?: NodeFacts;
  /** Neither the record of what was applied nor a snapshot tells of a sync before. */
  readonly neverSynced?: boolean;
  readonly snapshot?: SnapshotFacts;
  readonly pluginServers?: readonly PluginServerFacts[];
}

export interface ClusterFacts {
  readonly routes: readonly ClusterRouteFacts[];
  readonly routed: readonly {
    readonly namespace: string;
    readonly name: string;
    readonly port: number;
  }[];
  readonly selectors: ReadonlyMap<string, Readonly<Record<string, string>>>;
}

/** One rule of a route of the cluster, with a request that meets it. */
export interface ClusterRouteFacts {
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
  readonly match: {
    readonly rule: number;
    readonly host?: string;
    readonly path: string;
    readonly method?: string;
    readonly headers: Readonly<Record<string, string>>;
    readonly problem?: string;
    readonly plugged: boolean;
  };
  readonly backends: readonly {
    readonly namespace: string;
    readonly name: string;
    readonly port?: number | string;
  }[];
}

/** What kong-meshd.yaml says, as far as rules need it. */
export interface FactSettings {
  readonly mesh: string;
  readonly environment: 'universal' | 'kubernetes';
  /** Names of the gateways' Dataplanes; empty where `service` selects them, or nothing does. */
  readonly dataplanes: readonly string[];
  /** The kuma.io/service that the gateway must have. */
  readonly service?: string;
  /** By which labels the gateways are found, in words; absent where none are set. */
  readonly labelled?: string;
  /** What kong-meshd.yaml says the Dataplane belongs to. */
  readonly owner: 'api' | 'file';
  /** The `kuma.io/workload` that the gateway must have. */
  readonly workload?: string;
  /** Where the daemon's own outbounds are. */
  readonly room?: {
    readonly address: string;
    readonly ports: { readonly first: number; readonly last: number };
  };
  readonly pluginName: string;
  /** Of this program, and of the plugin that it brings. */
  readonly version: string;
}

export interface Unasked {
  /** What was asked for: `the mesh`, `MeshTrafficPermissions`, `Kong's settings`. */
  readonly part: string;
  /** Why there is no answer, and what to do. */
  readonly failure: Pick<Failure, 'code' | 'message' | 'remedy'>;
  /** `info` where it is a matter of the set-up rather than of an outage. */
  readonly severity: 'error' | 'warning' | 'info';
}

export type ServicesMode = 'Disabled' | 'Everywhere' | 'ReachableBackends' | 'Exclusive';

/** What the version of the control plane means for a gateway; zone egresses went with the tags. */
export function meshTraits({
  version,
  zoneEgresses,
}: Pick<MeshFacts, 'version' | 'zoneEgresses'>): ControlPlaneTraits {
  return traitsOf({ version, legacyKinds: zoneEgresses !== undefined });
}

export interface MeshFacts {
  readonly product: string;
  /** `2.14.3`. */
  readonly version: string;
  readonly mode: ServicesMode;
  /** The mesh gives certificates: by `mtls` of the Mesh, or by a MeshIdentity. */
  readonly mtls: boolean;
  /** Certificates come from a MeshIdentity: SPIFFE IDs then need not be `spiffe://<mesh>/<service>`. */
  readonly ownIdentities: boolean;
  /** Which MeshIdentities there are; absent where they could not be asked. */
  readonly identities?: readonly IdentityIssuer[];
  /** What the Mesh says of traffic to addresses that are not of the mesh; unset is true. */
  readonly passthrough: boolean;
  /** What the control plane says of it; absent where it does not. */
  readonly restrictOutbound?: boolean;
  /** How many zone egresses there are; absent where this cannot be asked. */
  readonly zoneEgresses?: number;
  /** Of a global control plane: its zones that are connected, with their versions. */
  readonly zones?: readonly { readonly name: string; readonly version: string }[];
}

/** One Dataplane with what the control plane knows of its proxy. */
export interface ProxyFacts {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly address: string;
  /** Present where it is a gateway. */
  readonly gateway?: {
    readonly delegated: boolean;
    readonly tags: Readonly<Record<string, string>>;
  };
  readonly inbounds: readonly InboundFacts[];
  /** Absent where no proxy ever connected. */
  readonly proxy?: {
    readonly online: boolean;
    /** Whether it was given a certificate; absent where that is not told. */
    readonly certified?: boolean;
    /** Whether versions of kuma-dp, Envoy and control plane fit, where they say so. */
    readonly misfit?: string;
    /** The Dataplane that kuma-dp was started with; present where a file owns it. */
    readonly file?: { readonly service?: string };
  };
  /** `reachableServices`; absent where it is not set. */
  readonly reachableServices?: readonly string[];
  readonly reachableBackends?: readonly BackendFacts[];
}

export interface InboundFacts {
  readonly address: string;
  readonly port: number;
  /** Where the application itself listens. */
  readonly servicePort: number;
  readonly tags: Readonly<Record<string, string>>;
}

export interface BackendFacts {
  readonly kind: string;
  readonly name?: string;
  readonly labels: Readonly<Record<string, string>>;
  /** Absent: every port. */
  readonly port?: number;
}

/** One list each; absent where it could not be asked, empty where the version has no such kind. */
export interface PolicyFacts {
  readonly permissions?: readonly Policy[];
  readonly legacyPermissions?: readonly LegacyPermission[];
  readonly timeouts?: readonly Policy[];
  readonly retries?: readonly Policy[];
  readonly healthChecks?: readonly Policy[];
  readonly passthroughs?: readonly Policy[];
  readonly circuitBreakers?: readonly Policy[];
  readonly loadBalancing?: readonly Policy[];
  readonly httpRoutes?: readonly HttpRoute[];
}

export interface KongFacts {
  readonly user: KongState;
  readonly desired: KongState;
  readonly links: readonly ResolvedLink[];
}

/** One Kong node, by its Admin API. */
export interface NodeFacts {
  readonly url: string;
  readonly version?: string;
  /** `GET /` fails because Kong cannot print its own settings: it runs a plugin server itself. */
  readonly rootFails: boolean;
  /** `configuration` of `GET /`, where it answers. */
  readonly configuration?: NodeConfiguration;
  /** Version by plugin, where `GET /` answers. */
  readonly plugins?: ReadonlyMap<string, string>;
  readonly pluginServers: readonly NodePluginServer[];
  /** Present for a node without a database. */
  readonly document?: DocumentFacts;
}

/** Times in seconds, as Kong has them. */
export interface NodeConfiguration {
  readonly newDnsClient: boolean;
  readonly dnsOrder: readonly string[];
  readonly staleTtlS: number;
  readonly notFoundTtlS: number;
  readonly resolverFamily: readonly string[];
  /** `traditional_compatible`, `traditional`, `expressions`. */
  readonly routerFlavor?: string;
}

export interface NodePluginServer {
  readonly name: string;
  readonly socket?: string;
  /** Kong starts it itself. */
  readonly startCommand?: string;
  readonly queryCommand?: string;
  /** As the plugin info said when Kong read it. */
  readonly protocol?: string;
}

export interface DocumentFacts {
  /** The node holds no configuration at all. */
  readonly empty: boolean;
  /** It holds what this daemon would push. */
  readonly ours: boolean;
  /** Where it is not ours: what a push would change. */
  readonly changes?: { readonly count: number; readonly examples: readonly string[] };
}

export interface SnapshotFacts {
  readonly file: string;
  /** Why it cannot be read. */
  readonly problem?: Pick<Failure, 'code' | 'message' | 'remedy'>;
  /** Equal to what the catalog gives now; absent where there is a problem or no catalog. */
  readonly current?: boolean;
  /** On its first line: equal for equal content. */
  readonly hash?: string;
  /** Since it was written. */
  readonly ageMs?: number;
  /** Where it is not current: the mesh services whose addresses differ, by display name. */
  readonly differing?: readonly string[];
  /** The file, its folder or both, where every user may put another file in its place. */
  readonly writableByAll?: readonly string[];
}

export interface PluginServerFacts {
  readonly socket: string;
  /** Why it does not answer. */
  readonly problem?: string;
  /** What it serves. */
  readonly plugins?: readonly string[];
  /** Of the plugin in it, and the hashes of the snapshots that it answers by. */
  readonly version?: string;
  readonly snapshotHashes?: readonly string[];
}
