/** Which routes a plugin covers, and when one plugin covers as much as another. Pure. */
import {
  entityLabel,
  type Entity,
  type EntityReference,
  type Json,
  type MissingPlugin,
} from '../kong/model';

/** The plugins among entities that do not come about. One that is switched off guards nothing. */
export function missingPlugins(entities: readonly Entity[]): readonly MissingPlugin[] {
  return entities
    .filter((entity) => entity.type === 'plugins' && isEnabled(entity))
    .map((entity) => {
      const { name } = entity.fields;
      return {
        label: entityLabel(entity),
        references: entity.references,
        ...(typeof name === 'string' ? { name } : {}),
      };
    });
}

/** A plugin without a route and a service covers all routes; with both, only where both match. */
export function coversRoute({ references }: Pick<Entity, 'references'>, route: Entity): boolean {
  const { route: own, service } = references;
  if (own && own.id !== route.id) return false;
  return !service || service.id === route.references['service']?.id;
}

/** Without it Kong resolves nothing and answers 503: no route of it needs to wait for it. */
export const failsClosed = 'mesh-upstream';

export function isEnabled({ fields }: Pick<Entity, 'fields'>): boolean {
  return fields['enabled'] !== false;
}

/** Whether a plugin applies to one consumer or group only. */
export function isForConsumer({ references }: Pick<Entity, 'references'>): boolean {
  return references['consumer'] !== undefined || references['consumer_group'] !== undefined;
}

/** Whether a plugin goes to another route, service, consumer or group. */
export function changesScope(
  previous: Pick<Entity, 'references'>,
  next: Pick<Entity, 'references'>,
): boolean {
  const scopes = ['route', 'service', 'consumer', 'consumer_group'];
  return scopes.some((field) => previous.references[field]?.id !== next.references[field]?.id);
}

/** Whether two plugins can apply to the same consumer. A group may have any consumer. */
export function sharesConsumer(
  a: Pick<Entity, 'references'>,
  b: Pick<Entity, 'references'>,
): boolean {
  return sameOrAbsent(a.references['consumer'], b.references['consumer']);
}

/** Whether `next` does on `route` what `previous` does there: same type, no narrower scope. */
export function coversAsMuch(
  next: Entity,
  previous: Pick<Entity, 'references' | 'fields'>,
  route: Entity,
): boolean {
  if (!isEnabled(next) || next.fields['name'] !== previous.fields['name']) return false;
  if (!coversRoute(next, route)) return false;
  for (const field of ['consumer', 'consumer_group']) {
    const narrower = next.references[field];
    if (narrower && narrower.id !== previous.references[field]?.id) return false;
  }
  const protocols = textsOf(next.fields['protocols']);
  if (!protocols) return true;
  const before = textsOf(previous.fields['protocols']);
  const wanted = [...(textsOf(route.fields['protocols']) ?? before ?? ['http', 'https'])];
  return wanted.every((each) => protocols.has(each) || before?.has(each) === false);
}

function textsOf(value: Json | undefined): ReadonlySet<string> | undefined {
  if (!Array.isArray(value)) return undefined;
  return new Set(value.filter((item): item is string => typeof item === 'string'));
}

function sameOrAbsent(a: EntityReference | undefined, b: EntityReference | undefined): boolean {
  return !a || !b || a.id === b.id;
}

/** Finds by route what is scoped like a plugin, without a look at all of it. */
export class ScopeIndex<T extends Pick<Entity, 'references'>> {
  private readonly byRoute = new Map<string, T[]>();
  private readonly byService = new Map<string, T[]>();
  private readonly unscoped: T[] = [];

  constructor(items: Iterable<T>) {
    for (const item of items) {
      const { route, service } = item.references;
      if (route) add(this.byRoute, route.id, item);
      else if (service) add(this.byService, service.id, item);
      else this.unscoped.push(item);
    }
  }

  covering(route: Entity): readonly T[] {
    const onRoute = this.byRoute.get(route.id) ?? [];
    const onService = this.byService.get(route.references['service']?.id ?? '') ?? [];
    return [...onRoute, ...onService, ...this.unscoped].filter((item) => coversRoute(item, route));
  }
}

function add<T>(lists: Map<string, T[]>, key: string, item: T): void {
  const list = lists.get(key);
  if (list) list.push(item);
  else lists.set(key, [item]);
}
