/** Looking for drift without listing everything: Kong has no hash, count or watermark in this mode. */
import type { Entity, EntityType } from '../../kong/model';
import { equalContent } from '../../plan/compare-fields';
import { identityOf, type Identity } from '../../plan/dependants';
import { readList, readPage, type RawEntity } from './list-pages';
import { targetsOf, type ReadContext } from './read-entities';
import { listedTypes } from './resources';
import { runBounded } from './run-bounded';

export interface ProbeContext extends ReadContext {
  /** Types that this Kong lists. */
  readonly types: ReadonlySet<EntityType>;
}

/** Upstreams whose targets one probe looks at. */
const upstreamsAtOnce = 10;

/**
 * Goes round: each probe compares one page of 1,000 of every type, and the targets of ten upstreams,
 * with what should be there, and the next one goes on behind. So the calls do not grow with the
 * configuration; up to 1,000 entities of a type are seen whole each time, and with n pages a change,
 * removal or addition is seen after n probes at the latest. Lists are sorted by id (seen), so a page
 * tells what is missing as well.
 */
export class RoundProbe {
  private readonly byId = new Map<Identity, Entity>();
  private readonly idsByType = new Map<EntityType, string[]>();
  private readonly targetsByUpstream = new Map<string, Entity[]>();
  private readonly cursors: Map<EntityType, { offset: string; after: string }>;
  private upstreamAt: number;

  /** @param before the probe of what was held before: this one goes on where that one stands. */
  constructor(held: readonly Entity[], before?: RoundProbe) {
    this.cursors = before?.cursors ?? new Map<EntityType, { offset: string; after: string }>();
    this.upstreamAt = before?.upstreamAt ?? 0;
    for (const entity of held) {
      this.byId.set(identityOf(entity), entity);
      const ids = this.idsByType.get(entity.type);
      if (ids) ids.push(entity.id);
      else this.idsByType.set(entity.type, [entity.id]);
      const upstream = entity.type === 'targets' ? entity.references['upstream'] : undefined;
      if (!upstream) continue;
      const targets = this.targetsByUpstream.get(upstream.id);
      if (targets) targets.push(entity);
      else this.targetsByUpstream.set(upstream.id, [entity]);
    }
    for (const ids of this.idsByType.values()) ids.sort();
  }

  /** @returns whether all that it looked at is as it should be. */
  async look(context: ProbeContext): Promise<boolean> {
    const wanted: Entity[] = [];
    const found = new Map<Identity, Entity>();
    const take = async (type: EntityType, items: readonly RawEntity[]) => {
      const entities = await context.canonical(type, { items, version: undefined });
      for (const entity of entities) found.set(identityOf(entity), entity);
    };
    const lists = listedTypes.filter(([type]) => context.types.has(type));
    await runBounded(lists, context.parallelism, async ([type, path]) => {
      await take(type, await this.readNext(context, type, path, wanted));
    });
    await take('targets', await this.readTargets(context, wanted));
    if (found.size !== wanted.length) return false;
    return wanted.every((entity) => {
      const other = found.get(identityOf(entity));
      return other !== undefined && equalContent(other, entity);
    });
  }

  private async readNext(
    { client, ownership, signal }: ProbeContext,
    type: EntityType,
    path: string,
    wanted: Entity[],
  ): Promise<readonly RawEntity[]> {
    const cursor = this.cursors.get(type);
    const query = { tags: ownership.selectTags, offset: cursor?.offset };
    const page = await readPage(client, path, query, signal);
    const last = page?.items.at(-1)?.id;
    const upTo = page?.offset === undefined ? undefined : last;
    if (page?.offset === undefined || last === undefined) this.cursors.delete(type);
    else this.cursors.set(type, { offset: page.offset, after: last });
    for (const id of this.idsByType.get(type) ?? []) {
      const behind = cursor === undefined || id > cursor.after;
      const entity = behind && (upTo === undefined || id <= upTo) && this.byId.get(`${type}/${id}`);
      if (entity) wanted.push(entity);
    }
    return page?.items ?? [];
  }

  private async readTargets(
    { client, ownership, parallelism, signal }: ProbeContext,
    wanted: Entity[],
  ): Promise<readonly RawEntity[]> {
    const upstreams = this.idsByType.get('upstreams') ?? [];
    const chosen = upstreams.slice(this.upstreamAt, this.upstreamAt + upstreamsAtOnce);
    this.upstreamAt += upstreamsAtOnce;
    if (this.upstreamAt >= upstreams.length) this.upstreamAt = 0;
    const targets: RawEntity[] = [];
    await runBounded(chosen, parallelism, async (id) => {
      for (const target of await readList(client, targetsOf(id), signal)) {
        if (ownership.owns(target['tags'])) targets.push(target);
      }
    });
    for (const id of chosen) wanted.push(...(this.targetsByUpstream.get(id) ?? []));
    return targets;
  }
}
