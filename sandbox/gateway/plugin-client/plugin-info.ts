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

const protocols = ['MsgPack:1', 'ProtoBuf:1'] as const;
export type Protocol = (typeof protocols)[number];

export interface DescribedPlugin {
  readonly protocol: Protocol;
  readonly plugin: PluginInfo;
}

/**
 * The one plugin of a description: Kong 3.9 uses the first of a dump and ignores the rest.
 *
 * @throws Error when the description holds no plugin, or a protocol that Kong does not have
 */
export function describedPlugin(document: PluginInfoDocument): DescribedPlugin {
  const named = 'Plugins' in document ? document : { Plugins: document };
  const [plugin] = named.Plugins;
  if (!plugin) throw new Error('the plugin server describes no plugin');
  const protocol = protocols.find((each) => each === (named.Protocol ?? 'MsgPack:1'));
  if (!protocol) throw new Error(`unknown protocol implementation: ${String(named.Protocol)}`);
  return { protocol, plugin };
}

/** @throws Error as `describedPlugin` does */
export function firstPlugin(document: PluginInfoDocument): PluginInfo {
  return describedPlugin(document).plugin;
}

/** @throws Error when the file cannot be read or holds no JSON, as Kong refuses to start then */
export function readPluginInfo(path: string): DescribedPlugin {
  return describedPlugin(JSON.parse(readFileSync(path, 'utf8')) as PluginInfoDocument);
}
