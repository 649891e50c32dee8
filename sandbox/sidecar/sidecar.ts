import type { ControlPlane } from '../control-plane/control-plane';
import { listenerNameAt } from '../control-plane/destinations';
import { issuedIdentityOf } from '../control-plane/identity';
import type { LiveListener, ProxyHandle } from '../control-plane/proxies';
import type { DataplaneSpec, StoredResource } from '../control-plane/resource';
import { tagSetsOf } from '../control-plane/resource';
import { Configuration } from './configuration';
import type { Pace } from './configuration';
import { Listeners } from './listeners';
import { Upstreams } from './upstreams';

export interface SidecarOptions extends Partial<Pace> {
  readonly controlPlane: ControlPlane;
  /** Default `default`. */
  readonly mesh?: string;
  readonly name: string;
  /** Who owns the Dataplane: the API, or the proxy's file. */
  readonly mode: 'api' | 'file';
  /** Needed with mode `file`. */
  readonly spec?: DataplaneSpec;
  /** How long after a refused stream the proxy tries again. Default 5,000. */
  readonly reconnectMs?: number;
  /** The `kuma.io/service` values its token allows: checked when a stream starts, never later. Default any. */
  readonly tokenServices?: readonly string[];
  /** The workload its token is bound to; null for a token without one. Default any. */
  readonly tokenWorkload?: string | null;
  /**
   * Also listens on the VIP and port of every service of the mesh, as behind a transparent proxy. Works on Linux
   * with `loopbackVips` on the control plane, and for as many services as there may be sockets.
   */
  readonly vips?: boolean;
  /**
   * Addresses outside of the mesh, `host:port`, and where each really is: as behind a transparent proxy,
   * what is sent there passes the proxy, which counts it and knows nothing of it.
   */
  readonly passthrough?: ReadonlyMap<string, string>;
  /**
   * Where this machine really has an address: several gateways of one configuration listen on the same loopback
   * address, each on its own machine. Default: there.
   */
  readonly hereOf?: (address: string) => string;
}

/** A stand-in for kuma-dp and Envoy of a gateway. */
export interface Sidecar {
  /** The open listeners, `address:port`, sorted. */
  readonly listening: readonly string[];
  /** Addresses that could not be listened on, and why. */
  readonly failures: ReadonlyMap<string, string>;
  /** The SPIFFE ID in its certificate; undefined before its first configuration. */
  readonly identity: string | undefined;
  /** Why the control plane does not accept it; undefined while it does. */
  readonly refusal: string | undefined;
  /** Resolves once the proxy is connected and listens on exactly what its Dataplane says; rejects when it stops. */
  whenSettled(): Promise<void>;
  /** Cuts the stream to the control plane. Listeners stay as they are. */
  cut(): void;
  /** Has no way to the control plane until `find`. Listeners stay as they are. */
  lose(): void;
  find(): void;
  /** Stops answering, as a process that is halted: connections are taken by the kernel, requests wait. */
  pause(): void;
  /** Goes on; what waits is answered. */
  resume(): void;
  /** From now on it follows its Dataplane at another pace. */
  setPace(pace: Partial<Pace>): void;
  /** Ends the process and starts it again, with another file where one is given. Resolves when it has started. */
  restart(spec?: DataplaneSpec): Promise<void>;
  /** Resolves when nothing listens and nothing is connected. */
  stop(): Promise<void>;
}

/** Starts one. It listens once it is connected and its Dataplane exists; see `whenSettled`. */
export function startSidecar(options: SidecarOptions): Sidecar {
  return new RunningSidecar(options);
}

class RunningSidecar implements Sidecar {
  readonly #options: SidecarOptions;
  readonly #upstreams: Upstreams;
  readonly #listeners: Listeners;
  readonly #configuration: Configuration;
  #spec: DataplaneSpec | undefined;
  #proxy: ProxyHandle | undefined;
  #tokenRefusal: string | undefined;

