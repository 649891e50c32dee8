/** Where everything on a shared gateway leads: others' entities lead to the same sidecar as ours. */
import { splitTarget } from '../../kong/target-address';
import type { KongPlaces } from '../target';
import { readList } from './list-pages';
import { targetsOf, type ReadContext } from './read-entities';
import { runBounded } from './run-bounded';

/** Raw lists without any tags: what kind of entity leads to an address does not matter. */
export async function readPlaces(
  { client, parallelism, signal }: Pick<ReadContext, 'client' | 'parallelism' | 'signal'>,
  withTargets: boolean,
): Promise<KongPlaces> {
  const [services, upstreams] = await Promise.all([
    readList(client, '/services', signal),
    readList(client, '/upstreams', signal),
  ]);
  const targets: KongPlaces['targets'][number][] = [];
  await runBounded(withTargets ? upstreams : [], parallelism, async ({ id }) => {
    for (const { id: targetId, target } of await readList(client, targetsOf(id), signal)) {
      const place = typeof target === 'string' ? splitTarget(target) : undefined;
      if (place) targets.push({ id: targetId, ...place });
    }
  });
  return {
    services: services.flatMap(({ id, host, port }) =>
      typeof host === 'string' && typeof port === 'number' ? [{ id, host, port }] : [],
    ),
    targets,
    upstreams: upstreams.flatMap(({ name }) => (typeof name === 'string' ? [name] : [])).sort(),
  };
}
