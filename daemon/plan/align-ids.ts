/** Which ids desired entities take over from what exists. Pure. */
import { isDerived } from '../kong/identity';
import { idOfFields } from '../kong/ids';
import {
  compareEntities,
  type Entity,
  type EntityType,
  type Json,
  type KongState,
} from '../kong/model';
import { identityOf, type Identity } from './dependants';
import { isWithinParents, marksOf, parentsOf } from './marks';
import { levelOf } from './order';

/**
 * An entity that exists under the name of a desired one, or with another value that Kong keeps unique,
 * keeps its id, whatever id the file gives: Kong cannot change an id, and to delete the entity and make
 * it anew would leave requests without it, or without what hangs on it, for a moment. A renamed one is
 * updated in place for the same reason.
 *
 *     current              desired                     result
 *     -------------------  --------------------------  ------------------------------
 *     orders (random)      orders (derived)            orders: random
 *     orders (random)      orders (given by the user)  orders: random
 *     a (1)                b (1)                       nothing: a is renamed
 *     a (1)                b (1), a (2)                a: 1, b: one that is free
 *     a (1), b (2)         b (1), a (2)                a: 1, b: 2
 *     orders (derived)     orders (derived)            nothing
 *     route a              route b, else equal         b: that of a
 *     ann, custom_id 7     bob, custom_id 7            bob: that of ann
 *
 * @param known ids of what desired entities refer to and the desired state does not define.
 * @returns the id to take, by the identity of the desired entity; `known` where all is in line.
 */
export function alignIds(
  current: KongState,
  desired: KongState,
  known: ReadonlyMap<Identity, string> = none,
): ReadonlyMap<Identity, string> {
  const aligned = new Map<Identity, string>(known);
  const { left, right } = outOfLine(current.entities, desired.entities, aligned);
  if (left.length === 0 || right.length === 0) return aligned;
  const holders = new Holders(left.filter(isNamed), aligned);
  for (const group of levelsOf(right.filter(isNamed))) holders.alignLevel(group);
  // Under which parent the others are is known by now.
  const below = outOfLine(current.entities, desired.entities, aligned);
  const scoped = new Holders(below.left.filter(isScoped), aligned);
  for (const group of levelsOf(below.right.filter(isScoped))) scoped.alignLevel(group);
  alignPlugins(below.left.filter(isPlugin), below.right.filter(isPlugin), aligned);
  return aligned;
}

function isPlugin({ type }: Entity): boolean {
  return type === 'plugins';
}

function isNamed(entity: Entity): boolean {
  return !isWithinParents(entity);
}

function isScoped(entity: Entity): boolean {
  return isWithinParents(entity) && !isPlugin(entity);
}

/** What exists and has no successor yet. */
class Holders {
  private readonly free: Set<Entity>;
  private readonly byId: ReadonlyMap<Identity, Entity>;
  private readonly byMark: ReadonlyMap<string, Entity>;

  constructor(
    left: readonly Entity[],
    private readonly aligned: Map<Identity, string>,
  ) {
    this.free = new Set(left);
    this.byId = new Map(left.map((entity) => [identityOf(entity), entity]));
    this.byMark = new Map(
      left.flatMap((entity) => marksOf(entity, none).map((mark) => [mark, entity])),
    );
  }

  /** By name before by id: an id that changes hands is none of the things that a request can see. */
  alignLevel(group: readonly Entity[]): void {
    let open = group;
    const settle = (holderOf: (next: Entity) => Entity | undefined): void => {
      open = open.filter((next) => !this.take(next, holderOf(next)));
    };
    const marked = (marks: readonly string[]) =>
      marks.map((mark) => this.byMark.get(mark)).find((holder) => holder !== undefined);
    settle((next) => marked(marksOf(next, this.aligned).slice(0, 1)));
    settle((next) => this.byId.get(identityOf(next)));
    settle((next) => marked(marksOf(next, this.aligned).slice(1)));
    const successors = new Map(renamed(open.filter(isDerived), this.free, this.aligned));
    settle((next) => successors.get(next));
    const taken = new Set([...this.byId.keys(), ...group.map(identityOf)]);
    for (const next of open) {
      if (!this.byId.has(identityOf(next))) continue;
      const id = spareId(next, (spare) => taken.has(identityOf({ type: next.type, id: spare })));
      this.aligned.set(identityOf(next), id);
    }
  }

  private take(next: Entity, holder: Entity | undefined): boolean {
    if (!holder || !this.free.delete(holder)) return false;
    if (holder.id !== next.id) this.aligned.set(identityOf(next), holder.id);
    return true;
  }
}

/** Of what has another id than the one that is derived of its name: that one is somebody else's. */
export function spareId({ type, id }: Entity, isTaken: (id: string) => boolean): string {
  for (let place = 0; ; place++) {
    const spare = idOfFields(type, [id, String(place)]);
    if (!isTaken(spare)) return spare;
  }
}

