import { permissionsFor } from '../permissions';
import type { Rule } from '../rule';
import { listed, nameOf } from '../name-of';

export const permissionOldName: Rule = {
  code: 'KM304',
  name: 'permission-old-name',
  severity: 'error',
  title: 'Permissions do not know the name the gateway is to have',
  why: 'The gateway is to be renamed, and what lets it in names only what it is called now. The certificate follows the tag within a second, so that new connections are denied at once, while pooled ones keep the old identity: requests fail by turns.',
  fix: 'Allow both names before the rename, and take the old one out once the connections have drained.',
  check(view) {
    const { service: wanted, mesh } = view.facts.settings;
    const now = view.gateways[0]?.service;
    if (wanted === undefined || now === undefined || now === wanted) return [];
    const before = permissionsFor(view, now);
    const after = permissionsFor(view, wanted);
    const losing = after.filter(
      ({ verdict }, index) =>
        before[index]?.verdict.state === 'allowed' &&
        (verdict.state === 'missing' || verdict.state === 'denied'),
    );
    if (losing.length === 0) return [];
    const policies = [...new Set(losing.flatMap(({ verdict }) => verdict.by))];
    return [
      {
        subject: `mesh ${mesh}`,
        cause: `Once the gateway is ${wanted} instead of ${now}, ${losing.length} of its links are denied.`,
        evidence: [
          `services: ${listed([...new Set(losing.map(({ reference }) => reference))])}`,
          ...(policies.length > 0 ? [`permissions: ${listed(policies)}`] : []),
          `links of: ${listed([...new Set(losing.flatMap(({ linked }) => (linked.kong ? [nameOf(linked.kong)] : [])))])}`,
        ],
        fix: `Allow kuma.io/service ${wanted} beside ${now} in these permissions before the rename.`,
      },
    ];
  },
};
