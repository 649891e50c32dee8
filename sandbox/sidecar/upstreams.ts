import { Agent } from 'node:http';
import { isSecured } from '../control-plane/identity';
import type { World } from '../control-plane/views';
import type { Destination } from '../control-plane/destinations';
import { Counters } from './counters';
import { upstreamOf } from './endpoints';
import type { Endpoint, Upstream } from './endpoints';
import { clientCertHeader, IdentityPools } from './identities';
import type { Identity } from './identities';
import { isAllowed } from './permission';

/** Where one attempt goes, and as whom. */
export interface Attempt {
  readonly endpoint: Endpoint;
  /** Whether the destination lets it in. */
  readonly allowed: boolean;
  /** Undefined without mTLS: nobody showed a certificate. */
  readonly clientCert: string | undefined;
}

/** The proxy's upstream side: which endpoint is next, and under which identity it is reached. */
export class Upstreams {
  readonly pools = new IdentityPools();
  readonly counters = new Counters();
  readonly #mesh: string;
  readonly #world: World;
  readonly #turns = new Map<string, number>();
  #agent = new Agent({ keepAlive: true });
  /** What the current certificate says; undefined before the first configuration. */
  identity: Identity | undefined;

  constructor(mesh: string, world: World) {
    this.#mesh = mesh;
    this.#world = world;
  }

  get agent(): Agent {
    return this.#agent;
  }

  of(destination: Destination): Upstream {
    return upstreamOf(destination, this.#mesh, this.#world);
  }

  /** The next endpoint in turn; undefined where there is none. */
  next(destination: Destination): Attempt | undefined {
    const { endpoints } = this.of(destination);
    if (endpoints.length === 0) return undefined;
    const turn = this.#turns.get(destination.key) ?? 0;
    this.#turns.set(destination.key, turn + 1);
    const endpoint = endpoints[turn % endpoints.length] as Endpoint;
    const current = this.identity ?? {
      mesh: this.#mesh,
      service: 'unknown',
      tags: {},
      spiffeId: `spiffe://${this.#mesh}/unknown`,
    };
    const pooled = this.pools.at(destination.key, endpoint, current);
    const secured = isSecured(this.#mesh, this.#world) && endpoint.dataplane !== undefined;
    return {
      endpoint,
      allowed: isAllowed(pooled, endpoint.dataplane, this.#world),
      clientCert: secured ? clientCertHeader(pooled, endpoint) : undefined,
    };
  }

  /** Ends every upstream connection, as a restart does. */
  reset(): void {
    this.#agent.destroy();
    this.#agent = new Agent({ keepAlive: true });
    this.pools.clear();
    this.counters.clear();
  }
}
