/** By what a gateway goes in the mesh, held against what the configuration says. */
import type { GatewayDataplane } from '../../catalog/gateway';

export interface WantedIdentity {
  /** The `kuma.io/service` that the gateway must have, where the configuration says. */
  readonly service?: string | undefined;
  /** The `kuma.io/workload` that it must have: the identity of one without a gateway block. */
  readonly workload?: string | undefined;
}

export interface ShownIdentity {
  readonly name: string | undefined;
  /** Undefined where the configuration does not say what it must be. */
  readonly aligned: boolean | undefined;
}

export function shownIdentity(
  { service, plain, labels }: Pick<GatewayDataplane, 'service' | 'plain' | 'labels'>,
  wanted: WantedIdentity,
): ShownIdentity {
  const name = plain === true ? labels['kuma.io/workload'] : service;
  const must = plain === true ? wanted.workload : wanted.service;
  return { name, aligned: must === undefined ? undefined : name === must };
}
