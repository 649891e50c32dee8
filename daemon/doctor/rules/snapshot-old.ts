import { formatMs } from '../../../catalog/go-duration';
import { listed } from '../name-of';
import type { Found, Rule } from '../rule';

export const snapshotOld: Rule = {
  code: 'KM607',
  name: 'snapshot-old',
  severity: 'warning',
  title: 'The snapshot is not what the mesh shows',
  why: 'The daemon writes the snapshot whenever an address changes. One that differs from what the mesh shows now belongs to a daemon that does not run, that writes another file, or that holds a loss back; the plugin goes on sending requests to the old addresses.',
  fix: 'Look whether the daemon runs and what it logs; `kong-meshd sync` writes the file at once.',
  check(view): readonly Found[] {
    const { snapshot } = view.facts;
    if (!snapshot || snapshot.current !== false) return [];
    const { differing = [], ageMs, file } = snapshot;
    const used = new Set(
      view.linked.filter(({ link }) => link.time === 'request').map(({ service }) => service.name),
    );
    const hurting = differing.filter((name) => used.has(name));
    return [
      {
        subject: `snapshot ${file}`,
        severity: hurting.length > 0 ? 'error' : 'warning',
        cause:
          hurting.length > 0
            ? `The snapshot has other addresses than the mesh for ${listed(hurting)}, which routes use.`
            : 'The snapshot is not what the mesh shows now.',
        evidence: [
          ...(ageMs === undefined ? [] : [`written ${formatMs(ageMs)} ago`]),
          ...(differing.length > 0 ? [`differs for: ${listed(differing)}`] : []),
        ],
      },
    ];
  },
};
