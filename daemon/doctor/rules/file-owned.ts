import type { GatewayDataplane } from '../../../catalog/gateway';
import type { ProxyFacts } from '../facts';
import type { Found, Rule } from '../rule';
import { gatewayLabel } from '../view';

export const fileOwned: Rule = {
  code: 'KM107',
  name: 'file-owned',
  severity: 'warning',
  title: 'The Dataplane belongs to something else than the daemon writes to',
  why: 'Where kuma-dp was started with --dataplane-file, the content of the file is written over the Dataplane at every connection to the control plane: outbounds and tags set through the API last until the next one, and the Dataplane is deleted ten seconds after kuma-dp stops. Where it was not, nobody reads a file.',
  fix: 'Create the Dataplane through the API and start kuma-dp with --name and --mesh; or set gateway.owner: file, so that the daemon writes the file that kuma-dp starts from.',
  check: ({ gateways, proxyOf, facts }) =>
    facts.settings.environment === 'kubernetes'
      ? []
      : gateways.flatMap((gateway) => judge(gateway, proxyOf(gateway), facts.settings.owner)),
};

function judge(
  gateway: GatewayDataplane,
  known: ProxyFacts | undefined,
  owner: 'api' | 'file',
): readonly Found[] {
  const { name } = gateway;
  const subject = gatewayLabel(gateway);
  const fromFile = known?.proxy?.file !== undefined;
  if (fromFile && owner === 'api') {
    const cause = `The Dataplane ${name} comes from a file of kuma-dp, which wins over the API at every reconnect.`;
    return [{ subject, cause }];
  }
  if (!fromFile && owner === 'file' && known?.proxy?.online === true) {
    const cause = `The daemon writes a file for ${name}, but its kuma-dp was not started from one.`;
    const fix = 'Start kuma-dp with --dataplane-file and this file, or set gateway.owner: api.';
    return [{ subject, cause, fix }];
  }
  return [];
}
