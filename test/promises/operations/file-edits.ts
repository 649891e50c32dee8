/** Edits that the user means, without a mistake. */
import type { Random } from '../../faults/random';
import type { GuardModel, Link, Scope, ServiceModel, Version } from '../model/version';
import type { Walk } from '../walk';
import type { Backends } from '../world/backends';
import { pickFrom, type Operation } from './operation';

export const meshServices = ['orders', 'payments', 'carts', 'users', 'stock'] as const;
const links: readonly [Link, ...Link[]] = ['tag', 'service-plugin', 'route-plugin', 'none'];
const mostServices = 6;
const mostRoutes = 10;
const mostGuards = 5;

export const fileEdits: readonly Operation[] = [
  edit('add a service', 4, (version, random, fresh, { world }) => {
    if (version.services.length >= mostServices) return undefined;
    const service = newService(`s${fresh()}`, random, world.backends);
    if (!service) return undefined;
    const route = { name: `r${fresh()}`, path: newPath(fresh()), service: service.name };
    const services = [...version.services, service];
    return { ...version, services, routes: [...version.routes, route] };
  }),
  edit('remove a service', 3, (version, random) => {
    const service = version.services.length > 1 ? pickFrom(random, version.services) : undefined;
    return service && withoutService(version, service.name);
  }),
  edit('add a route', 3, (version, random, fresh) => {
    const service = pickFrom(random, version.services);
    if (!service || version.routes.length >= mostRoutes) return undefined;
    const route = { name: `r${fresh()}`, path: newPath(fresh()), service: service.name };
    const next = { ...version, routes: [...version.routes, route] };
    if (random.next() < 0.5 || version.guards.length >= mostGuards) return next;
    const guard: GuardModel = { id: fresh(), scope: { kind: 'route', name: route.name } };
    return { ...next, guards: [...version.guards, guard] };
  }),
  edit('remove a route', 2, (version, random) => {
    const route = pickFrom(random, version.routes);
    return route && withoutRoute(version, route.name);
  }),
  edit('rename a route', 3, (version, random, fresh) => {
    const route = pickFrom(random, version.routes);
    return route && renameRoute(version, route.name, `r${fresh()}`);
  }),
  edit('rename a service', 3, (version, random, fresh) => {
    const service = pickFrom(random, version.services);
    return service && renameService(version, service.name, `s${fresh()}`);
  }),
  edit('move a route to another service', 3, (version, random) => {
    const route = pickFrom(random, version.routes);
    const service = pickFrom(random, version.services);
    if (!route || !service) return undefined;
    const routes = version.routes.map((one) =>
      one === route ? { ...one, service: service.name } : one,
    );
    return { ...version, routes };
  }),
  edit('point a service elsewhere', 4, (version, random, _, { world }) => {
    const service = pickFrom(random, version.services);
    const next = service && newService(service.name, random, world.backends);
    return next && changeService(version, next);
  }),
  edit('add a guard', 4, (version, random, fresh) => addGuard(version, random, fresh)),
  edit('remove a guard', 2, (version, random) => {
    const guard = pickFrom(random, version.guards);
    return guard && { ...version, guards: version.guards.filter((one) => one !== guard) };
  }),
  edit('move a guard', 5, (version, random) => moveGuard(version, random)),
  edit('leave secrets to Kong', 2, (version) => ({ ...version, madeUp: version.madeUp !== true })),
  edit('rename a consumer', 2, (version, random, fresh) => {
    const consumer = pickFrom(random, version.consumers);
    const username = `a${fresh()}`;
    const consumers = version.consumers.map((one) =>
      one === consumer ? { ...one, username } : one,
    );
    return { ...version, consumers };
  }),
];

/** None begins with another one: Kong would lead that there as well. */
function newPath(id: number): string {
  return `/p${id}-`;
}

type Change = (
  version: Version,
  random: Random,
  fresh: () => number,
  walk: Walk,
) => Version | undefined;

export function edit(name: string, weight: number, change: Change): Operation {
  return {
    name,
    weight,
    async run(walk: Walk, random) {
      const next = change(walk.version, random, () => walk.fresh(), walk);
      if (!next) return undefined;
      await walk.write(next);
      return describeDifference(walk.before, next);
    },
  };
}

