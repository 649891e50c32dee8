/** The plugin's config as both halves know it, under the names that Kong's plugin servers look for. */
import { pluginFields } from '../../catalog/plugin-schema';

export { pluginChecks as ConfigChecks, type SchemaField } from '../../catalog/plugin-schema';
export {
  parsePluginReference as parseReference,
  readConfig,
  sharesOf,
  type PluginConfig as Config,
} from '../../catalog/plugin-config';

export const Schema = pluginFields;

export const defaultSnapshotPath = '/var/lib/kong-meshd/catalog.json';
