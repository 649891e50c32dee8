import type { Rule } from '../rule';
import { gatewayLabel } from '../view';

export const fileOwned: Rule = {
  code: 'KM107',
  name: 'file-owned',
  severity: 'warning',
  title: 'A file owns the Dataplane',
  why: 'kuma-dp was started with --dataplane-file. Its content is written over the Dataplane at every connection to the control plane, so outbounds and tags set through the API last until the next one; and the Dataplane is deleted ten seconds after kuma-dp stops.',
  fix: 'Create the Dataplane through the API and start kuma-dp with --name and --mesh; or let the daemon write the file and restart kuma-dp.',
  check: ({ gateways, proxyOf, facts }) =>
    facts.settings.environment === 'kubernetes'
      ? []
      : gateways
          .filter((gateway) => proxyOf(gateway)?.proxy?.file !== undefined)
          .map((gateway) => ({
            subject: gatewayLabel(gateway),
            cause: `The Dataplane ${gateway.name} comes from a file of kuma-dp, which wins over the API at every reconnect.`,
          })),
};
