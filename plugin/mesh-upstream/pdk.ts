/**
 * The part of Kong's plugin development kit that this plugin may use. The shipped types are too
 * loose to check calls against; Kong itself answers a wrong argument with a 500.
 * In the stock server every call is one round trip to Kong; in ours only one whose result is asked for.
 * All of them exist in both protocols of plugin servers.
 */

/** A Lua `nil` arrives as undefined or null. */
export type Maybe<T> = T | null | undefined;

export interface Pdk {
  readonly client: {
    /** Of the client itself where Kong trusts the proxy in front of it. */
    getForwardedIp(): Promise<Maybe<string>>;
    /** Nil where no plugin has authenticated the request. */
    getConsumer(): Promise<Maybe<{ readonly id?: Maybe<string> }>>;
  };
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
}
