/**
 * What the stand-in gateway's proxy reads of the configuration the Admin API holds.
 *
 * The Admin API is the only writer; the proxy follows it through a {@link ConfigFeed} and never
 * reaches into the store.
 */

/** A plain JSON value, as Kong's Admin API returns one. */
export type JsonValue =
  null | boolean | number | string | readonly JsonValue[] | { readonly [key: string]: JsonValue };

/** How one entity points at another: by id alone, as in Kong's REST shape. */
export interface KongReference {
  readonly id: string;
}

/**
 * One entity in the shape `GET /<entities>/<id>` returns: every default filled in, what is unset is
 * `null`, references are `{id}`.
 */
export interface KongEntity {
  readonly id: string;
  readonly tags?: readonly string[] | null;
  readonly [field: string]: unknown;
}

/** One whole, consistent configuration. A view never changes; a write makes a new one. */
export interface ConfigView {
  /** The configuration hash (32 hex digits). 32 zeros where nothing was configured. */
  readonly hash: string;
  readonly services: readonly KongEntity[];
  readonly routes: readonly KongEntity[];
  readonly plugins: readonly KongEntity[];
  readonly upstreams: readonly KongEntity[];
  /** Targets of all upstreams; each names its own with `upstream: {id}`. */
  readonly targets: readonly KongEntity[];
  readonly consumers: readonly KongEntity[];
  readonly consumerGroups: readonly KongEntity[];
  readonly certificates: readonly KongEntity[];
  readonly snis: readonly KongEntity[];
  readonly caCertificates: readonly KongEntity[];
  /** Credentials, as Kong names their types: `keyauth_credentials`, `basicauth_credentials`, `acls`, ... */
  readonly credentials: Readonly<Record<string, readonly KongEntity[]>>;
}

/** Follows the configuration. */
export interface ConfigFeed {
  /** The newest view. Views are built when asked for and kept until the next write. */
  current(): ConfigView;
  /**
   * Calls the listener after each accepted write (after the whole load in DB-less mode), without the view: ask
   * {@link ConfigFeed.current} for it.
   *
   * @returns a function that ends the subscription.
   */
  onChange(listener: () => void): () => void;
}

/** The hash Kong shows while nothing is configured. */
export const emptyConfigHash = '0'.repeat(32);
