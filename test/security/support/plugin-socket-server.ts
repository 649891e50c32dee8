/** The real plugin server with the real plugin, in this process. */
import { toPluginClass } from '../../../plugin-server/plugin-class';
import { startPluginServer, type PluginServer } from '../../../plugin-server/server';
import * as meshUpstream from '../../../plugin/mesh-upstream';

export async function pluginSocketServer(socket: string, snapshot: string): Promise<PluginServer> {
  process.env['KONG_MESHD_SNAPSHOT'] = snapshot;
  return startPluginServer({
    socket,
    plugins: [toPluginClass(meshUpstream, 'mesh-upstream')],
    log: { write: () => undefined, limited: () => undefined },
  });
}
