import type { ControlPlane } from '../control-plane/control-plane';
import { listenersOf, vipListenersOf } from '../control-plane/destinations';
import type { Destination } from '../control-plane/destinations';
import { passthroughCluster } from './counters';
import { identityOf } from './identities';
import type { Identity } from './identities';
import type { Listeners } from './listeners';
import type { Upstreams } from './upstreams';

/** How fast the proxy follows its Dataplane. The defaults are what was observed. */
export interface Pace {
  /**
   * From the change to the listener: milliseconds, or a range to draw from. Default 700 to 2,000, or as long
   * as the control plane's refresh interval takes.
   */
  readonly listenMs: number | readonly [min: number, max: number];
  /** From the removal to the listener's end. Default 1,700. */
  readonly closeMs: number;
  /** From a rename to the new certificate. Default 1,000. */
  readonly identityMs: number;
  /** How long an open connection of a removed listener may stay. Default 5,000. */
  readonly drainMs: number;
  /** Where the draws from `listenMs` start: the same seed draws the same delays. Default 1. */
  readonly seed: number;
}

export interface ConfigurationOptions extends Partial<Pace> {
  readonly controlPlane: ControlPlane;
  readonly mesh: string;
  readonly name: string;
  readonly vips?: boolean;
  readonly passthrough?: ReadonlyMap<string, string>;
  readonly hereOf?: (address: string) => string;
  readonly isConnected: () => boolean;
}

/** Follows one Dataplane, at the pace of a real proxy. While it is missing or unreachable the last state stays. */
export class Configuration {
  readonly #listeners: Listeners;
  readonly #upstreams: Upstreams;
  #options: ConfigurationOptions;
  readonly #unsubscribe: readonly (() => void)[];
  readonly #pending = new Map<string, NodeJS.Timeout>();
  #wanted: ReadonlyMap<string, Destination> = new Map();
  #identity: Identity | undefined;
  /** In the certificate that it has. */
  #certified: Identity | undefined;
  #queued: NodeJS.Immediate | undefined;
  #waiting: { resolve: () => void; reject: (error: Error) => void }[] = [];
  #busy = 0;
  #random: number;

