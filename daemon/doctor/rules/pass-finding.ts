import type { Rule } from '../rule';

/** Findings of the pass that rules of their own look at more closely. */
const elsewhere: ReadonlySet<string> = new Set([
  'LINK_PARTIAL',
  'LINK_PASSTHROUGH',
  'LINK_HOST_IS_IP',
  'LINK_HOST_NOT_IN_MESH',
  'LINK_TLS',
  'DATAPLANE_MISSING',
  'DATAPLANE_NOT_DELEGATED',
  'DATAPLANE_PORT_TWICE',
  'DATAPLANE_SERVICE_DIFFERS',
]);

export const passFinding: Rule = {
  code: 'KM002',
  name: 'pass-finding',
  severity: 'warning',
  title: 'A pass reports it',
  why: 'Reading the configuration, observing the mesh or resolving a link found it. `kong-meshd sync` and `diff` print the same, under the code that stands in the evidence; all of them are on the page of errors and findings.',
  fix: 'Follow the remedy of the finding.',
  check: ({ facts }) =>
    facts.failures
      .filter(({ code }) => !elsewhere.has(code))
      .map(({ code, severity, message, remedy, entity, place }) => ({
        subject: entity ?? place?.file ?? `mesh ${facts.settings.mesh}`,
        severity,
        cause: message,
        evidence: [
          code,
          ...(place ? [`${place.file}${place.line === undefined ? '' : `:${place.line}`}`] : []),
        ],
        fix: remedy,
      })),
};
