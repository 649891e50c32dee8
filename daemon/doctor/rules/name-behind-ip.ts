import { promote } from '../promote';
import type { Rule } from '../rule';

export const nameBehindIp: Rule = {
  code: 'KM206',
  name: 'name-behind-ip',
  severity: 'error',
  title: 'The service has an IP address for a host, the plugin a name',
  why: "Kong's balancer keeps the kind of address with which a request began. Where the host of the Kong service is an IP address and the plugin sends the request to a name, Kong answers 500.",
  fix: 'Put the plugin on the whole service, so that the daemon can set its host, or ask for an address form that is an IP.',
  check: (view) => promote(view, ['LINK_HOST_IS_IP']),
};
