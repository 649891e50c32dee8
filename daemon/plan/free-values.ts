/** Updates that let a unique value go before another entity takes it. Pure. */
import { entityKey, type Entity, type EntityType } from '../kong/model';
import type { Change, Plan } from './change';
import { fieldChanges } from './compare-fields';
import { planOf } from './diff';

/** Unique values that an entity can be without, as long as it has the other field, where there is one. */
const optional: Readonly<Partial<Record<EntityType, { field: string; beside?: string }>>> = {
  plugins: { field: 'instance_name' },
  consumers: { field: 'custom_id', beside: 'username' },
};

/**
 * Kong refuses whoever comes with a value that another entity still has, although that one is deleted
 * or gets another value later in the plan. It gives the value up first then, and goes on as before:
 * nothing has to be deleted before its successor is there.
 */
export function freeValues(plan: Plan): Plan {
  const takers = new Map<string, string>();
  for (const change of plan.changes) {
    if (change.op === 'delete') continue;
    const mark = valueOf(change.next);
    if (mark !== undefined) takers.set(mark, entityKey(change.next));
  }
  if (takers.size === 0) return plan;
  const freed: Change[] = [];
  const changes = plan.changes.map((change): Change => {
    if (change.op === 'create') return change;
    const { previous } = change;
    const mark = valueOf(previous);
    const taker = mark === undefined ? undefined : takers.get(mark);
    if (taker === undefined || taker === entityKey(previous)) return change;
    const next = withoutValue(previous);
    freed.push({ op: 'update', previous, next, fields: fieldChanges(previous, next) });
    if (change.op === 'delete') return { op: 'delete', previous: next };
    return { ...change, previous: next, fields: fieldChanges(next, change.next) };
  });
  return freed.length === 0 ? plan : planOf([...freed, ...changes]);
}

function valueOf({ type, fields }: Entity): string | undefined {
  const kind = optional[type];
  const value = kind && fields[kind.field];
  if (typeof value !== 'string') return undefined;
  if (kind?.beside !== undefined && typeof fields[kind.beside] !== 'string') return undefined;
  return `${type}/${value}`;
}

function withoutValue(entity: Entity): Entity {
  const name = optional[entity.type]?.field;
  const fields = Object.entries(entity.fields).filter(([field]) => field !== name);
  return { ...entity, fields: Object.fromEntries(fields) };
}
