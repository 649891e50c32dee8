import { meshTraits } from '../facts';
import { fullReference } from '../../../catalog/service';
import { migrationsOf, type Migration } from '../migration';
import { listed } from '../name-of';
import type { Found, Rule } from '../rule';
import { groupBy } from '../view';

export const modeChange: Rule = {
  code: 'KM701',
  name: 'mode-change',
  severity: 'info',
  title: 'What another mode of MeshServices, or Kuma 3.0, does to the addresses',
  why: 'In mode Exclusive, and always from 3.0 on, there are no names and VIPs of kuma.io/service tags any more: only MeshServices, MeshMultiZoneServices and MeshExternalServices with addresses of their own. 3.0 also takes the tags out of outbounds, so those must name a backendRef. Links by reference follow by themselves; a service that has no resource of the new kind yet has nowhere to follow to.',
  fix: 'Set meshServices.mode to Everywhere first, look at `kong-meshd diff` until every link resolves to a resource of the new kind, then set it to Exclusive.',
  check(view): readonly Found[] {
    const { mesh, settings } = view.facts;
    if (!mesh || !meshTraits(mesh).serviceTags) return [];
    const moves = migrationsOf(view);
    const breaking = moves.filter(({ breaksAt }) => breaksAt === 'Exclusive');
    const later = moves.filter(({ breaksAt }) => breaksAt === '3.0');
    const moving = moves.filter((move) => move.breaksAt === undefined && move.moves);
    return [
      ...breakage(breaking, 'in mode Exclusive and in Kuma 3.0', settings.mesh),
      ...breakage(later, 'in Kuma 3.0', settings.mesh),
      ...(moving.length === 0
        ? []
        : [
            {
              subject: `mesh ${settings.mesh}`,
              cause: `${moving.length} links change their address in mode Exclusive; the daemon follows, the mode now is ${mesh.mode}.`,
              evidence: moving.slice(0, 10).map(describe),
            },
          ]),
    ];
  },
};

function breakage(moves: readonly Migration[], when: string, mesh: string): readonly Found[] {
  return [...groupBy(moves, ({ reason }) => reason)].map(([reason, group]) => ({
    subject: `mesh ${mesh}`,
    severity: 'warning',
    cause: `${group.length} link${group.length === 1 ? '' : 's'} would lead nowhere ${when}: ${reason}.`,
    evidence: [
      `mesh services: ${listed([...new Set(group.map(({ linked }) => fullReference(linked.service)))])}`,
      ...group.slice(0, 10).map(describe),
    ],
    fix: group[0]?.fix ?? '',
  }));
}

function describe({ linked, now, exclusive, future }: Migration): string {
  return `${linked.label}: now ${now}; Exclusive ${exclusive}; 3.0 ${future}`;
}
