/** Comparing the contents of two entities: first fast, as most are equal, then field by field. */
import type { Entity, Json, JsonObject, Path } from '../kong/model';
import type { FieldChange } from './change';

/**
 * Whether two entities hold the same: fields and references, whatever the order of their keys. Owner,
 * origin and secrets say where an entity comes from, not what it is, and the key only repeats fields
 * and the names of what is referred to: none of them makes a difference.
 */
export function equalContent(a: Entity, b: Entity): boolean {
  return a === b || (equalJson(a.fields, b.fields) && equalReferences(a.references, b.references));
}

export function equalJson(a: Json, b: Json): boolean {
  if (a === b) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  if (isList(a)) return isList(b) && equalLists(a, b);
  if (isList(b)) return false;
  return equalRecords(a, b);
}

/**
 * The fields that differ, sorted by path. Records are entered; a list is one value, because an
 * element that moved says less than the list before and after. References read as `{id}`, the form
 * they have in Kong's Admin API.
 */
export function fieldChanges(previous: Entity, next: Entity): readonly FieldChange[] {
  const changes: FieldChange[] = [];
  collect([], previous.fields, next.fields, changes);
  const names = new Set([...Object.keys(previous.references), ...Object.keys(next.references)]);
  for (const name of names) {
    const before = previous.references[name];
    const after = next.references[name];
    if (before?.id === after?.id) continue;
    changes.push(fieldChange([name], before && { id: before.id }, after && { id: after.id }));
  }
  return changes
    .map((change) => ({ change, sortKey: change.path.join('\0') }))
    .sort((a, b) => (a.sortKey < b.sortKey ? -1 : 1))
    .map(({ change }) => change);
}

function collect(path: Path, before: JsonObject, after: JsonObject, into: FieldChange[]): void {
  for (const [name, old] of Object.entries(before)) {
    const now = Object.hasOwn(after, name) ? after[name] : undefined;
    if (now === undefined) into.push(fieldChange([...path, name], old, undefined));
    else if (isRecord(old) && isRecord(now)) collect([...path, name], old, now, into);
    else if (!equalJson(old, now)) into.push(fieldChange([...path, name], old, now));
  }
  for (const [name, now] of Object.entries(after)) {
    if (!Object.hasOwn(before, name)) into.push(fieldChange([...path, name], undefined, now));
  }
}

function fieldChange(path: Path, before: Json | undefined, after: Json | undefined): FieldChange {
  return {
    path,
    ...(before === undefined ? {} : { before }),
    ...(after === undefined ? {} : { after }),
  };
}

function equalLists(a: readonly Json[], b: readonly Json[]): boolean {
  if (a.length !== b.length) return false;
  for (let index = 0; index < a.length; index++) {
    if (!equalJson(a[index] as Json, b[index] as Json)) return false;
  }
  return true;
}

function equalRecords(a: JsonObject, b: JsonObject): boolean {
  for (const name in a) {
    // Own ones only: a header may be called `constructor`, which every object has.
    const other = Object.hasOwn(b, name) ? b[name] : undefined;
    if (other === undefined || !equalJson(a[name] as Json, other)) return false;
  }
  for (const name in b) if (!Object.hasOwn(a, name) || a[name] === undefined) return false;
  return true;
}

function equalReferences(a: Entity['references'], b: Entity['references']): boolean {
  for (const name in a) if (a[name]?.id !== b[name]?.id) return false;
  for (const name in b) if (a[name] === undefined) return false;
  return true;
}

function isList(value: Json): value is readonly Json[] {
  return Array.isArray(value);
}

function isRecord(value: Json): value is JsonObject {
  return typeof value === 'object' && value !== null && !isList(value);
}
