/** What a pass starts from once its expand phase has written: as the next observation will show it. */
import type { GatewayDataplane } from '../../catalog/gateway';
import type { DataplanePlan } from '../targets/dataplane/dataplane-target';
import type { Inputs } from './observe';

/** The gateways have the outbounds that were added; all else is as it was observed. */
export function afterExpand(inputs: Inputs, { steps = [] }: DataplanePlan): Inputs {
  const added = new Map(steps.map(({ dataplane, add }) => [dataplane, add]));
  const grown = (gateways: readonly GatewayDataplane[]): readonly GatewayDataplane[] =>
    gateways.map((gateway) => ({
      ...gateway,
      outbounds: [...gateway.outbounds, ...(added.get(gateway.name) ?? [])],
    }));
  return {
    ...inputs,
    gateways: grown(inputs.gateways),
    observation: { ...inputs.observation, gateways: grown(inputs.observation.gateways) },
  };
}
