import { blockersOf } from '../cut-over/blockers';
import { meshTraits } from '../facts';
import { listed } from '../name-of';
import type { Found, Rule } from '../rule';

export const threeZero: Rule = {
  code: 'KM702',
  name: 'three-zero',
  severity: 'info',
  title: 'What of the gateway Kuma 3.0 no longer understands',
  why: 'Kuma 3.0 drops the kuma.io/service tag and all that is built on it: `from` in permissions gives way to `rules` with SPIFFE IDs, policies select Dataplanes by labels only, outbounds name services by labels, reachableServices gives way to reachableBackends, and the old TrafficPermission is not read any more.',
  fix: 'Move them one by one while 2.14 understands both forms: kong-meshd migrate --to 3 --check names each step.',
  check(view): readonly Found[] {
    const { mesh, settings } = view.facts;
    if (!mesh || !meshTraits(mesh).serviceTags) return [];
    const evidence = blockersOf(view)
      .filter(({ kind }) => kind === 'ends')
      .map(({ what, names }) => `${what}: ${listed(names)}`);
    if (evidence.length === 0) return [];
    const cause = `Parts of what the gateway of mesh ${settings.mesh} relies on end with Kuma 3.0; it is ${mesh.version} now.`;
    return [{ subject: `mesh ${settings.mesh}`, cause, evidence }];
  },
};
