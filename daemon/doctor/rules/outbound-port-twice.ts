import { outboundKey, type Outbound } from '../../../catalog/gateway';
import type { Rule } from '../rule';
import { gatewayLabel, groupBy } from '../view';

export const outboundPortTwice: Rule = {
  code: 'KM110',
  name: 'outbound-port-twice',
  severity: 'error',
  title: 'Two outbounds share a port',
  why: 'A control plane accepts two outbounds at one address and port without a word. Envoy can listen once only: requests for one of the two services reach the other.',
  fix: 'Remove one of them, or give it another port; the daemon gives out ports of its own range only.',
  check: ({ gateways }) =>
    gateways.flatMap((gateway) => {
      const places = groupBy(gateway.outbounds, ({ address, port }) => `${address}:${port}`);
      return [...places]
        .filter(([, outbounds]) => outbounds.length > 1)
        .map(([place, outbounds]) => ({
          subject: gatewayLabel(gateway),
          cause: `${outbounds.length} outbounds of ${gateway.name} listen at ${place}.`,
          evidence: outbounds.map(describe),
        }));
    }),
};

function describe(outbound: Outbound): string {
  return outboundKey(outbound).split('>')[1] ?? '';
}
