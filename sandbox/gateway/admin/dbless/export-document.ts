import { stringify } from 'yaml';
import { isRecord } from '../../entities/fill-defaults';
import type { AdminContext } from '../admin-context';
import { presentPlugin } from '../present-entity';

/** The state as `GET /config` shows it: flat lists, references as bare ids, nothing left to transform. */
export function exportDocument(context: AdminContext): string {
  const document: Record<string, unknown> = { _format_version: '3.0', _transform: false };
  for (const collection of context.store.all()) {
    if (collection.size === 0) continue;
    const isPlugin = collection.type.name === 'plugins';
    const foreign = new Set(collection.type.foreigns.map(({ field }) => field));
    document[collection.type.name] = [...collection.after()].map((entity) =>
      Object.fromEntries(
        Object.entries(isPlugin ? presentPlugin(context, entity) : entity).map(([name, value]) => [
          name,
          foreign.has(name) && isRecord(value)
            ? value.id
            : isPlugin && name === 'config'
              ? asLuaTables(value)
              : value,
        ]),
      ),
    );
  }
  return stringify(document, { nullStr: '~', indentSeq: false, version: '1.1', lineWidth: 0 });
}

/** Lua has one empty table, which Kong's YAML shows as a list. */
function asLuaTables(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(asLuaTables);
  if (!isRecord(value)) return value;
  const entries = Object.entries(value);
  if (entries.length === 0) return [];
  return Object.fromEntries(entries.map(([name, item]) => [name, asLuaTables(item)]));
}
