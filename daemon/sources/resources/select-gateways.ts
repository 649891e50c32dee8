/** Which Dataplanes stand for the configured gateways. */
import type { GatewayDataplane } from '../../../catalog/gateway';

/**
 * By name, or else every delegated gateway with this `kuma.io/service`. With names the service only
 * says which one they must have, so that one that lost it is still observed.
 */
export interface GatewaySelection {
  readonly dataplane?: string | readonly string[] | undefined;
  readonly service?: string | undefined;
}

/** The names to ask for one by one, or undefined where a service selects. */
export function gatewayNames({ dataplane }: GatewaySelection): readonly string[] | undefined {
  if (dataplane === undefined) return undefined;
  return typeof dataplane === 'string' ? [dataplane] : [...new Set(dataplane)];
}

/** Exact where the API's own filter matches substrings. */
export function selectGateways(
  dataplanes: readonly GatewayDataplane[],
  selection: GatewaySelection,
): readonly GatewayDataplane[] {
  const names = gatewayNames(selection);
  if (names) return dataplanes.filter(({ name }) => names.includes(name));
  const { service } = selection;
  if (service === undefined) return [];
  return dataplanes.filter((dataplane) => dataplane.delegated && dataplane.service === service);
}
