import type { DataplaneSpec } from './resource';
import type { IssuedIdentity } from './identity';
import type { StoredResource } from './resource';
import type { ResourceStore } from './store';

export interface ConnectProxyOptions {
  /** Default `default`. */
  readonly mesh?: string;
  readonly name: string;
  /**
   * `api`: started with `--name --mesh`, the Dataplane was created over the API and belongs to it.
   * `file`: started with `--dataplane-file`; the proxy carries its spec and writes it on every new stream.
   */
  readonly mode: 'api' | 'file';
  /** Needed with `file`. */
  readonly spec?: DataplaneSpec;
  /** How long after a refusal the proxy tries again. Default 5,000. */
  readonly reconnectMs?: number;
  /** What its Envoy answers to `/stats`; a proxy without has no Envoy. */
  readonly stats?: () => string;
  /** What its Envoy listens on; without it nothing is known of that. */
  readonly live?: () => readonly LiveListener[];
}

/** A listener that is open. */
export interface LiveListener {
  readonly name: string;
  /** `address:port`. */
  readonly place: string;
}

/** A data plane proxy's stream to the control plane. */
export interface ProxyHandle {
  readonly connected: boolean;
  /** Why the last attempt was refused; undefined once it is accepted. */
  readonly refusal: string | undefined;
  /** Resolves with the first accepted stream from now on, at once where there is one; rejects on disconnect. */
  whenConnected(): Promise<void>;
  /** Cuts the stream, as a network fault would: the proxy tries again at once, and on until it is accepted. */
  cut(): void;
  /** The proxy stops. A Dataplane of mode `file` is deleted after the deregistration delay. */
  disconnect(): void;
}

/** What the control plane remembers of a proxy: the DataplaneInsight. */
export interface Insight {
  readonly online: boolean;
  readonly connectTime: string;
  readonly disconnectTime?: string;
  /** What issued its certificate; undefined in a mesh without mTLS. */
  readonly issuedBackend: string | undefined;
  /** Whose certificates it accepts. */
  readonly trust?: string | undefined;
  /** In its certificate: what it was when that was issued. Undefined where it could not be named. */
  readonly spiffeId: string | undefined;
  /** Its file, where it carries one. */
  readonly carries: string | undefined;
  readonly live: (() => readonly LiveListener[]) | undefined;
}

export interface ProxiesOptions {
  readonly deregistrationMs: number;
  readonly now: () => Date;
  readonly upsert: (mesh: string, name: string, spec: DataplaneSpec) => void;
  /** Who a Dataplane is; undefined where it cannot be named, and so is sent nothing. */
  readonly issue: (dataplane: StoredResource) => IssuedIdentity | undefined;
}

interface Record {
  insight: Insight | undefined;
  active: boolean;
  stats: (() => string) | undefined;
  /** Set while a file-owned Dataplane waits for its deletion: no new stream is accepted meanwhile. */
  deregistration: NodeJS.Timeout | undefined;
}

/** Who is connected, and who owns a Dataplane because of it. */
export class Proxies {
  readonly #records = new Map<string, Record>();
  readonly #handles = new Set<ProxyHandle>();
  #suspended = false;
  readonly #store: ResourceStore;
  readonly #options: ProxiesOptions;

  constructor(store: ResourceStore, options: ProxiesOptions) {
    this.#store = store;
    this.#options = options;
    store.onChange(({ type, mesh, name, current }) => {
      if (type !== 'Dataplane' || current) return;
      const record = this.#records.get(`${mesh}/${name}`);
      if (record && !record.active) record.insight = undefined;
    });
  }

  insightOf(mesh: string, name: string): Insight | undefined {
    return this.#records.get(`${mesh}/${name}`)?.insight;
  }

  /** Asks the proxy itself, so only while its stream is open. */
  statsOf(mesh: string, name: string): string | undefined {
    const record = this.#records.get(`${mesh}/${name}`);
    return record?.active === true ? record.stats?.() : undefined;
  }

