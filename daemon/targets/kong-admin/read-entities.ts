/** The whole of what is ours on a gateway, listed in parallel. */
import type { EntityType } from '../../kong/model';
import { targetErrors } from '../errors';
import type { KongClient } from '../kong-http/client';
import { readList, type RawEntity } from './list-pages';
import type { Ownership } from './ownership';
import { listedTypes } from './resources';
import { runBounded } from './run-bounded';

export interface Listing {
  /** Ours, by type. */
  readonly owned: ReadonlyMap<EntityType, readonly RawEntity[]>;
  /** Targets of others on upstreams of ours: the lists have them, and they may hold an address. */
  readonly foreignTargets: readonly RawEntity[];
  /** Types that this Kong lists. */
  readonly types: ReadonlySet<EntityType>;
  readonly version: string | undefined;
}

/**
 * Lists every type by 1,000, and the targets of each upstream, as there is no list of all targets.
 * @throws MeshdError KONG_NOT_FOUND where not even services are there, or what the client throws.
 */
export async function readEntities(
  client: KongClient,
  ownership: Ownership,
  parallelism: number,
  signal: AbortSignal,
): Promise<Listing> {
  const owned = new Map<EntityType, readonly RawEntity[]>();
  const types = new Set<EntityType>();
  const targets: RawEntity[] = [];
  const foreignTargets: RawEntity[] = [];
  let version: string | undefined;

  async function listType([type, path]: readonly [EntityType, string]): Promise<void> {
    const byId = new Map<string, RawEntity>();
    for (const tags of ownership.listings) {
      const list = await readList(client, path, tags, signal);
      if (!list) continue;
      types.add(type);
      version ??= list.version;
      for (const item of list.items) byId.set(item.id, item);
    }
    owned.set(type, [...byId.values()]);
  }

  async function listTargets({ id }: RawEntity): Promise<void> {
    const list = await readList(client, targetsOf(id), [], signal);
    for (const target of list?.items ?? []) {
      (ownership.owns(target['tags']) ? targets : foreignTargets).push(target);
    }
  }

  await runBounded(listedTypes, parallelism, listType);
  if (!types.has('services')) {
    throw targetErrors.error('KONG_NOT_FOUND', { url: client.url, path: '/services' });
  }
  await runBounded(owned.get('upstreams') ?? [], parallelism, listTargets);
  owned.set('targets', targets);
  return { owned, foreignTargets, types, version };
}

/**
 * Every target of an upstream, also of those with over 1,000: this list goes on behind an id, while the
 * shorter path counts rows and skips one for each that is deleted between two pages (seen).
 */
export function targetsOf(upstreamId: string): string {
  return `/upstreams/${upstreamId}/targets/all`;
}
