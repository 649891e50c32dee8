import type { Failure } from '../../catalog/error';
import type { Entity, KongState } from '../kong/model';
import type { Plan } from '../plan/change';
import type { Identity } from '../plan/dependants';
import type { HostPort } from '../translate/translation';

/** What became of an apply. What was refused is in `failures`; the rest is live. */
export interface ApplyReport {
  /** Calls that changed something at the target: pushes, writes. */
  readonly writes: number;
  readonly applied: Plan;
  readonly failures: readonly Failure[];
  /** Entities that got another owner since they were read: their deletion is not ours to make. */
  readonly handedOver?: readonly Identity[];
  /** What the target holds now, in canonical form: the next pass plans against it without reading. */
  readonly state: KongState;
}

/** A plan as far as the gateway lets it be, and why not further. */
export interface PlanCheck {
  readonly plan: Plan;
  readonly failures: readonly Failure[];
}

/** Where Kong sends requests by itself, whoever's the entities are. */
export interface KongPlaces {
  readonly services: readonly (HostPort & { readonly id: string })[];
  readonly targets: readonly (HostPort & { readonly id?: string })[];
  /** Names of upstreams: a service whose host is one of them leads there, and to no address. */
  readonly upstreams: readonly string[];
}

/**
 * One way out for the desired Kong configuration. A target never computes a diff and a plan never
 * does I/O.
 */
export interface KongTarget {
  /** For logs and metrics: `kong-dbless`, `kong-admin`, `kong-file`. */
  readonly name: string;
  /** The target's whole state in canonical form, or rejects. Never partial. */
  read(signal: AbortSignal): Promise<KongState>;
  /**
   * The desired state in the form in which `read` gives it back (defaults filled, sets sorted):
   * without it every pass would find differences that are none. May ask Kong for its schemas, once.
   */
  canonicalise(desired: KongState, signal: AbortSignal): Promise<KongState>;
  /**
   * Makes the target hold `desired`, of which `plan` is the difference to what it holds. One refused
   * entity is left out with its dependants and reported; rejects only where nothing could be applied.
   */
  apply(plan: Plan, desired: KongState, signal: AbortSignal): Promise<ApplyReport>;
  /**
   * Whether the target still holds what was applied last, by the cheapest call there is. `unknown`
   * before the first apply.
   */
  probe(signal: AbortSignal): Promise<'same' | 'drifted' | 'unknown'>;
  /**
   * Whether marks at the target itself say that an entity is ours, besides select and owner tags. Pure.
   */
  owns?(entity: Entity): boolean;
  /**
   * Where everything on the gateway leads, ours and that of others, where `read` does not give the
   * latter. Never partial; without targets where nobody gives out ports, as each upstream has a list of
   * its own.
   */
  places?(wanted: { readonly withTargets: boolean }, signal: AbortSignal): Promise<KongPlaces>;
  /** How long what was applied may take to get to a Kong that this target never sees, in ms. */
  readonly arrivalMs?: number;
  /** Comments and order of the user's files are part of what it holds: it is applied again when they change. */
  readonly keepsText?: true;
  /** A probe costs one small request or a look at a file: it is made on every pass. */
  readonly probesLightly?: true;
  /**
   * What others on a shared gateway have to do with a plan, asked before it is shown or applied: a name
   * that is taken is held back with its dependants and reported, an entity of ours that lost its tags
   * becomes an update. Where it is not asked, `apply` does the same.
   */
  check?(plan: Plan, signal: AbortSignal): Promise<PlanCheck>;
  /** What of a desired state can never be written here, whatever the gateway says. */
  unsupported?(desired: KongState): readonly Failure[];
  /** Ends idle connections; the target can still be used. */
  close?(): void;
}
