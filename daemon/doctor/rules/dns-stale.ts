import { dnsInUse } from '../dns';
import type { Rule } from '../rule';

/** How long kuma-dp's own answers are good for. */
const meshTtlS = 30;

export const dnsStale: Rule = {
  code: 'KM402',
  name: 'dns-stale',
  severity: 'warning',
  title: 'Kong keeps old addresses of mesh names',
  why: "kuma-dp's answers are good for 30 s, but Kong goes on using an old one for up to dns_stale_ttl, an hour by default, while it asks again. The VIP of a service that is gone may meanwhile belong to another one.",
  fix: 'Set KONG_DNS_STALE_TTL=30 or less (new DNS client: KONG_RESOLVER_STALE_TTL), or link by address form service-ip or outbound.',
  check(view) {
    const dns = dnsInUse(view);
    if (!dns || dns.configuration.staleTtlS <= meshTtlS) return [];
    const { configuration, named } = dns;
    const name = configuration.newDnsClient ? 'resolver_stale_ttl' : 'dns_stale_ttl';
    return [
      {
        subject: 'kong',
        cause: `Kong may use an address up to ${configuration.staleTtlS} s after it expired (${name}), and ${named.count} links use mesh host names.`,
        evidence: named.examples,
        fix: `Set KONG_${name.toUpperCase()}=${meshTtlS} or less, or link by address form service-ip.`,
      },
    ];
  },
};
