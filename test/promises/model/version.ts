/** One version of the user's kong.yml as data: what they mean by it, and the mistakes that they made in writing it. */

/** How a Kong service is linked: by its tag, by the plugin on it or on its routes, or not at all. */
export type Link = 'tag' | 'service-plugin' | 'route-plugin' | 'none';

export interface ServiceModel {
  readonly name: string;
  readonly link: Link;
  /** The mesh service that it names; with link `none` the host outside of the mesh. */
  readonly target: string;
}

export interface RouteModel {
  readonly name: string;
  readonly path: string;
  readonly service: string;
}

export type Scope =
  { readonly kind: 'global' } | { readonly kind: 'service' | 'route'; readonly name: string };

/** What makes a plugin one that Kong refuses, or that cannot be read. */
export const guardMistakes = ['nonsense', 'unknown-type', 'nameless', 'config-5'] as const;
export type GuardMistake = (typeof guardMistakes)[number];

/** A `key-auth`: while the file wants one, no request without a key may get through. */
export interface GuardModel {
  readonly id: number;
  readonly scope: Scope;
  readonly instanceName?: string;
  readonly mistake?: GuardMistake;
}

export interface ConsumerModel {
  readonly username: string;
  readonly customId?: string;
  readonly key: string;
}

/** What makes the file as a whole one that must not be believed. */
export const fileMistakes = [
  'typo-services',
  'typo-consumers',
  'typo-upstreams',
  'unknown-info',
  'other-workspace',
  'not-utf8',
  'not-yaml',
] as const;
export type FileMistake = (typeof fileMistakes)[number];

export interface Version {
  readonly services: readonly ServiceModel[];
  readonly routes: readonly RouteModel[];
  readonly guards: readonly GuardModel[];
  readonly consumers: readonly ConsumerModel[];
  /** With a credential and a plugin whose secrets the file leaves to Kong. */
  readonly madeUp?: boolean;
  readonly mistake?: FileMistake;
}

/** Who answers a path, and whether only with a key. */
export interface Expected {
  readonly target: string;
  readonly guarded: boolean;
}

export function expectedAt(version: Version, path: string): Expected | undefined {
  const route = version.routes.find((one) => one.path === path);
  const service = route && version.services.find(({ name }) => name === route.service);
  if (!route || !service) return undefined;
  return { target: service.target, guarded: version.guards.some((one) => covers(one, route)) };
}

function covers({ scope }: GuardModel, route: RouteModel): boolean {
  if (scope.kind === 'global') return true;
  return scope.name === (scope.kind === 'route' ? route.name : route.service);
}

/** Whether Kong and the daemon have nothing to object to. */
export function isSound({ mistake, guards }: Version): boolean {
  return mistake === undefined && guards.every((guard) => guard.mistake === undefined);
}

export function withoutMistakes({ mistake: _, guards, ...rest }: Version): Version {
  return { ...rest, guards: guards.map(({ mistake: __, ...guard }) => guard) };
}

/** What Kong must hold of a version, by a name that a change of its fields does not change. */
export function entitiesOf(version: Version): readonly string[] {
  return [
    ...version.services.map(({ name }) => `services/${name}`),
    ...version.routes.map(({ name }) => `routes/${name}`),
    ...version.consumers.map(({ username }) => `consumers/${username}`),
    ...version.consumers.map(({ key }) => `keyauth_credentials/${key}`),
    'upstreams/pool',
    'targets/crm.internal:8090',
  ];
}
