import type { Plugin } from './entities';

export interface PluginSubject {
  readonly routeId: string | undefined;
  readonly serviceId: string | undefined;
  readonly consumerId: string | undefined;
}

/** Finds the one configuration of a plugin that applies to a request. */
export type PluginScopes = (pluginName: string, subject: PluginSubject) => Plugin | undefined;

/** Kong's order of precedence: the first scope that has the plugin configured wins. */
const precedence: readonly (readonly (keyof PluginSubject)[])[] = [
  ['consumerId', 'routeId', 'serviceId'],
  ['consumerId', 'routeId'],
  ['consumerId', 'serviceId'],
  ['routeId', 'serviceId'],
  ['consumerId'],
  ['routeId'],
  ['serviceId'],
  [],
];

export function compilePluginScopes(plugins: readonly Plugin[]): PluginScopes {
  const byScope = new Map<string, Plugin>();
  const levels = new Map<string, Set<number>>();
  for (const plugin of plugins) {
    if (plugin.entity['enabled'] === false) continue;
    byScope.set(scopeKey(plugin.name, plugin), plugin);
    const known = levels.get(plugin.name) ?? new Set();
    levels.set(plugin.name, known.add(levelOf(plugin)));
  }
  return (pluginName, subject) => {
    const known = levels.get(pluginName);
    if (!known) return undefined;
    for (const [level, fields] of precedence.entries()) {
      if (!known.has(level)) continue;
      if (fields.some((field) => subject[field] === undefined)) continue;
      const found = byScope.get(scopeKey(pluginName, pick(subject, fields)));
      if (found) return found;
    }
    return undefined;
  };
}

function levelOf(plugin: Plugin): number {
  return precedence.findIndex((fields) =>
    (['consumerId', 'routeId', 'serviceId'] as const).every(
      (field) => fields.includes(field) === (plugin[field] !== undefined),
    ),
  );
}

function scopeKey(name: string, scope: Partial<PluginSubject>): string {
  return [name, scope.routeId ?? '', scope.serviceId ?? '', scope.consumerId ?? ''].join('|');
}

function pick(
  subject: PluginSubject,
  fields: readonly (keyof PluginSubject)[],
): Partial<PluginSubject> {
  return Object.fromEntries(fields.map((field) => [field, subject[field]]));
}
