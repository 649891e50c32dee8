import { createHash } from 'node:crypto';
import { networkingOf } from '../control-plane/resource';
import { issuedIdentityOf } from '../control-plane/identity';
import type { StoredResource, Tags } from '../control-plane/resource';
import type { World } from '../control-plane/views';
import type { Endpoint } from './endpoints';

/** Who the gateway is to its destinations. */
export interface Identity {
  readonly mesh: string;
  readonly service: string;
  readonly tags: Tags;
  readonly spiffeId: string;
}

/**
 * The identity in the certificate of a Dataplane: its service tag, or its workload where there are no tags.
 * Undefined where it has none: such a proxy gets no configuration.
 */
export function identityOf(dataplane: StoredResource, world: World): Identity | undefined {
  const issued = issuedIdentityOf(dataplane, world);
  if (!issued) return undefined;
  const { mesh = '', name, labels } = dataplane;
  const { gateway, inbound } = networkingOf(dataplane);
  const tags = gateway?.tags ?? inbound?.[0]?.tags ?? {};
  const service = tags['kuma.io/service'] ?? labels['kuma.io/workload'] ?? name;
  return { mesh, service, tags, spiffeId: issued.spiffeId };
}

/** `x-forwarded-client-cert`, as a destination's proxy writes it for the application. */
export function clientCertHeader(identity: Identity, endpoint: Endpoint): string {
  const { tags, spiffeId: id } = identity;
  const tagUris = Object.entries(tags).map(([key, value]) => `URI=kuma://${key}/${value}`);
  return [
    `By=${id.slice(0, id.lastIndexOf('/'))}/${endpoint.service}`,
    `Hash=${createHash('sha256').update(id).digest('hex')}`,
    'Subject=""',
    `URI=${id}`,
    ...tagUris,
  ].join(';');
}

/**
 * The identity of each pooled upstream connection. A pool keeps the one it was opened with: after a rename its
 * requests still arrive under the old name, until the endpoint goes away or the proxy restarts (observed).
 */
export class IdentityPools {
  readonly #pools = new Map<string, Identity>();

  /** The identity requests to an endpoint go out under: the pool's, or `current`, which then opens it. */
  at(cluster: string, endpoint: Endpoint, current: Identity): Identity {
    const key = keyOf(cluster, endpoint);
    const pooled = this.#pools.get(key);
    if (pooled) return pooled;
    this.#pools.set(key, current);
    return current;
  }

  /** The connection is lost: the next one has the identity of its time. */
  forget(cluster: string, endpoint: Endpoint): void {
    this.#pools.delete(keyOf(cluster, endpoint));
  }

  /** Drops the pools of clusters that no listener leads to any more. */
  keepOnly(clusters: ReadonlySet<string>): void {
    for (const key of this.#pools.keys()) {
      if (!clusters.has(key.slice(0, key.lastIndexOf('|')))) this.#pools.delete(key);
    }
  }

  clear(): void {
    this.#pools.clear();
  }
}

function keyOf(cluster: string, { host, port }: Endpoint): string {
  return `${cluster}|${host}:${port}`;
}
