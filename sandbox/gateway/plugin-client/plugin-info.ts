import { readFileSync } from 'node:fs';

/** One plugin as a plugin server describes it to Kong. */
export interface PluginInfo {
  readonly Name: string;
  readonly Version: string;
  readonly Priority: number;
  readonly Phases: readonly string[];
  readonly Schema: unknown;
}

/** Both forms that Kong accepts of a query command's output. */
export type PluginInfoDocument =
  readonly PluginInfo[] | { readonly Protocol?: string; readonly Plugins: readonly PluginInfo[] };

/**
 * The one plugin of a description: Kong 3.9 uses the first of a dump and ignores the rest.
 *
 * @throws Error when the description holds no plugin
 */
export function firstPlugin(document: PluginInfoDocument): PluginInfo {
  const plugins = 'Plugins' in document ? document.Plugins : document;
  const [plugin] = plugins;
  if (!plugin) throw new Error('the plugin server describes no plugin');
  return plugin;
}

/** @throws Error when the file cannot be read or holds no JSON, as Kong refuses to start then */
export function readPluginInfo(path: string): PluginInfo {
  return firstPlugin(JSON.parse(readFileSync(path, 'utf8')) as PluginInfoDocument);
}
