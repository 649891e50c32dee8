import type { KongEntity } from '../config-view';
import type { EntityType } from '../entities/entity-types';
import { isRecord, withShorthands } from '../entities/fill-defaults';
import type { AdminContext } from './admin-context';

/**
 * An entity as the REST endpoints print it: a plugin with its deprecated fields, a certificate with
 * the names that use it, a key with what is left of its time.
 */
export function presentEntity(
  context: AdminContext,
  type: EntityType,
  entity: KongEntity,
): Readonly<Record<string, unknown>> {
  switch (type.name) {
    case 'plugins':
      return presentPlugin(context, entity);
    case 'certificates':
      return { ...entity, snis: listSnis(context, entity.id) };
    case 'keyauth_credentials':
      return context.mode === 'db' ? { ...entity, ttl: remainingSeconds(context, entity) } : entity;
    default:
      return entity;
  }
}

/** A plugin with the deprecated names of its config beside the new ones. */
export function presentPlugin(
  context: AdminContext,
  entity: KongEntity,
): Readonly<Record<string, unknown>> {
  const plugin = typeof entity.name === 'string' ? context.plugins.get(entity.name) : undefined;
  const schema = plugin?.schema.fields.get('config')?.record;
  if (!schema || !isRecord(entity.config)) return entity;
  const config = withShorthands(schema, entity.config);
  return config === entity.config ? entity : { ...entity, config };
}

function listSnis(context: AdminContext, certificateId: string): string[] {
  const snis = context.store.of('snis');
  return [...snis.childIds('certificate', certificateId)]
    .map((id) => String(snis.get(id)?.name))
    .sort();
}

/** A stored `ttl` is the second it ends; Kong shows what is left, a begun second not counted (seen). */
function remainingSeconds(context: AdminContext, entity: KongEntity): number | null {
  if (typeof entity.ttl !== 'number') return null;
  return Math.max(0, Math.ceil(entity.ttl - context.now() / 1000) - 1);
}

/** Whether a key's time is over: Kong then no longer shows it. */
export function isExpired(context: AdminContext, entity: KongEntity): boolean {
  return typeof entity.ttl === 'number' && entity.ttl <= context.now() / 1000;
}
