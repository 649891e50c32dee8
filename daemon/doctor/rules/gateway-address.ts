import type { Rule } from '../rule';
import { gatewayLabel } from '../view';

export const gatewayAddress: Rule = {
  code: 'KM111',
  name: 'gateway-address',
  severity: 'error',
  title: "The gateway's Dataplane is at no address",
  why: 'The address of a Dataplane is where others reach it. At 0.0.0.0 or :: a control plane refuses it or tells the other sidecars nothing of use, and this daemon cannot tell whether the sidecar runs on its own host.',
  fix: 'Set networking.address of the Dataplane (or gateway.create.address) to the address of the machine.',
  check: ({ gateways }) =>
    gateways
      .filter(({ address }) => /^(0\.0\.0\.0|\[?::\]?|)$/.test(address))
      .map((gateway) => ({
        subject: gatewayLabel(gateway),
        cause: `The Dataplane ${gateway.name} has the address "${gateway.address}", which is every address and none.`,
      })),
};
