/** Which Dataplanes stand for the configured gateways. */
import { isGateway, type GatewayDataplane } from '../../../catalog/gateway';

/**
 * By name, or else by labels, or else by identity: every delegated gateway with this `kuma.io/service`,
 * and every plain one with this workload. With names the service and the workload only say which ones
 * they must have, so that one that lost them is still observed.
 */
export interface GatewaySelection {
  readonly dataplane?: string | readonly string[] | undefined;
  readonly labels?: Readonly<Record<string, string>> | undefined;
  readonly service?: string | undefined;
  readonly workload?: string | undefined;
}

const workloadLabel = 'kuma.io/workload';

/** The names to ask for one by one, or undefined where something else selects. */
export function gatewayNames({ dataplane }: GatewaySelection): readonly string[] | undefined {
  if (dataplane === undefined) return undefined;
  return typeof dataplane === 'string' ? [dataplane] : [...new Set(dataplane)];
}

/** Labels that every selected Dataplane without a gateway block has; undefined where none select. */
export function gatewayLabels({
  labels,
  workload,
}: GatewaySelection): Readonly<Record<string, string>> | undefined {
  if (labels && Object.keys(labels).length > 0) return labels;
  return workload === undefined ? undefined : { [workloadLabel]: workload };
}

/** Whether anything says which Dataplanes the gateways are. */
export function selectsGateways(selection: GatewaySelection): boolean {
  const { dataplane, service } = selection;
  return (dataplane ?? service ?? gatewayLabels(selection)) !== undefined;
}

/** `kong-01`, `with kuma.io/service kong`: for messages. */
export function describeSelection(selection: GatewaySelection): string {
  const names = gatewayNames(selection);
  if (names) return names.join(', ');
  const labels = Object.entries(gatewayLabels(selection) ?? {}).map(
    ([key, value]) => `label ${key} ${value}`,
  );
  const byLabels = selection.labels !== undefined;
  const service = selection.service === undefined ? [] : [`kuma.io/service ${selection.service}`];
  return `with ${(byLabels ? labels : [...service, ...labels]).join(' or ')}`;
}

/** Exact where the API's own filter matches substrings. */
export function selectGateways(
  dataplanes: readonly GatewayDataplane[],
  selection: GatewaySelection,
): readonly GatewayDataplane[] {
  const names = gatewayNames(selection);
  if (names) return dataplanes.filter(({ name }) => names.includes(name));
  const wanted = gatewayLabels(selection);
  const hasLabels = ({ labels }: GatewayDataplane): boolean =>
    wanted !== undefined && Object.entries(wanted).every(([key, value]) => labels[key] === value);
  if (selection.labels) return dataplanes.filter((one) => isGateway(one) && hasLabels(one));
  const { service } = selection;
  const hasService = (one: GatewayDataplane): boolean =>
    one.delegated && service !== undefined && one.service === service;
  return dataplanes.filter((one) => hasService(one) || (one.plain === true && hasLabels(one)));
}
