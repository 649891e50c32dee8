/** Deep merge of plain values, as decK fills in `_info.defaults` and `_plugin_configs`. */
import type { Json, JsonObject, Path } from './model';

/** Mappings merge key by key; everything else of `own` wins whole. */
export function mergeUnder(defaults: JsonObject, own: JsonObject): JsonObject {
  const merged: Record<string, Json> = { ...own };
  for (const [key, value] of Object.entries(defaults)) {
    const present = Object.hasOwn(own, key) ? own[key] : undefined;
    if (present === undefined) merged[key] = value;
    else if (isObject(present) && isObject(value)) merged[key] = mergeUnder(value, present);
  }
  return merged;
}

/** Those `paths` of `defaults` whose value survives a merge under `own`. */
export function survivingPaths(paths: readonly Path[], own: JsonObject): readonly Path[] {
  return paths.filter((path) => {
    let at: Json | undefined = own;
    for (const step of path) {
      if (!isObject(at)) return at === undefined;
      at = Object.hasOwn(at, step) ? at[step] : undefined;
    }
    return at === undefined;
  });
}

export function valueAt(value: Json, path: Path): Json | undefined {
  let at: Json | undefined = value;
  for (const step of path) {
    if (typeof at !== 'object' || at === null || !Object.hasOwn(at, step)) return undefined;
    at = (at as Readonly<Record<string | number, Json>>)[step];
  }
  return at;
}

export function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !isList(value);
}

export function isList(value: Json | undefined): value is readonly Json[] {
  return Array.isArray(value);
}

/** How a value is called in a finding. */
export function nameOfShape(value: Json | undefined): string {
  if (value === undefined || value === null) return 'nothing';
  if (isList(value)) return 'a list';
  if (typeof value === 'object') return 'a mapping';
  return typeof value === 'string' ? 'text' : `a ${typeof value}`;
}
