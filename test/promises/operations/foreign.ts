/** What others do on a Kong that is shared. */
import { entitiesOf } from '../model/version';
import type { Walk } from '../walk';
import { pickFrom, type Operation } from './operation';

export const foreignOperations: readonly Operation[] = [
  shared('another team adds entities', 2, async ({ others }, _, id) => {
    const service = await others.create('/services', { name: `b${id}`, host: 'crm.internal' });
    const route = { name: `br${id}`, paths: [`/b${id}`] };
    return `${service}, ${await others.create(`/services/b${id}/routes`, route)}`;
  }),
  shared('another team adds a plugin to our route', 3, async ({ others, version }, random) => {
    const route = pickFrom(random, version.routes);
    if (!route) return undefined;
    return others.create(`/routes/${route.name}/plugins`, { name: 'prometheus' }, true);
  }),
  shared('another team adds a route to our service', 2, async ({ others, version }, random, id) => {
    const service = pickFrom(random, version.services);
    if (!service) return undefined;
    const route = { name: `br${id}`, paths: [`/b${id}`] };
    return others.create(`/services/${service.name}/routes`, route, true);
  }),
  shared('another team gives our consumer a key', 2, async ({ others, version }, random, id) => {
    const consumer = pickFrom(random, version.consumers);
    if (!consumer) return undefined;
    return others.create(`/consumers/${consumer.username}/key-auth`, { key: `b-key-${id}` }, true);
  }),
  shared('another team adds a target to our upstream', 1, ({ others }, _, id) => {
    return others.create('/upstreams/pool/targets', { target: `10.0.0.${id % 250}:80` }, true);
  }),
  shared('a route is handed over to another team', 2, async (walk, random) => {
    // Where nothing says what is ours, nothing says that it is not.
    if (!walk.world.settings.tagged) return undefined;
    const route = pickFrom(random, walk.version.routes);
    if (!route) return undefined;
    const { routes, guards, ...rest } = walk.version;
    await walk.write({
      ...rest,
      routes: routes.filter((one) => one !== route),
      guards: guards.filter(({ scope }) => scope.kind !== 'route' || scope.name !== route.name),
    });
    walk.oracle.handedOver(route.path);
    return `${await walk.others.takeOver(`/routes/${route.name}`)}, out of our file`;
  }),
  {
    name: 'somebody deletes one of our entities',
    weight: 2,
    async run({ world, version, others }, random) {
      if (world.settings.target !== 'admin') return undefined;
      const entity = pickFrom(
        random,
        entitiesOf(version).filter((one) => /^(routes|consumers)/.test(one)),
      );
      if (entity === undefined) return undefined;
      await fetch(`${world.sandbox.admin.url}/${entity}`, { method: 'DELETE' });
      // What hung on it went with it, by their hand.
      others.lost('all');
      return entity;
    },
  },
];

function shared(
  name: string,
  weight: number,
  run: (
    walk: Walk,
    random: Parameters<Operation['run']>[1],
    id: number,
  ) => Promise<string | undefined>,
): Operation {
  return {
    name,
    weight,
    run: (walk, random) =>
      walk.world.settings.target === 'admin' ? run(walk, random, walk.fresh()) : undefined,
  };
}
