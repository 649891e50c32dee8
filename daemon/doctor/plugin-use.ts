import { nameOf } from './name-of';
import type { FactsView } from './view';

/** Labels of what has the mesh-upstream plugin in the desired configuration, enabled. */
export function pluginUses({ facts, entities }: FactsView): readonly string[] {
  const { pluginName } = facts.settings;
  return entities('plugins')
    .filter(({ fields }) => fields['name'] === pluginName && fields['enabled'] !== false)
    .map((plugin) => (plugin.key === pluginName ? nameOf(plugin) : plugin.key));
}
