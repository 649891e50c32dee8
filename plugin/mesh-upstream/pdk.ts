/**
 * The part of Kong's plugin development kit that this plugin may use. The shipped types are too
 * loose to check calls against; Kong itself answers a wrong argument with a 500.
 * Every call is one round trip to Kong.
 */

/** A Lua `nil` arrives as undefined or null. */
export type Maybe<T> = T | null | undefined;

export interface KongService {
  readonly name?: string | null;
  readonly host: string;
  readonly port: number;
  readonly protocol: string;
}

export interface Pdk {
  readonly request: {
    /** The first value, as the client sent it: for `host` with its port. */
    getHeader(name: string): Promise<Maybe<string>>;
    getHost(): Promise<string>;
    getScheme(): Promise<string>;
  };
  readonly service: {
    /**
     * Retargets the request. A host name needs a Kong service whose own host is a name too, else
     * Kong answers 500. Overwrites the upstream Host with the bare target host.
     */
    setTarget(host: string, port: number): Promise<unknown>;
    setRetries(retries: number): Promise<unknown>;
    readonly request: {
      /** For `Host` only effective after `setTarget`. */
      setHeader(name: string, value: string): Promise<unknown>;
      setScheme(scheme: 'http' | 'https'): Promise<unknown>;
    };
  };
  readonly response: {
    /**
     * Ends the request; resolves at once, so return after it. Always with a body: an absent one in
     * the middle of the arguments makes Kong drop the headers as well.
     */
    exit(
      status: number,
      body: Readonly<Record<string, unknown>>,
      headers: Readonly<Record<string, string>>,
    ): Promise<unknown>;
  };
  readonly router: {
    getService(): Promise<Maybe<KongService>>;
  };
  readonly ctx: {
    readonly shared: {
      get(key: string): Promise<unknown>;
      set(key: string, value: unknown): Promise<unknown>;
    };
  };
  readonly plugin: { getId(): Promise<string> };
}