  constructor(options: SidecarOptions) {
    const { controlPlane, mesh = 'default', name } = options;
    this.#options = options;
    this.#spec = options.spec;
    this.#upstreams = new Upstreams(mesh, controlPlane.world);
    this.#listeners = new Listeners(this.#upstreams);
    this.#configuration = new Configuration(this.#listeners, this.#upstreams, {
      ...options,
      controlPlane,
      mesh,
      name,
      isConnected: () => this.#proxy?.connected === true,
    });
    this.#start();
  }

  get listening(): readonly string[] {
    return this.#listeners.listening();
  }

  get failures(): ReadonlyMap<string, string> {
    return this.#listeners.failures;
  }

  get identity(): string | undefined {
    return this.#upstreams.identity?.spiffeId;
  }

  get refusal(): string | undefined {
    return this.#tokenRefusal ?? this.#proxy?.refusal;
  }

  whenSettled(): Promise<void> {
    if (this.#tokenRefusal !== undefined) return Promise.reject(new Error(this.#tokenRefusal));
    return this.#configuration.whenSettled();
  }

  cut(): void {
    this.#configuration.renew();
    this.#proxy?.cut();
    this.#followWhenConnected();
  }

  lose(): void {
    this.#proxy?.disconnect();
  }

  find(): void {
    if (this.#proxy?.connected === true) return;
    this.#configuration.renew();
    this.#proxy?.disconnect();
    this.#start();
  }

  pause(): void {
    this.#listeners.pause();
  }

  resume(): void {
    this.#listeners.resume();
  }

  setPace(pace: Partial<Pace>): void {
    this.#configuration.setPace(pace);
  }

  async restart(spec?: DataplaneSpec): Promise<void> {
    this.#spec = spec ?? this.#spec;
    this.#proxy?.disconnect();
    this.#configuration.clear();
    await this.#listeners.closeAll();
    this.#upstreams.reset();
    this.#start();
  }

  async stop(): Promise<void> {
    this.#proxy?.disconnect();
    this.#configuration.stop();
    await this.#listeners.closeAll();
    this.#upstreams.reset();
  }

  #start(): void {
    const { controlPlane, mesh = 'default', name, mode, reconnectMs } = this.#options;
    this.#tokenRefusal = this.#checkToken();
    if (this.#tokenRefusal !== undefined) return;
    this.#proxy = controlPlane.connectProxy({
      mesh,
      name,
      mode,
      stats: () => this.#upstreams.counters.text(),
      ...(this.#spec && { spec: this.#spec }),
      ...(reconnectMs !== undefined && { reconnectMs }),
      live: () => this.#live(),
    });
    this.#followWhenConnected();
  }

  #live(): readonly LiveListener[] {
    const { world } = this.#options.controlPlane;
    return this.listening.flatMap((place) => {
      const to = this.#listeners.destinationOf(place);
      return to ? [{ name: listenerNameAt(place, to, world), place }] : [];
    });
  }

  #followWhenConnected(): void {
    this.#proxy?.whenConnected().then(
      () => this.#configuration.follow(),
      // It was stopped while it waited.
      () => undefined,
    );
  }

  /** A token for one service does not let a renamed Dataplane in again (observed). */
  #checkToken(): string | undefined {
    const { controlPlane, mesh = 'default', name, mode, tokenServices } = this.#options;
    const stored = controlPlane.world.store.get('Dataplane', mesh, name);
    const carried = this.#spec?.networking.gateway?.tags;
    const tags = mode === 'file' ? carried : stored && tagSetsOf(stored)[0];
    const service = tags?.['kuma.io/service'];
    const refusal = stored && this.#checkWorkload(stored);
    if (refusal !== undefined) return refusal;
    if (!tokenServices || service === undefined || tokenServices.includes(service))
      return undefined;
    return `dataplane contains tag kuma.io/service with value ${service} which is not allowed with this token`;
  }

  /** Where the identity comes from the workload, the token must be bound to it (seen). */
  #checkWorkload(dataplane: StoredResource): string | undefined {
    const { controlPlane, tokenWorkload } = this.#options;
    const workload = dataplane.labels['kuma.io/workload'];
    if (tokenWorkload === undefined || controlPlane.world.flavour.tags) return undefined;
    if (issuedIdentityOf(dataplane, controlPlane.world)?.backend === undefined) return undefined;
    if (tokenWorkload === null) {
      return 'dataplane derives its identity from the workload, so it requires a workload-bound token';
    }
    if (tokenWorkload === workload) return undefined;
    return `the token is for workload "${tokenWorkload}", the dataplane has "${workload ?? ''}"`;
  }
}
