import { checkRecord } from './check-value';
import type { EntityType } from './entity-types';
import { fillDefaults } from './fill-defaults';
import type { EntityDraft } from './fill-defaults';
import type { PluginCatalogue } from './plugin-catalogue';
import type { RecordSchema } from './schema';
import type { SchemaErrors } from './schema-errors';
import { withAlgorithm, withStripPath, withVaultConfig } from './implied-fields';
import { expandServiceUrl } from './service-url';
import { normaliseTarget } from './target-address';

export interface CheckedEntity {
  /** Filled and normalised; only to be kept where there are no errors. */
  readonly entity: EntityDraft;
  readonly errors?: SchemaErrors | undefined;
}

/** The schema that holds for one entity: a plugin's depends on its name. */
export function schemaOf(
  type: EntityType,
  input: Readonly<EntityDraft>,
  plugins: PluginCatalogue,
): RecordSchema {
  if (type.name !== 'plugins' || typeof input.name !== 'string') return type.schema;
  return plugins.get(input.name)?.schema ?? type.schema;
}

/**
 * Fills an entity's defaults, brings it to the form Kong stores and checks it against its schema.
 * References and uniqueness are not looked at.
 */
export function checkEntity(
  type: EntityType,
  input: Readonly<EntityDraft>,
  plugins: PluginCatalogue,
): CheckedEntity {
  if (type.name === 'plugins') return checkPlugin(type, input, plugins);
  const expand = expansions[type.name];
  const entity = fillDefaults(type.schema, expand ? expand(input) : input);
  const errors = checkRecord(type.schema, entity);
  if (!errors && typeof entity.target === 'string') entity.target = normaliseTarget(entity.target);
  return { entity, errors };
}

/** By type, what an input says besides what stands in it. */
const expansions: Readonly<
  Record<string, (input: Readonly<EntityDraft>) => Readonly<EntityDraft>>
> = {
  services: expandServiceUrl,
  routes: withStripPath,
  upstreams: withAlgorithm,
  vaults: withVaultConfig,
};

function checkPlugin(
  type: EntityType,
  input: Readonly<EntityDraft>,
  plugins: PluginCatalogue,
): CheckedEntity {
  const { name } = input;
  if (name === undefined || name === null) {
    return { entity: { ...input }, errors: { name: 'required field missing' } };
  }
  const schema = typeof name === 'string' ? plugins.get(name)?.schema : undefined;
  if (!schema) {
    const errors =
      typeof name === 'string'
        ? `plugin '${name}' not enabled; add it to the 'plugins' configuration property`
        : 'expected a string';
    return { entity: fillDefaults(type.schema, input), errors: { name: errors } };
  }
  const entity = fillDefaults(schema, input);
  return { entity, errors: checkRecord(schema, entity) };
}
