/** The whole way of a request as data: what `explain --json` prints. Times in milliseconds. */
import type { AddressForm } from '../../catalog/address';
import type { Finding } from '../doctor/finding';
import type { LinkKind } from '../translate/translation';

export interface Explanation {
  /** What was asked: a name, or method and URL. */
  readonly question: string;
  /** One for a route or a request; for a Kong service one for each way its requests may go. */
  readonly ways: readonly Way[];
  /** What a reader must know to trust this: ties, rules that could not be read, parts not asked. */
  readonly notes: readonly string[];
  /** What the doctor finds on the way. */
  readonly findings: readonly Finding[];
}

export interface Way {
  /** Routes whose requests go this way. */
  readonly routes: readonly RouteStep[];
  readonly service?: ServiceStep;
  readonly link?: LinkStep;
  readonly mesh?: MeshStep;
  readonly sidecar?: SidecarStep;
  readonly permission?: PermissionStep;
  readonly endpoints: readonly EndpointStep[];
  readonly host: HostStep;
  /** For a request: the path that the backend sees. */
  readonly path?: string;
  readonly limits: LimitStep;
  readonly policies: readonly PolicyStep[];
}

export interface RouteStep {
  readonly name: string;
  /** For a request: which path rule matched, and what is stripped. */
  readonly matched?: string;
  readonly stripped?: string;
  /** Kong answers with this status instead of proxying: plain HTTP where only HTTPS is served. */
  readonly redirects?: number;
  /** Routes that match as well and lose. */
  readonly over: readonly string[];
}

export interface ServiceStep {
  readonly name: string;
  readonly protocol: string;
  /** What Kong itself is told to dial. */
  readonly dials: string;
  readonly path?: string;
  /** Kong's own balancing, where the host names an upstream. */
  readonly upstream?: readonly string[];
}

export interface LinkStep {
  readonly reference: string;
  readonly kind: LinkKind;
  readonly time: 'request' | 'config';
  /** `plugin mesh-upstream on route orders`. */
  readonly carriedBy: string;
  readonly state: 'linked' | 'stale' | 'unresolved';
  readonly code?: string;
  readonly reason: string;
  /** Of a stale link: the address it had. */
  readonly address?: string;
  readonly fallback?: { readonly reference: string; readonly state: LinkStep['state'] };
  /** Where several mesh services share the requests: all of them, by weight. */
  readonly shares?: readonly ShareStep[];
}

export interface ShareStep {
  readonly reference: string;
  readonly weight: number;
  readonly state: LinkStep['state'];
  /** As the mesh says now; absent where the link does not resolve. */
  readonly availability?: string;
}

export interface MeshStep {
  readonly kind: string;
  readonly name: string;
  readonly namespace?: string;
  readonly zone?: string;
  readonly port: number;
  readonly protocol?: string;
  readonly availability: string;
  readonly form: AddressForm;
  readonly address: string;
  /** Why this form. */
  readonly reason: string;
  /** The other forms in which the mesh serves it. */
  readonly others: readonly { readonly form: AddressForm; readonly address: string }[];
}

export interface SidecarStep {
  readonly dataplane: string;
  readonly online?: boolean;
  readonly identity?: string;
  readonly mtls?: boolean;
  /** The outbound that takes it: where it listens and what it leads to. */
  readonly outbound?: string;
}

export interface PermissionStep {
  readonly state: 'allowed' | 'denied' | 'missing' | 'unknown';
  readonly by: readonly string[];
}

export interface EndpointStep {
  readonly dataplane: string;
  readonly address: string;
  /** Absent where no proxy ever connected. */
  readonly online?: boolean;
  readonly zone?: string;
}

export interface HostStep {
  /** Null: as the client sent it. */
  readonly value: string | null;
  readonly reason: string;
}

export interface LimitStep {
  readonly kong: {
    readonly connectMs: number;
    readonly readMs: number;
    readonly writeMs: number;
    readonly retries: number;
  };
  readonly mesh?: {
    readonly connectMs: number;
    /** 0: none. */
    readonly requestMs: number;
    readonly streamIdleMs?: number;
    readonly retries?: number;
  };
  /** How often the backend may see one request at most. */
  readonly attempts?: number;
}

export interface PolicyStep {
  readonly type: string;
  /** The one that counts most last. */
  readonly names: readonly string[];
}
