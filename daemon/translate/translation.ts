/** What comes out of translation, beside the desired state: what links there are, and what they need. */
import type { Address, AddressChoice } from '../../catalog/address';
import type { Bindings } from '../../catalog/bindings';
import type { Catalog } from '../../catalog/catalog';
import type { Failure } from '../../catalog/error';
import type { MeshService, MeshServicePort } from '../../catalog/service';
import type { Entity, KongState } from '../kong/model';
import type { TranslateCode } from './errors';
import type { TranslateRules } from './rules';

export interface TranslateInput {
  readonly catalog: Catalog;
  readonly user: KongState;
  readonly rules: TranslateRules;
  /**
   * Addresses that config-time links had when they last resolved, by id of the Kong service or target: one is
   * kept while its link does not resolve, unless it meanwhile belongs to another mesh service.
   */
  readonly previous?: ReadonlyMap<string, HostPort>;
  /**
   * Where Kong leads now, by id of the Kong service: what a start goes by instead of `previous`. It
   * may be what the user wrote, so it counts only where it is an address of the service that is meant.
   */
  readonly live?: ReadonlyMap<string, HostPort>;
  /** Names of upstreams at the gateway that are not of this configuration. */
  readonly otherUpstreams?: readonly string[];
}

export interface HostPort {
  readonly host: string;
  readonly port: number;
}

export interface Translation {
  /** The user's entities, the untouched ones by reference, and the ones made by rules. */
  readonly desired: KongState;
  readonly failures: readonly Failure[];
  /** Every link that is in effect, in the order of the entities that carry them. */
  readonly links: readonly ResolvedLink[];
  /** Sorted by service and port, without duplicates; empty where the gateway needs no outbounds. */
  readonly needs: readonly OutboundNeed[];
  /** What every reference of a link stands for, the ones of before too where they do not resolve now. */
  readonly bindings: Bindings;
  /** Names of upstreams in lower case: a host of that name leads there. */
  readonly upstreams: ReadonlySet<string>;
  /** References that are secret: they must not be written anywhere. */
  readonly secretReferences: ReadonlySet<string>;
}

/** A port of a mesh service for which the gateway must have an outbound, whether it has one or not. */
export interface OutboundNeed {
  readonly service: MeshService;
  readonly port: MeshServicePort;
}

/**
 * `plugin`: the mesh-upstream plugin, at request time. `tag`: a `mesh:` tag. `host`: the host of the
 * Kong service itself. The last two are written into the Kong service, at config time.
 */
export type LinkKind = 'plugin' | 'tag' | 'host';

/** One link and what became of it: what `explain` and the status page show. */
export interface ResolvedLink {
  readonly kind: LinkKind;
  readonly time: 'request' | 'config';
  /** The entity that carries the link: the plugin, the Kong service, or the target. */
  readonly entity: Pick<Entity, 'type' | 'key' | 'id' | 'owner'>;
  /** Id of the Kong service whose requests it leads; absent for a route without a service. */
  readonly serviceId?: string;
  /** Id of the route, where the link is one route's alone. */
  readonly routeId?: string;
  /** As written, `orders:8080`; a value from the environment is masked. */
  readonly reference: string;
  /** Where several mesh services share the requests: there is a link for each of them. */
  readonly share?: LinkShare;
  /** The upstream, where the link is on one of its targets: it leads what Kong sends there. */
  readonly upstream?: { readonly id: string; readonly name: string };
  readonly choice: AddressChoice;
  readonly outcome: LinkOutcome;
  readonly fallback?: { readonly reference: string; readonly outcome: LinkOutcome };
}

export interface LinkShare {
  readonly weight: number;
  /** Of all that share the requests. */
  readonly total: number;
  /** Id of the plugin or of the upstream whose requests they are. */
  readonly group: string;
}

export type LinkOutcome =
  | {
      readonly state: 'linked';
      /** `serviceKey` of the mesh service. */
      readonly service: string;
      readonly port: number;
      readonly address: Address;
      /** What the backend sees as Host unless a route preserves it; null: what the client sent. */
      readonly hostHeader: string | null;
      /** Why this address form, in one sentence. */
      readonly reason: string;
    }
  | {
      /** Not resolved now; the address it had stays in use. */
      readonly state: 'stale';
      readonly code: TranslateCode;
      readonly address: HostPort;
      readonly reason: string;
    }
  | {
      /** Requests are answered with 503. */
      readonly state: 'unresolved';
      readonly code: TranslateCode;
      /** Present where the service is known and only its port or address is not. */
      readonly service?: string;
      readonly port?: number;
      readonly reason: string;
    };
