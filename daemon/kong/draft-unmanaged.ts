/** Lists inside an entity whose items are entities of a kind that is not managed here. */
import type { Draft, DraftSource } from './draft-type';
import { labelOf } from './draft-label';
import { kongErrors } from './errors';
import { defaultsName } from './header';
import { entityKinds } from './kinds';
import { isList, isObject } from './merge-json';
import type { MapEntry } from './source-tree';

/** Puts them into their own list at the top, as Kong's loader takes them, too. */
export function passOn(
  draft: Draft,
  { key, keyStart, value: list }: MapEntry,
  source: DraftSource,
): void {
  if (list.kind !== 'sequence') return;
  const { reader, type, fields, id } = draft;
  const parent = entityKinds[type].names.map((name) => fields[name]).find(Boolean) ?? id;
  const { value, ok } = reader.read(list);
  if (!ok || !isList(value) || parent === undefined) {
    draft.bad ||= !ok;
    return;
  }
  const items = value.filter(isObject).map((item) => ({ ...item, [defaultsName(type)]: parent }));
  source.onPassedOn(key, items);
  const context = { place: reader.placeAt(keyStart), entity: labelOf(draft) };
  reader.failures.push(kongErrors.failure('KONG_KIND_UNMANAGED', { key }, context));
}