/** The lines of a version that are new in it. */
function describeDifference(before: Version, next: Version): string {
  const lines = (version: Version): string[] => [
    ...version.services.map(({ name, link, target }) => `${name} to ${target} by ${link}`),
    ...version.routes.map(({ name, path, service }) => `${name} ${path} of ${service}`),
    ...version.guards.map((guard) => `guard ${guard.id} ${JSON.stringify(guard)}`),
    ...version.consumers.map(({ username }) => `consumer ${username}`),
    ...(version.madeUp === true ? ['secrets that Kong makes up'] : []),
    ...(version.mistake === undefined ? [] : [version.mistake]),
  ];
  const was = new Set(lines(before));
  const is = new Set(lines(next));
  const gone = [...was].filter((line) => !is.has(line)).map((line) => `-${line}`);
  const come = [...is].filter((line) => !was.has(line)).map((line) => `+${line}`);
  return [...gone, ...come].join(', ');
}

/** Undefined where only a copy in another zone has the name: then it is not known who is meant. */
function newService(
  name: string,
  random: Random,
  { present, namesakes }: Backends,
): ServiceModel | undefined {
  const link = random.pick(links);
  if (link === 'none') return { name, link, target: 'crm.internal' };
  const target = random.pick(meshServices);
  return namesakes.has(target) && !present.has(target) ? undefined : { name, link, target };
}

function changeService(version: Version, service: ServiceModel): Version {
  const services = version.services.map((one) => (one.name === service.name ? service : one));
  return { ...version, services };
}

function withoutRoute(version: Version, name: string): Version {
  return {
    ...version,
    routes: version.routes.filter((one) => one.name !== name),
    guards: version.guards.filter(({ scope }) => scope.kind !== 'route' || scope.name !== name),
  };
}

function withoutService(version: Version, name: string): Version {
  const routes = version.routes.filter(({ service }) => service === name);
  const rest = routes.reduce((kept, route) => withoutRoute(kept, route.name), version);
  return {
    ...rest,
    services: rest.services.filter((one) => one.name !== name),
    guards: rest.guards.filter(({ scope }) => scope.kind !== 'service' || scope.name !== name),
  };
}

export function renameRoute(version: Version, from: string, to: string): Version {
  return {
    ...version,
    routes: version.routes.map((one) => (one.name === from ? { ...one, name: to } : one)),
    guards: renameScopes(version.guards, 'route', from, to),
  };
}

export function renameService(version: Version, from: string, to: string): Version {
  return {
    ...version,
    services: version.services.map((one) => (one.name === from ? { ...one, name: to } : one)),
    routes: version.routes.map((one) => (one.service === from ? { ...one, service: to } : one)),
    guards: renameScopes(version.guards, 'service', from, to),
  };
}

function renameScopes(
  guards: readonly GuardModel[],
  kind: Scope['kind'],
  from: string,
  to: string,
): readonly GuardModel[] {
  return guards.map((guard) =>
    guard.scope.kind === kind && guard.scope.kind !== 'global' && guard.scope.name === from
      ? { ...guard, scope: { kind: guard.scope.kind, name: to } }
      : guard,
  );
}

function addGuard(version: Version, random: Random, fresh: () => number): Version | undefined {
  const scope = pickFrom(random, freeScopes(version));
  if (!scope || version.guards.length >= mostGuards) return undefined;
  const id = fresh();
  const named = random.next() < 0.3 ? { instanceName: `guard-${id}` } : {};
  return { ...version, guards: [...version.guards, { id, scope, ...named }] };
}

/** One that covers what the old one covered, and maybe more: nothing loses its guard by the move itself. */
export function moveGuard(version: Version, random: Random): Version | undefined {
  const guard = pickFrom(random, version.guards);
  const scope = pickFrom(random, freeScopes(version));
  if (!guard || !scope) return undefined;
  const guards = version.guards.map((one) => (one === guard ? { ...one, scope } : one));
  return { ...version, guards };
}

/** Kong takes one plugin of a type at a place. */
function freeScopes({ services, routes, guards }: Version): readonly Scope[] {
  const all: readonly Scope[] = [
    { kind: 'global' },
    ...services.map(({ name }): Scope => ({ kind: 'service', name })),
    ...routes.map(({ name }): Scope => ({ kind: 'route', name })),
  ];
  const taken = new Set(guards.map(({ scope }) => JSON.stringify(scope)));
  return all.filter((scope) => !taken.has(JSON.stringify(scope)));
}
