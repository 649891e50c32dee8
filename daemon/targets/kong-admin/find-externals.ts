/** Finds at the gateway what the files refer to and do not define. */
import type { Entity, ExternalReference, KongState } from '../../kong/model';
import { identityOf, type Identity } from '../../plan/dependants';
import { isRawEntity } from './list-pages';
import type { ReadContext } from './read-entities';
import { resources } from './resources';
import { runBounded } from './run-bounded';

export interface FoundExternals {
  /** Real ids, by the identities that the references have. */
  readonly ids: ReadonlyMap<Identity, string>;
  readonly state: Pick<KongState, 'externals'>;
}

/**
 * Looks into what was read first: only what others have on a shared gateway is asked for one by one.
 * @throws MeshdError what the client throws.
 */
export async function findExternals(
  externals: readonly ExternalReference[],
  current: readonly Entity[],
  context: Pick<ReadContext, 'client' | 'parallelism' | 'signal'>,
): Promise<FoundExternals> {
  const ids = new Map<Identity, string>();
  if (externals.length === 0) return { ids, state: {} };
  const known = new Map(
    current.flatMap((entity) => textsOf(entity).map((text) => [text, entity.id])),
  );
  await runBounded(externals, context.parallelism, async (external) => {
    const { type, id, name = id } = external;
    const found = known.get(`${type}/${name}`) ?? (await ask(external, context));
    if (found !== undefined) ids.set(identityOf(external), found);
  });
  const looked = externals.map((external) => {
    const id = ids.get(identityOf(external));
    return id === undefined ? { ...external, isMissing: true as const } : { ...external, id };
  });
  return { ids, state: { externals: looked } };
}

/** How a reference may name an entity. */
function textsOf({ type, id, fields }: Entity): readonly string[] {
  const { name: field } = resources[type] ?? {};
  const name = field === undefined ? undefined : fields[field];
  return [`${type}/${id}`, ...(typeof name === 'string' ? [`${type}/${name}`] : [])];
}

/** As a segment of a path; absent where a URL takes it for a step in the path, as no entity has that name. */
function segmentOf({ id, name = id }: ExternalReference): string | undefined {
  return name === '.' || name === '..' ? undefined : encodeURIComponent(name);
}

/** Upstreams whose targets are read although they are not ours, as segments of a path. */
export function externalUpstreams({ externals = [] }: KongState): readonly string[] {
  return externals
    .flatMap((external) => (external.type === 'upstreams' ? [segmentOf(external)] : []))
    .filter((segment) => segment !== undefined)
    .sort();
}

async function ask(
  external: ExternalReference,
  { client, signal }: Pick<ReadContext, 'client' | 'signal'>,
): Promise<string | undefined> {
  const { collection } = resources[external.type] ?? {};
  const segment = segmentOf(external);
  if (collection === undefined || segment === undefined) return undefined;
  const path = `${collection}/${segment}`;
  // 400: a name that Kong takes from nobody.
  const accept = [400, 404];
  const { status, data } = await client.request({ method: 'GET', path, accept }, signal);
  return status === 200 && isRawEntity(data) ? data.id : undefined;
}