/**
 * A plugin is the one that its scope has, whatever their ids, those in the files included: Kong allows one
 * of a type on each, so another id would mean a moment without the plugin. One that has moved keeps the id
 * of the scope it came from. Whose id another one has by that takes an id that became free.
 */
function alignPlugins(
  left: readonly Entity[],
  right: readonly Entity[],
  aligned: Map<Identity, string>,
): void {
  const holders = new Map(left.map((entity) => [marksOf(entity, none)[0], entity]));
  const holderOf = (next: Entity) => holders.get(marksOf(next, aligned)[0]);
  const derived = right.filter(isDerived);
  const given = right.filter((next) => !isDerived(next));
  const taken = new Set(given.filter((next) => !holderOf(next)).map(({ id }) => id));
  const others: Entity[] = [];
  for (const next of [...derived, ...given.filter(holderOf)]) {
    const holder = holderOf(next);
    if (holder && !taken.has(holder.id)) {
      taken.add(holder.id);
      if (holder.id !== next.id) aligned.set(identityOf(next), holder.id);
    } else others.push(next);
  }
  const displaced = others.filter(({ id }) => taken.has(id));
  for (const { id } of others) taken.add(id);
  // Those that exist come last: what has one of them is to be deleted, and would move instead.
  const exists = new Set(left.map(({ id }) => id));
  const spare = derived.map(({ id }) => id).filter((id) => !taken.has(id));
  spare.sort((a, b) => Number(exists.has(b)) - Number(exists.has(a)));
  for (const next of displaced) {
    const id = spare.pop();
    if (id !== undefined) aligned.set(identityOf(next), id);
  }
}

/** Pairs that are equal but for the name, where nothing else on either side looks the same. */
function renamed(
  next: readonly Entity[],
  free: ReadonlySet<Entity>,
  aligned: ReadonlyMap<Identity, string>,
): readonly (readonly [Entity, Entity])[] {
  if (!next.some(({ type }) => isRenamable.has(type))) return [];
  const before = byContent([...free], none);
  return [...byContent(next, aligned)].flatMap(([content, [entity, ...others]]) => {
    const [holder, ...rivals] = before.get(content) ?? [];
    return entity && holder && others.length + rivals.length === 0 ? [[entity, holder]] : [];
  });
}

function byContent(
  entities: readonly Entity[],
  aligned: ReadonlyMap<Identity, string>,
): ReadonlyMap<string, readonly Entity[]> {
  const groups = new Map<string, Entity[]>();
  for (const entity of entities) {
    if (!isRenamable.has(entity.type)) continue;
    const content = JSON.stringify([entity.type, unnamed(entity), parentsOf(entity, aligned)]);
    const group = groups.get(content);
    if (group) group.push(entity);
    else groups.set(content, [entity]);
  }
  return groups;
}

function unnamed({ fields }: Entity): readonly (readonly [string, Json])[] {
  return Object.entries(fields)
    .filter(([field, value]) => field !== 'name' && value !== null)
    .sort(([a], [b]) => (a < b ? -1 : 1));
}

/**
 * Whose name nothing else refers to and whose content tells one from another. A consumer is known by
 * its names alone; an upstream by the name that services call, so it is made anew and then left.
 */
const isRenamable: ReadonlySet<EntityType> = new Set<EntityType>(['services', 'routes']);

const none: ReadonlyMap<Identity, string> = new Map();

/**
 * What has no counterpart under the same id at the same place of the other list, and those whose
 * counterpart has another name or scope.
 */
function outOfLine(
  current: readonly Entity[],
  desired: readonly Entity[],
  aligned: ReadonlyMap<Identity, string>,
): { left: readonly Entity[]; right: readonly Entity[] } {
  const left: Entity[] = [];
  const right: Entity[] = [];
  let c = 0;
  let d = 0;
  while (c < current.length || d < desired.length) {
    const previous = current[c];
    const next = desired[d];
    const same = previous && next && previous.type === next.type && previous.id === next.id;
    if (same && isElsewhere(previous, next, aligned)) {
      left.push(previous);
      right.push(next);
      c++;
      d++;
      continue;
    }
    if (same) {
      c++;
      d++;
      continue;
    }
    const order = !previous ? 1 : !next ? -1 : compareEntities(previous, next);
    if (previous && order <= 0) {
      left.push(previous);
      c++;
    }
    if (next && order >= 0) {
      right.push(next);
      d++;
    }
  }
  return { left, right };
}

function isElsewhere(
  previous: Entity,
  next: Entity,
  aligned: ReadonlyMap<Identity, string>,
): boolean {
  if (!isWithinParents(next)) return previous.key !== next.key;
  if (previous === next && aligned.size === 0) return false;
  return marksOf(previous, none)[0] !== marksOf(next, aligned)[0];
}

/** Parents before their children. */
function levelsOf(entities: readonly Entity[]): readonly (readonly Entity[])[] {
  const groups: Entity[][] = [];
  for (const entity of entities) (groups[levelOf(entity.type)] ??= []).push(entity);
  return groups.filter((group) => group.length > 0);
}
