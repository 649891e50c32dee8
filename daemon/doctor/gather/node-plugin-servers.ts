import type { NodePluginServer } from '../facts';

/**
 * Plugin servers as `GET /` shows them: as a list since 3.9, as `pluginserver_<name>_...` settings
 * before and beside it. Kong writes underscores for dashes in those.
 */
export function pluginServersOf(
  configuration: Readonly<Record<string, unknown>>,
): readonly NodePluginServer[] {
  const servers = new Map<string, NodePluginServer>();
  const add = (name: string, facts: Omit<NodePluginServer, 'name'>): void => {
    const key = name.replaceAll('-', '_');
    servers.set(key, { ...servers.get(key), ...facts, name: servers.get(key)?.name ?? name });
  };
  const names = configuration['pluginserver_names'];
  for (const name of Array.isArray(names) ? names : []) add(String(name), {});
  const list = configuration['pluginservers'];
  for (const entry of Array.isArray(list) ? list : []) {
    const { name, socket, start_command, query_command, protocol } = entry as Record<
      string,
      unknown
    >;
    if (typeof name !== 'string') continue;
    add(name, {
      ...(typeof socket === 'string' ? { socket } : {}),
      ...(typeof start_command === 'string' ? { startCommand: start_command } : {}),
      ...(typeof query_command === 'string' ? { queryCommand: query_command } : {}),
      ...(typeof protocol === 'string' ? { protocol } : {}),
    });
  }
  for (const [key, value] of Object.entries(configuration)) {
    const [, name, part] = /^pluginserver_(.+)_(socket|start_cmd|query_cmd)$/.exec(key) ?? [];
    if (name === undefined || typeof value !== 'string' || value === '') continue;
    if (part === 'socket') add(name, { socket: value });
    else if (part === 'start_cmd') add(name, { startCommand: value });
    else add(name, { queryCommand: value });
  }
  return [...servers.values()];
}
