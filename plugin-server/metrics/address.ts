import { parseListen, type ListenAddress } from '../../http-server/listen-address';
import { pluginServerErrors } from '../errors';

/** Over TCP, or on a unix socket where the process has no network. */
export type MetricsAddress = ListenAddress | { readonly path: string };

/**
 * `127.0.0.1:9651`, or `unix:/run/kong-meshd/metrics.socket`.
 * @throws MeshdError PLUGIN_SERVER_METRICS_ADDRESS.
 */
export function parseMetricsAddress(text: string): MetricsAddress {
  const path = /^unix:(\/.+)$/.exec(text)?.[1];
  const address = path === undefined ? parseListen(text) : { path };
  if (!address) throw pluginServerErrors.error('PLUGIN_SERVER_METRICS_ADDRESS', { listen: text });
  return address;
}