  /** A proxy that could not be named, or whose mesh got an identity since, gets its certificate now. */
  renew(mesh: string, name: string): void {
    const record = this.#records.get(`${mesh}/${name}`);
    const dataplane = this.#store.get('Dataplane', mesh, name);
    if (!record?.insight?.online || !dataplane) return;
    const certificate = certificateOf(this.#options.issue(dataplane));
    if (record.insight.issuedBackend === certificate.issuedBackend) return;
    record.insight = { ...record.insight, ...certificate };
  }

  /** Starts a proxy. It is accepted at once where nothing stands against it. */
  connect(options: ConnectProxyOptions): ProxyHandle {
    const handle = new Proxy(options.reconnectMs ?? 5_000, {
      open: () => this.#open(options),
      close: () => this.#close(options),
    });
    this.#handles.add(handle);
    handle.attempt();
    return handle;
  }

  /** Cuts every stream and takes none until `resume`. */
  suspend(): void {
    this.#suspended = true;
    for (const handle of this.#handles) handle.cut();
  }

  resume(): void {
    this.#suspended = false;
  }

  stop(): void {
    for (const handle of this.#handles) handle.disconnect();
    for (const { deregistration } of this.#records.values()) clearTimeout(deregistration);
  }

  /** Accepts a stream, or says why not. */
  #open({
    mesh = 'default',
    name,
    mode,
    spec,
    stats,
    live,
  }: ConnectProxyOptions): string | undefined {
    if (this.#suspended) return 'connection refused';
    const key = `${mesh}/${name}`;
    const record = this.#records.get(key) ?? {
      insight: undefined,
      active: false,
      stats,
      deregistration: undefined,
    };
    this.#records.set(key, record);
    if (record.active || record.deregistration) return 'there is already an active stream';
    if (mode === 'api' && !this.#store.get('Dataplane', mesh, name)) return 'Dataplane not found';
    if (mode === 'file') {
      if (!spec) throw new TypeError('a proxy of mode "file" carries a spec');
      this.#options.upsert(mesh, name, spec);
    }
    const dataplane = this.#store.get('Dataplane', mesh, name);
    record.active = true;
    record.stats = stats;
    record.insight = {
      online: true,
      connectTime: this.#options.now().toISOString(),
      carries: mode === 'file' ? JSON.stringify(spec) : undefined,
      live,
      ...certificateOf(dataplane && this.#options.issue(dataplane)),
    };
    return undefined;
  }

  #close({ mesh = 'default', name, mode }: ConnectProxyOptions): void {
    const record = this.#records.get(`${mesh}/${name}`);
    if (!record?.insight) return;
    const exists = this.#store.get('Dataplane', mesh, name) !== undefined;
    record.active = false;
    record.insight = exists
      ? { ...record.insight, online: false, disconnectTime: this.#options.now().toISOString() }
      : undefined;
    if (mode === 'api') return;
    record.deregistration = setTimeout(() => {
      record.deregistration = undefined;
      this.#store.delete('Dataplane', mesh, name);
    }, this.#options.deregistrationMs).unref();
  }
}

function certificateOf(
  issued: IssuedIdentity | undefined,
): Pick<Insight, 'issuedBackend' | 'trust' | 'spiffeId'> {
  return { issuedBackend: issued?.backend, trust: issued?.trust, spiffeId: issued?.spiffeId };
}

interface Stream {
  readonly open: () => string | undefined;
  readonly close: () => void;
}

class Proxy implements ProxyHandle {
  readonly #reconnectMs: number;
  readonly #stream: Stream;
  readonly #waiting: { resolve: () => void; reject: (error: Error) => void }[] = [];
  #timer: NodeJS.Timeout | undefined;
  #stopped = false;
  connected = false;
  refusal: string | undefined;

  constructor(reconnectMs: number, stream: Stream) {
    this.#reconnectMs = reconnectMs;
    this.#stream = stream;
  }

  attempt(): void {
    this.refusal = this.#stream.open();
    this.connected = this.refusal === undefined;
    if (this.connected) {
      for (const { resolve } of this.#waiting.splice(0)) resolve();
      return;
    }
    this.#timer = setTimeout(() => this.attempt(), this.#reconnectMs).unref();
  }

  whenConnected(): Promise<void> {
    if (this.connected) return Promise.resolve();
    if (this.#stopped) return Promise.reject(new Error('the proxy was disconnected'));
    return new Promise((resolve, reject) => this.#waiting.push({ resolve, reject }));
  }

  cut(): void {
    if (!this.connected) return;
    this.connected = false;
    this.#stream.close();
    this.attempt();
  }

  disconnect(): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
    for (const { reject } of this.#waiting.splice(0))
      reject(new Error('the proxy was disconnected'));
    if (!this.connected) return;
    this.connected = false;
    this.#stream.close();
  }
}
