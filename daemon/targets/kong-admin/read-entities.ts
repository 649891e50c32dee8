/** The whole of what is ours on a gateway, listed in parallel. */
import type { Entity, EntityType } from '../../kong/model';
import { identityOf, type Identity } from '../../plan/dependants';
import type { ReportProgress } from '../../progress';
import { targetErrors } from '../errors';
import type { KongClient } from '../kong-http/client';
import { eachPage, type Page, type RawEntity } from './list-pages';
import type { Ownership } from './ownership';
import { listedTypes } from './resources';
import { runBounded } from './run-bounded';

export interface Listing {
  /** Ours, in canonical form and in no particular order. */
  readonly entities: readonly Entity[];
  /** Targets of others on upstreams of ours: the lists have them, and they may hold an address. */
  readonly foreignTargets: readonly RawEntity[];
  /** Types that this Kong lists. */
  readonly types: ReadonlySet<EntityType>;
}

export interface ReadContext {
  readonly client: KongClient;
  readonly ownership: Ownership;
  readonly parallelism: number;
  /**
   * Entities as Kong gives them, in canonical form. Done page by page: what Kong gives takes many times
   * the room of what is kept of it.
   */
  readonly canonical: (
    type: EntityType,
    page: Pick<Page, 'items' | 'version'>,
  ) => Promise<readonly Entity[]>;
  readonly signal: AbortSignal;
  readonly progress?: ReportProgress | undefined;
}

/**
 * Lists every type by 1,000, and the targets of each upstream, as there is no list of all targets.
 * @param others upstreams of others that have targets of ours, by name or id as in a path.
 * @throws MeshdError KONG_NOT_FOUND where not even services are there, or what the client throws.
 */
export async function readEntities(
  context: ReadContext,
  others: readonly string[] = [],
): Promise<Listing> {
  const { client, ownership, parallelism, canonical, signal, progress } = context;
  const byId = new Map<Identity, Entity>();
  const types = new Set<EntityType>();
  const foreignTargets: RawEntity[] = [];

  async function take(type: EntityType, page: Pick<Page, 'items' | 'version'>): Promise<void> {
    for (const entity of await canonical(type, page)) byId.set(identityOf(entity), entity);
    progress?.({ step: 'reading what Kong holds', done: byId.size });
  }

  async function listType([type, path]: readonly [EntityType, string]): Promise<void> {
    for (const tags of ownership.listings) {
      if (await eachPage(client, path, tags, signal, (page) => take(type, page))) types.add(type);
    }
  }

  async function listTargets(id: string): Promise<void> {
    await eachPage(client, targetsOf(id), [], signal, async ({ items, version }) => {
      const ours = items.filter(({ tags }) => ownership.owns(tags));
      for (const item of items) if (!ownership.owns(item['tags'])) foreignTargets.push(item);
      if (ours.length > 0) await take('targets', { items: ours, version });
    });
  }

  await runBounded(listedTypes, parallelism, listType);
  if (!types.has('services')) {
    throw targetErrors.error('KONG_NOT_FOUND', { url: client.url, path: '/services' });
  }
  const upstreams = [...byId.values()].filter(({ type }) => type === 'upstreams');
  const ids = upstreams.map(({ id }) => id);
  await runBounded([...ids, ...others], parallelism, listTargets);
  return { entities: [...byId.values()], foreignTargets, types };
}

/**
 * Every target of an upstream, also of those with over 1,000: this list goes on behind an id, while the
 * shorter path counts rows and skips one for each that is deleted between two pages (seen).
 */
export function targetsOf(upstreamId: string): string {
  return `/upstreams/${upstreamId}/targets/all`;
}
