/** The own plugin server with the plugin of `pdk-plugin`, as lean as `kong-meshd plugin-server` runs. */
import { keepHeapLean } from '../../plugin-server/lean-heap';
import { createLog } from '../../plugin-server/log';
import { toPluginClass } from '../../plugin-server/plugin-class';
import { startPluginServer } from '../../plugin-server/server';
import * as pdkCalls from './pdk-plugin/pdk-calls';

keepHeapLean();
void startPluginServer({
  socket: process.argv[2] ?? '',
  plugins: [toPluginClass(pdkCalls, pdkCalls.Name)],
  log: createLog({ level: 'error' }),
});
