import { pluginUses } from '../plugin-use';
import type { Found, Rule } from '../rule';

export const snapshotUnusable: Rule = {
  code: 'KM606',
  name: 'snapshot-unusable',
  severity: 'error',
  title: 'The plugin has no snapshot to read',
  why: 'The plugin finds addresses in the snapshot file. One that is missing or cannot be read means 503 for every linked route, once the plugin server has restarted and no longer has the last good one in memory.',
  fix: 'Let the daemon write it (`kong-meshd sync`), and check that both mean the same file.',
  check(view): readonly Found[] {
    const { snapshot } = view.facts;
    if (!snapshot?.problem) return [];
    const uses = pluginUses(view).length;
    return [
      {
        subject: `snapshot ${snapshot.file}`,
        severity: uses > 0 ? 'error' : 'warning',
        cause: snapshot.problem.message,
        evidence: [snapshot.problem.code, `${uses} uses of the plugin in the configuration`],
      },
    ];
  },
};