  constructor(listeners: Listeners, upstreams: Upstreams, options: ConfigurationOptions) {
    this.#listeners = listeners;
    this.#upstreams = upstreams;
    this.#options = options;
    this.#random = options.seed ?? 1;
    const { controlPlane } = options;
    this.#unsubscribe = [
      controlPlane.onChange(({ type, mesh }) => {
        if (mesh === options.mesh || type === 'Mesh') this.follow();
      }),
      controlPlane.world.vips.onAssigned(() => this.follow()),
    ];
  }

  /** Looks at the Dataplane again, once for however many changes there were in this turn of the event loop. */
  follow(): void {
    this.#queued ??= setImmediate(() => {
      this.#queued = undefined;
      this.#evaluate();
      this.#tellSettled();
    });
  }

  whenSettled(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ resolve, reject });
      this.#tellSettled();
    });
  }

  setPace(pace: Partial<Pace>): void {
    this.#options = { ...this.#options, ...pace };
  }

  /** Forgets what was configured, as the end of the process does. */
  clear(): void {
    for (const timer of this.#pending.values()) clearTimeout(timer);
    this.#pending.clear();
    this.#wanted = new Map();
    this.#identity = undefined;
    this.#certified = undefined;
    this.#upstreams.identity = undefined;
  }

  /** The next certificate names whoever the Dataplane is by then. */
  renew(): void {
    this.#certified = undefined;
  }

  stop(): void {
    this.clear();
    clearImmediate(this.#queued);
    for (const unsubscribe of this.#unsubscribe) unsubscribe();
    for (const { reject } of this.#waiting.splice(0)) reject(new Error('the sidecar was stopped'));
  }

  #evaluate(): void {
    const { controlPlane, mesh, name, vips, passthrough, isConnected } = this.#options;
    const { hereOf = (same) => same } = this.#options;
    const { world } = controlPlane;
    const dataplane = world.store.get('Dataplane', mesh, name);
    if (!dataplane || !isConnected()) return;
    const identity = identityOf(dataplane, world);
    // Who cannot be named is sent nothing, and keeps what it has.
    if (!identity) return;
    const wanted = new Map(listenersOf(dataplane, world));
    for (const [key, destination] of vips === true ? vipListenersOf(mesh, world) : []) {
      wanted.set(key, destination);
    }
    for (const [key, to] of passthrough ?? []) wanted.set(key, passedOnTo(to));
    this.#wanted = new Map([...wanted].map(([key, to]) => [relocated(key, hereOf), to]));
    world.proxies.renew(mesh, name);
    // A certificate stays what it was when the label changes; with tags a rename brings a new one.
    const pinned = !world.flavour.tags && this.#certified;
    this.#identity = pinned ? this.#certified : identity;
    this.#certified = this.#identity;
    this.#schedule();
  }

  #schedule(): void {
    const { identityMs = 1_000 } = this.#options;
    const closeMs = this.#options.closeMs ?? paceOf(this.#options.controlPlane.refreshMs).closeMs;
    const listenMs = this.#drawListenMs();
    for (const [key, { key: cluster }] of this.#wanted) {
      if (this.#listeners.destinationOf(key)?.key !== cluster) this.#later(key, listenMs);
    }
    for (const key of this.#listeners.keys()) {
      if (!this.#wanted.has(key)) this.#later(key, closeMs);
    }
    // The first certificate comes with the first configuration.
    if (!this.#upstreams.identity) this.#upstreams.identity = this.#identity;
    else if (this.#isRenamed()) this.#later(IDENTITY, identityMs);
  }

  #later(key: string, delayMs: number): void {
    if (this.#pending.has(key)) return;
    const timer = setTimeout(() => void this.#apply(key), delayMs).unref();
    this.#pending.set(key, timer);
  }

  /** Brings one listener, or the identity, to what is wanted by now. */
  async #apply(key: string): Promise<void> {
    this.#pending.delete(key);
    const wanted = this.#wanted.get(key);
    if (key === IDENTITY) this.#upstreams.identity = this.#identity;
    else if (!wanted) this.#listeners.close(key, this.#options.drainMs ?? 5_000);
    else {
      this.#busy += 1;
      await this.#listeners.set(key, wanted);
      this.#busy -= 1;
    }
    this.#upstreams.pools.keepOnly(new Set([...this.#wanted.values()].map((one) => one.key)));
    this.#tellSettled();
  }

  #isRenamed(): boolean {
    return JSON.stringify(this.#upstreams.identity) !== JSON.stringify(this.#identity);
  }

  #tellSettled(): void {
    const { isConnected } = this.#options;
    if (
      this.#pending.size > 0 ||
      this.#busy > 0 ||
      this.#queued ||
      !isConnected() ||
      !this.#identity
    )
      return;
    for (const { resolve } of this.#waiting.splice(0)) resolve();
  }

  #drawListenMs(): number {
    const { listenMs = paceOf(this.#options.controlPlane.refreshMs).listenMs } = this.#options;
    if (typeof listenMs === 'number') return listenMs;
    const [min, max] = listenMs;
    // A linear congruential step: enough for a delay, and the same on every run.
    this.#random = (this.#random * 1_103_515_245 + 12_345) % 2_147_483_648;
    return min + (this.#random / 2_147_483_648) * (max - min);
  }
}

/** At a refresh interval of 10 s listeners were seen 6.9 to 9.8 s after the write, and gone after 10 s. */
function paceOf(refreshMs: number): Pick<Pace, 'listenMs' | 'closeMs'> {
  if (refreshMs <= 1_000) return { listenMs: [700, 2_000], closeMs: 1_700 };
  return { listenMs: [0.69 * refreshMs, 0.98 * refreshMs], closeMs: refreshMs };
}

const IDENTITY = 'identity';

function passedOnTo(address: string): Destination {
  const colon = address.lastIndexOf(':');
  const [host, port] = [address.slice(0, colon), Number(address.slice(colon + 1))];
  return { by: 'passthrough', key: address, cluster: passthroughCluster, host, port };
}

function relocated(key: string, hereOf: (address: string) => string): string {
  const colon = key.lastIndexOf(':');
  return `${hereOf(key.slice(0, colon))}${key.slice(colon)}`;
}
