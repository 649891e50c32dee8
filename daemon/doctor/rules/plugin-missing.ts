import { listed } from '../name-of';
import { pluginUses } from '../plugin-use';
import type { Rule } from '../rule';

export const pluginMissing: Rule = {
  code: 'KM603',
  name: 'plugin-missing',
  severity: 'error',
  title: 'Kong does not know the plugin',
  why: 'The configuration uses the mesh-upstream plugin, and the node has not loaded it: it refuses every push that contains it. Kong loads plugins at its start only: from KONG_PLUGINS, with what the query command of the plugin server prints.',
  fix: 'Add mesh-upstream to KONG_PLUGINS (bundled,mesh-upstream), set pluginserver_names, its socket and its query command, and restart Kong.',
  check(view) {
    const { node, settings } = view.facts;
    const uses = pluginUses(view);
    if (!node?.plugins || node.plugins.has(settings.pluginName) || uses.length === 0) return [];
    return [
      {
        subject: 'kong',
        cause: `Kong at ${node.url} has no plugin ${settings.pluginName}, which the configuration uses ${uses.length} times.`,
        evidence: [listed(uses)],
      },
    ];
  },
};
