import { dnsInUse } from '../dns';
import type { Rule } from '../rule';

export const dnsSrvFirst: Rule = {
  code: 'KM401',
  name: 'dns-srv-first',
  severity: 'warning',
  title: 'Kong asks for SRV records of mesh names',
  why: "kuma-dp answers A and AAAA of the mesh's names itself and hands every other question to the next resolver. Kong asks for SRV first by default: each such look-up waits for a server that knows nothing of the mesh, takes up to two seconds, fails with `dns server error: 4 not implemented` in older versions, and a SRV answer would override the port.",
  fix: 'Set KONG_DNS_ORDER=LAST,A,CNAME (new DNS client: KONG_RESOLVER_FAMILY=A), or link by address form service-ip or outbound, which needs no DNS.',
  check(view) {
    const dns = dnsInUse(view);
    if (!dns) return [];
    const { configuration, named } = dns;
    const setting = configuration.newDnsClient
      ? { name: 'resolver_family', values: configuration.resolverFamily }
      : { name: 'dns_order', values: configuration.dnsOrder };
    if (!setting.values.includes('SRV')) return [];
    return [
      {
        subject: 'kong',
        cause: `Kong asks for SRV records (${setting.name} = ${setting.values.join(',')}), and ${named.count} links use mesh host names.`,
        evidence: named.examples,
        fix: configuration.newDnsClient
          ? 'Set KONG_RESOLVER_FAMILY=A, or link by address form service-ip.'
          : 'Set KONG_DNS_ORDER=LAST,A,CNAME, or link by address form service-ip.',
      },
    ];
  },
};
