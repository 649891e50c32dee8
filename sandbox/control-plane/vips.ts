import type { ResourceChange, ResourceStore } from './store';

/** The second or first octet per kind, as upstream: 241/8, 242/8, 243/8. */
const NETWORKS: Readonly<Record<string, number>> = {
  MeshService: 241,
  MeshExternalService: 242,
  MeshMultiZoneService: 243,
};

export interface VipOptions {
  /**
   * Allocate from 127.241/16, 127.242/16 and 127.243/16 instead: addresses that Linux lets a stand-in
   * sidecar really listen on. 65,536 services of a kind at most.
   */
  readonly loopback: boolean;
  /** How long after its creation a service has its VIP. */
  readonly delayMs: number;
  readonly enabled: boolean;
  /** How long a freed address rests before another service may have it. Default: for ever. */
  readonly restMs?: number | undefined;
}

/** Gives every new MeshService, MeshExternalService and MeshMultiZoneService the next address of its network. */
export class Vips {
  readonly #addresses = new Map<string, string>();
  readonly #next = new Map<string, number>();
  /** Addresses that can be given out again, the one that was freed first at the front. */
  readonly #rested = new Map<string, string[]>();
  readonly #timers = new Set<NodeJS.Timeout>();
  readonly #options: VipOptions;
  readonly #listeners = new Set<() => void>();

  constructor(store: ResourceStore, options: VipOptions) {
    this.#options = options;
    store.onChange((change) => this.#follow(change));
  }

  /** Calls `listener` when a service gets its VIP later than its creation. Returns the way to stop that. */
  onAssigned(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** The VIP of a service; undefined while it has none yet. */
  of(type: string, mesh: string, name: string): string | undefined {
    return this.#addresses.get(`${type}/${mesh}/${name}`);
  }

  stop(): void {
    for (const timer of this.#timers) clearTimeout(timer);
  }

  #follow({ type, mesh, name, previous, current }: ResourceChange): void {
    const network = NETWORKS[type];
    if (network === undefined || !this.#options.enabled) return;
    if (!current) this.#free(type, `${type}/${mesh}/${name}`);
    if (!current || previous) return;
    if (this.#options.delayMs === 0) {
      this.#assign(type, mesh, name, network);
      return;
    }
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      this.#assign(type, mesh, name, network);
      for (const listener of this.#listeners) listener();
    }, this.#options.delayMs);
    this.#timers.add(timer.unref());
  }

  #assign(type: string, mesh: string, name: string, network: number): void {
    const ip = this.#rested.get(type)?.shift() ?? this.#fresh(type, network);
    this.#addresses.set(`${type}/${mesh}/${name}`, ip);
  }

  #fresh(type: string, network: number): string {
    const index = this.#next.get(type) ?? 0;
    this.#next.set(type, index + 1);
    const low = `${(index >> 8) & 255}.${index & 255}`;
    return this.#options.loopback ? `127.${network}.${low}` : `${network}.${index >> 16}.${low}`;
  }

  #free(type: string, key: string): void {
    const ip = this.#addresses.get(key);
    const { restMs } = this.#options;
    this.#addresses.delete(key);
    if (ip === undefined || restMs === undefined) return;
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      this.#rested.set(type, [...(this.#rested.get(type) ?? []), ip]);
    }, restMs);
    this.#timers.add(timer.unref());
  }
}
