import { stringify } from 'yaml';
import { isRecord } from '../../entities/fill-defaults';
import type { EntityStore } from '../../store/entity-store';

/** The state as `GET /config` shows it: flat lists, references as bare ids, nothing left to transform. */
export function exportDocument(store: EntityStore): string {
  const document: Record<string, unknown> = { _format_version: '3.0', _transform: false };
  for (const collection of store.all()) {
    if (collection.size === 0) continue;
    const foreign = new Set(collection.type.foreigns.map(({ field }) => field));
    document[collection.type.name] = [...collection.after()].map((entity) =>
      Object.fromEntries(
        Object.entries(entity).map(([name, value]) => [
          name,
          foreign.has(name) && isRecord(value) ? value.id : value,
        ]),
      ),
    );
  }
  return stringify(document, { nullStr: '~', indentSeq: false, version: '1.1', lineWidth: 0 });
}
