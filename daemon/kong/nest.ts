/** Entities without a place in a file yet, as the nested mappings a person would write. */
import { identify, type Referenced } from './identity';
import { entityKinds, type ChildKind } from './kinds';
import type { Entity, EntityType, JsonObject, KongState } from './model';
import { entityKey, entityTypes } from './model';
import { asWritable, type Writable } from './yaml-text';

/** Types that decK knows only inside their parent. */
const alwaysNested: ReadonlySet<EntityType> = new Set<EntityType>([
  'targets',
  'snis',
  'keyauth_credentials',
  'basicauth_credentials',
  'hmacauth_credentials',
  'jwt_secrets',
  'oauth2_credentials',
  'acls',
  'consumer_group_consumers',
]);

export interface NestedItem {
  readonly entity: Entity;
  /** The list it belongs into: of an entity that is in the files already, or at the top level. */
  readonly parent?: Entity;
  readonly list: string;
  readonly value: Writable;
}

/** Those `added` that come first inside another one of them are in that one's value. */
export function nestEntities(added: readonly Entity[], desired: KongState): readonly NestedItem[] {
  return new Nester(added, desired).items();
}

interface Home {
  readonly parent: Entity;
  readonly list: string;
  readonly field: string;
}

class Nester {
  private readonly all = new Map<string, Entity>();
  private readonly isAdded: ReadonlySet<string>;
  private readonly children = new Map<string, { readonly child: Entity; readonly home: Home }[]>();

  constructor(
    private readonly added: readonly Entity[],
    desired: KongState,
  ) {
    for (const entity of desired.entities) this.all.set(entityKey(entity), entity);
    this.isAdded = new Set(added.map(entityKey));
  }

  items(): readonly NestedItem[] {
    const roots: { entity: Entity; home?: Home }[] = [];
    for (const entity of this.added) {
      const home = this.homeOf(entity);
      if (home && this.isAdded.has(entityKey(home.parent))) {
        const key = entityKey(home.parent);
        const known = this.children.get(key);
        if (known) known.push({ child: entity, home });
        else this.children.set(key, [{ child: entity, home }]);
      } else {
        roots.push(home && alwaysNested.has(entity.type) ? { entity, home } : { entity });
      }
    }
    return roots.map(({ entity, home }) => ({
      entity,
      list: home?.list ?? entity.type,
      value: this.write(entity, home),
      ...(home ? { parent: home.parent } : {}),
    }));
  }

  /** The entity in which a person would look for this one. */
  private homeOf(entity: Entity): Home | undefined {
    // decK knows keys at the top level only, where each names its set.
    if (entity.type === 'keys') return undefined;
    for (const field of parentFields) {
      const reference = entity.references[field];
      const parent = reference && this.all.get(entityKey(reference));
      const list = parent && childList(parent.type, entity.type, field);
      if (parent && list !== undefined) return { parent, list, field };
    }
    return undefined;
  }

  private write(entity: Entity, home: Home | undefined): Writable {
    const child = home && entityKinds[home.parent.type].children[home.list];
    if (child?.names) return this.writeName(entity, child);
    const item: Record<string, Writable> = {};
    for (const key of orderedKeys(entity.type, entity.fields)) {
      const value = entity.fields[key];
      if (value !== undefined) item[key] = asWritable(value);
    }
    if (this.needsId(entity)) item['id'] = entity.id;
    for (const [field, reference] of Object.entries(entity.references)) {
      if (!reference || field === home?.field) continue;
      item[field] = this.writeReference(entity.type, reference);
    }
    for (const { child: inner, home: at } of this.children.get(entityKey(entity)) ?? []) {
      const list = item[at.list];
      const value = this.write(inner, at);
      item[at.list] = Array.isArray(list) ? [...(list as readonly Writable[]), value] : [value];
    }
    return item;
  }

  /** A membership is written as the name of the other side. */
  private writeName(entity: Entity, child: ChildKind): Writable {
    const reference = entity.references[child.names ?? ''];
    const other = reference && this.all.get(entityKey(reference));
    const field = other && entityKinds[other.type].names[0];
    const name = other && field !== undefined ? other.fields[field] : undefined;
    return typeof name === 'string' && field !== undefined
      ? { [field]: name }
      : { id: reference?.id ?? '' };
  }

  private writeReference(type: EntityType, reference: { type: EntityType; id: string }): Writable {
    const other = this.all.get(entityKey(reference));
    const [field = 'name'] = entityKinds[reference.type].names;
    const name = other?.fields[field];
    if (typeof name !== 'string') return type === 'plugins' ? reference.id : { id: reference.id };
    return type === 'plugins' ? name : { [field]: name };
  }

  /** Only where the one that is derived on reading would be another. */
  private needsId(entity: Entity): boolean {
    const references: Record<string, Referenced> = {};
    for (const [field, reference] of Object.entries(entity.references)) {
      const other = reference && this.all.get(entityKey(reference));
      if (other) references[field] = other;
    }
    return identify(entity.type, entity.fields, references)?.id !== entity.id;
  }
}

/** Reference fields in the order in which they make a parent: a plugin of a route stands in the route. */
const parentFields = ['route', 'service', 'upstream', 'certificate', 'consumer', 'consumer_group'];

function childList(parent: EntityType, child: EntityType, field: string): string | undefined {
  const lists = Object.entries(entityKinds[parent].children);
  return lists.find(([, kind]) => kind.type === child && kind.parent === field)?.[0];
}

/** What names the entity first, then what people look for, then the rest by name. */
const firstKeys = [
  'name',
  'username',
  'prefix',
  'target',
  'protocol',
  'host',
  'port',
  'path',
  'hosts',
  'paths',
  'methods',
];
const lastKeys = ['config', 'tags'];

function orderedKeys(type: EntityType, fields: JsonObject): readonly string[] {
  const first = [...entityKinds[type].names, ...firstKeys];
  const rank = (key: string): number => {
    const at = first.indexOf(key);
    if (at >= 0) return at;
    return first.length + 1 + lastKeys.indexOf(key);
  };
  return Object.keys(fields).sort((a, b) => rank(a) - rank(b) || (a < b ? -1 : 1));
}

/** Top-level lists in the order in which a person reads them. */
export function listOrder(list: string): number {
  return (entityTypes as readonly string[]).indexOf(list);
}
