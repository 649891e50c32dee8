import { dnsInUse } from '../dns';
import type { Rule } from '../rule';

/** A new service should be found about as fast as the mesh makes its name. */
const tolerableS = 5;

export const dnsNegative: Rule = {
  code: 'KM403',
  name: 'dns-negative',
  severity: 'info',
  title: 'Kong remembers that a name did not exist',
  why: 'A look-up made before kuma-dp was ready, or before a service had its name, is remembered as "no such name" for dns_not_found_ttl, 30 s by default. Requests meanwhile get 503.',
  fix: 'Set KONG_DNS_NOT_FOUND_TTL to a few seconds.',
  check(view) {
    const dns = dnsInUse(view);
    if (!dns || dns.configuration.newDnsClient) return [];
    const { notFoundTtlS } = dns.configuration;
    if (notFoundTtlS <= tolerableS) return [];
    return [
      {
        subject: 'kong',
        cause: `A mesh name that is not there yet stays unknown to Kong for ${notFoundTtlS} s (dns_not_found_ttl).`,
        evidence: dns.named.examples,
      },
    ];
  },
};
